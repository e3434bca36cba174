"""Is it time to train again, and may we? Evidence, rules and what was decided before in, one decision a day out.

LedgerError (a PixguardError)
"""

from pixguard.retraining.budget import Budget, budget_of
from pixguard.retraining.decide import Action, Decision, decide
from pixguard.retraining.evidence import AlarmDay, Evidence, Past, Promise
from pixguard.retraining.ledger import Ledger, LedgerError, Record
from pixguard.retraining.report import evidence_of
from pixguard.retraining.rules import RetrainingRules
from pixguard.retraining.triggers import Cause, Trigger

__all__ = [
    "Action",
    "AlarmDay",
    "Budget",
    "Cause",
    "Decision",
    "Evidence",
    "Ledger",
    "LedgerError",
    "Past",
    "Promise",
    "Record",
    "RetrainingRules",
    "Trigger",
    "budget_of",
    "decide",
    "evidence_of",
]
