"""What can be wrong with an archive."""

from pixguard.errors import PixguardError


class ArchiveError(PixguardError):
    """A key file that cannot be used, or a line that is none of an archive; never says a key or a token."""
