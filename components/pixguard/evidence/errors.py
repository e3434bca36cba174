"""What can go wrong when evidence is gathered. Nothing of it moves a canary: what is not known holds."""

from pixguard.errors import PixguardError


class SourceError(PixguardError):
    """A source of evidence that does not answer, or answers what nobody agreed upon."""
