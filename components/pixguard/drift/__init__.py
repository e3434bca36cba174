"""Is what is decided today still what the version was made for? Counts by day and cohort, distances, alarms.

DriftError (a PixguardError)
"""

from pixguard.drift.calendar import DayKind, kind_of
from pixguard.drift.counting import COUNT_SCHEMA, Counter
from pixguard.drift.day import DayCounts, days_of
from pixguard.drift.errors import DriftError
from pixguard.drift.judge import Judge
from pixguard.drift.measures import OWN, Measures, reference_counts
from pixguard.drift.rules import DriftRules
from pixguard.drift.verdict import DayVerdict, Figure, Finding, What

__all__ = [
    "COUNT_SCHEMA",
    "OWN",
    "Counter",
    "DayCounts",
    "DayKind",
    "DayVerdict",
    "DriftError",
    "DriftRules",
    "Figure",
    "Finding",
    "Judge",
    "Measures",
    "What",
    "days_of",
    "kind_of",
    "reference_counts",
]
