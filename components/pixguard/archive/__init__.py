"""Old decisions, kept for auditors; who they are about is sealed under a key of each person, which can be destroyed.

ArchiveError (a PixguardError)
"""

from pixguard.archive.errors import ArchiveError
from pixguard.archive.keys import PersonKeys
from pixguard.archive.seal import ERASED, opened, seal
from pixguard.archive.store import archive, read_archive

__all__ = ["ERASED", "ArchiveError", "PersonKeys", "archive", "opened", "read_archive", "seal"]
