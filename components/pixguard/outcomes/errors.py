"""What can be wrong with outcomes."""

from pixguard.errors import PixguardError


class OutcomesError(PixguardError):
    """A table of outcomes that is not there, is damaged, or lacks what was asked of it."""
