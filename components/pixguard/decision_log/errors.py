"""What can be wrong with a decision log.

DecisionLogError
└── ChainError  heads that do not follow one another
"""

from pixguard.errors import PixguardError


class DecisionLogError(PixguardError):
    """An address that names no log, a record of another schema, or a log that cannot be opened."""


class ChainError(DecisionLogError):
    """Heads of a hash chain that were changed, or are missing."""
