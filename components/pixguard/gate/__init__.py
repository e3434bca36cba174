"""The gate: may this challenger replace what serves? Pure functions of evidence and rules; no file, no clock."""

from pixguard.gate.evidence import Evidence, EvidenceError, single_feature_auc
from pixguard.gate.judge import judge
from pixguard.gate.rules import Bound, GateRules, RulesError
from pixguard.gate.verdict import Check, CohortResult, Outcome, Verdict

__all__ = [
    "Bound",
    "Check",
    "CohortResult",
    "Evidence",
    "EvidenceError",
    "GateRules",
    "Outcome",
    "RulesError",
    "Verdict",
    "judge",
    "single_feature_auc",
]
