"""Evidence of a canary, gathered: proxy or Prometheus, decision log, labels, paired replays."""

from pixguard.evidence.errors import SourceError
from pixguard.evidence.gather import Gatherer
from pixguard.evidence.plane import Plane
from pixguard.evidence.prometheus import Prometheus
from pixguard.evidence.source import Source, Trial

__all__ = ["Gatherer", "Plane", "Prometheus", "Source", "SourceError", "Trial"]
