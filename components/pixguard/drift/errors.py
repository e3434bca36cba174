"""What can be wrong with a watch."""

from pixguard.errors import PixguardError


class DriftError(PixguardError):
    """Counts that are damaged or belong to another version's bins, or a version whose reference is not one."""
