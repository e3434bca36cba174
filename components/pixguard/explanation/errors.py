"""What can be wrong with an explanation."""

from pixguard.errors import PixguardError


class ExplanationError(PixguardError):
    """A decision that is not in the log, or whose version cannot be opened, or that comes out otherwise."""
