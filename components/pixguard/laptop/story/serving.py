"""A day's payments through one version: score, calibrate, decide, as the server does, in one batch.

What a server does besides is left out: the online state (batch computes the same features), reasons, the network.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixguard.candidate import onnx_scores
from pixguard.decision_log import names_sha256
from pixguard.decision_log.record import utc_text
from pixguard.laptop.story.world import Bools, Int64s, World
from pixguard.payment.schema import PAYMENT_SCHEMA
from pixguard.policy import Case, Decision, Outcome, Policy
from pixguard.provenance import KeptVersion

MODEL = "pix-fraud"
DEVICE_DAY = "device_centavos_sum_24h"


@dataclass(frozen=True)
class Answers:
    """What a version says of a day's payments, [rows] each."""

    version: str
    digest: str  # of the inputs' names
    x_rf: NDArray[np.float32]
    score: NDArray[np.float64]
    probability: NDArray[np.float64]
    outcomes: tuple[Outcome, ...]
    latency_us: int  # of one payment, on average

    @property
    def stopped(self) -> Bools:
        """Whether each payment is held or rejected."""
        return np.array([each.decision is not Decision.APPROVE for each in self.outcomes], dtype=np.bool_)


def answers(world: World, rows: Int64s, kept: KeptVersion) -> Answers:
    """Return what a version says of these rows."""
    began = time.perf_counter_ns()
    inputs = kept.feature_service["inputs"]
    x_rf = world.x_rf[np.ix_(rows, np.array([world.names.index(name) for name in inputs]))]
    score = onnx_scores(kept.onnx, x_rf)
    probability = kept.calibration.apply(score)
    policy = Policy.from_json(kept.policy)
    outcomes = tuple(policy.decide(case) for case in _cases(world, rows, probability))
    taken_us = (time.perf_counter_ns() - began) // 1000 // max(1, len(rows))
    return Answers(kept.name, names_sha256(inputs), x_rf, score, probability, outcomes, taken_us)


def _cases(world: World, rows: Int64s, probability: NDArray[np.float64]) -> Iterator[Case]:
    payments = world.payments.select(["end_to_end_id", "amount_centavos", "device_registered"]).take(rows)
    known = DEVICE_DAY in world.names
    sent = world.x_rf[rows, world.names.index(DEVICE_DAY)].tolist() if known else [None] * len(rows)
    columns = (column.to_pylist() for column in payments.columns)
    for p, us, day, name, amount, registered in zip(
        probability.tolist(), world.event_us[rows].tolist(), sent, *columns, strict=True
    ):
        yield Case(p, amount, us / 1e6, registered, day, name)


def on_trial(ids: Sequence[str], percent: int) -> Bools:
    """Return which payments a canary of that share is given; the draw of a payment never changes."""
    drawn = (int.from_bytes(blake2b(each.encode(), digest_size=8, key=b"story").digest(), "big") for each in ids)
    return np.fromiter((each < percent / 100 * 2**64 for each in drawn), np.bool_, len(ids))


def records(world: World, rows: Int64s, stable: Answers, canary: Answers | None, chosen: Bools) -> list[dict[str, Any]]:
    """Return the decision log's records of a day; where `chosen`, the canary's answer is the one that counts."""
    payments = world.payments.take(rows).to_pylist()
    return [
        _record(payment, canary if canary is not None and mine else stable, place)
        for place, (payment, mine) in enumerate(zip(payments, chosen.tolist(), strict=True))
    ]


def _record(payment: Mapping[str, Any], said: Answers, place: int) -> dict[str, Any]:
    outcome = said.outcomes[place]
    return {
        "decided_at": utc_text(payment["event_time"] + timedelta(microseconds=said.latency_us)),
        "end_to_end_id": payment["end_to_end_id"],
        "model": MODEL,
        "version": said.version,
        "score": float(said.score[place]),
        "probability": float(said.probability[place]),
        "decision": str(outcome.decision),
        "rules": list(outcome.rules),
        "reasons": [],
        "base": 0.0,
        "degraded": [],
        "newest_event_us": None,
        "latency_us": said.latency_us,
        "replay": False,
        "payment": {name: payment[name] for name in PAYMENT_SCHEMA.names}
        | {"event_time": payment["event_time"].isoformat()},
        "features": {"names_sha256": said.digest, "values": said.x_rf[place]},
        "propensity": outcome.propensity,
    }
