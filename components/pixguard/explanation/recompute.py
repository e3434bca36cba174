"""A logged decision made again by the very version that made it, from the feature values in the log, bit for bit.

One row at a time, as the server does: a matrix product rounds otherwise for many rows. The same bits come out of the
same ONNX Runtime on a processor with the same vector instructions; elsewhere a last bit may differ, and is shown.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixguard.decision_log import Record, names_sha256
from pixguard.explain import Explained, Explainer
from pixguard.explanation.errors import ExplanationError
from pixguard.policy import Policy
from pixguard.predictor.served import DEVICE_DAY, case_of
from pixguard.provenance import KeptVersion, load_version

FIELDS = ("score", "probability", "decision", "rules", "reasons", "base")


@dataclass(frozen=True)
class Recomputed:
    """What came out, all contributions among it, and the fields that are not what was logged."""

    found: Mapping[str, Any]  # FIELDS
    explained: Explained
    x_f: NDArray[np.float32]
    differing: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Tell whether every field is what was logged, bit for bit."""
        return not self.differing


class _Judged(NamedTuple):
    """What of a logged payment the policy looks at; the rest may be erased."""

    end_to_end_id: str
    amount_centavos: int
    event_time: datetime
    device_registered: bool | None

    @classmethod
    def of(cls, record: Record) -> _Judged:
        payment = record.payment
        when = datetime.fromisoformat(payment["event_time"])
        return cls(record.end_to_end_id, payment["amount_centavos"], when, payment["device_registered"])


class Recomputer:
    """One verified version, ready to decide again. It needs no feature declaration: the log holds the inputs."""

    def __init__(self, folder: Path, public_key: Path) -> None:
        self.kept: KeptVersion = load_version(folder, public_key)
        self.names: Sequence[str] = tuple(self.kept.feature_service["inputs"])
        self._digest = names_sha256(self.names)
        self._explainer = Explainer(self.kept.reasons, self.names)
        self._policy = Policy.from_json(self.kept.policy)
        self._device_day = self.names.index(DEVICE_DAY) if DEVICE_DAY in self.names else None

    def recompute(self, record: Record) -> Recomputed:
        """Return the decision anew; ExplanationError where the record is none of this version."""
        if record.version != self.kept.name:
            raise ExplanationError(f"the decision is of {record.version}, this is {self.kept.name}")
        if record.features["names_sha256"] != self._digest or len(record.values) != len(self.names):
            raise ExplanationError(f"the logged values are not the inputs of {self.kept.name}: the record was changed")
        x_f = record.values
        explained = self._explainer.explain(x_f[None, :])
        probability = self.kept.calibration.apply_one(explained.score)
        case = case_of(_Judged.of(record), probability, x_f, self._device_day, record.degraded)
        outcome = self._policy.decide(case)
        found = {
            "score": explained.score,
            "probability": probability,
            "decision": outcome.decision.value,
            "rules": list(outcome.rules),
            "reasons": self._explainer.reasons(explained, x_f, len(record.reasons)),
            "base": explained.base,
        }
        differing = tuple(name for name in FIELDS if not same_bits(found[name], getattr(record, name)))
        return Recomputed(found, explained, x_f, differing)


def same_bits(one: Any, other: Any) -> bool:
    """Tell whether two values of JSON are the same, numbers bit for bit: -0.0 is not 0.0."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return struct.pack("<d", one) == struct.pack("<d", other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same_bits(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same_bits, one, other))
    return bool(one == other)


def log_odds(score: float) -> float:
    """Return the log-odds of a score, which a float32 sigmoid has rounded; ±40 beyond what it can hold."""
    return 40.0 if score >= 1 else -40.0 if score <= 0 else math.log(score) - math.log1p(-score)
