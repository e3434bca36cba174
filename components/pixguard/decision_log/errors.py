"""What can be wrong with a decision log."""

from pixguard.errors import PixguardError


class DecisionLogError(PixguardError):
    """An address that names no log, a record of another schema, or a log that cannot be opened."""
