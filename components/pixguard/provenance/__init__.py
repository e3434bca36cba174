"""Kept model versions: one folder each, complete, signed, and telling where it came from."""

from pixguard.provenance.errors import IncompleteVersionError, KeyFileError, SignatureError, VersionError
from pixguard.provenance.facts import TrainingFacts
from pixguard.provenance.keep import VersionParts, keep_version
from pixguard.provenance.record import Provenance, collect, folder_sha256
from pixguard.provenance.signing import ensure_key, sign_folder, verify_folder
from pixguard.provenance.version import KeptVersion, load_version

__all__ = [
    "IncompleteVersionError",
    "KeptVersion",
    "KeyFileError",
    "Provenance",
    "SignatureError",
    "TrainingFacts",
    "VersionError",
    "VersionParts",
    "collect",
    "ensure_key",
    "folder_sha256",
    "keep_version",
    "load_version",
    "sign_folder",
    "verify_folder",
]
