"""What became of decisions: verdicts joined to the decision log, with the time at which each became known.

OutcomesError (a PixguardError)
"""

from pixguard.outcomes.contract import DECISION_SCHEMA, VERDICT_FIELDS, VERDICT_SCHEMA, VerdictSource
from pixguard.outcomes.errors import OutcomesError
from pixguard.outcomes.table import UNKNOWN, Outcomes, Status, outcomes_of, read_outcomes

__all__ = [
    "DECISION_SCHEMA",
    "UNKNOWN",
    "VERDICT_FIELDS",
    "VERDICT_SCHEMA",
    "Outcomes",
    "OutcomesError",
    "Status",
    "VerdictSource",
    "outcomes_of",
    "read_outcomes",
]
