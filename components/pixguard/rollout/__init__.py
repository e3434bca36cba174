"""The rollout of a canary: live evidence per version → the next step, hold, or roll back. Pure functions."""

from pixguard.rollout.decide import Action, Decision, decide
from pixguard.rollout.evidence import SCORE_EDGES, Arm, Evidence, EvidenceError, Histogram, Pairs, Tally
from pixguard.rollout.guards import Check
from pixguard.rollout.rules import STAGES, RolloutRules, next_stage

__all__ = [
    "SCORE_EDGES",
    "STAGES",
    "Action",
    "Arm",
    "Check",
    "Decision",
    "Evidence",
    "EvidenceError",
    "Histogram",
    "Pairs",
    "RolloutRules",
    "Tally",
    "decide",
    "next_stage",
]
