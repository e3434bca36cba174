"""Payments whose truth a test knows: decided by a policy that explores, labelled as reality would."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from pixguard.outcomes import DECISION_SCHEMA, VERDICT_SCHEMA, Outcomes, outcomes_of
from pixguard.policy import Case, Decision, Exploration, Policy, Sourced

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
CUT_OFF = START + timedelta(days=120)
MATURITY = timedelta(days=30)


@dataclass(frozen=True)
class World:
    outcomes: Outcomes
    is_fraud: np.ndarray
    would_hold: np.ndarray  # what the policy meant
    amount: np.ndarray


def make_world(share: float = 0.0, *, rows: int = 20_000, seed: int = 0, report_days: float = 10.0) -> World:
    """Decide with the real policy; every fraud that was let through is reported, after about `report_days`."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(-5.5, 1.8, rows)
    probability = 1 / (1 + np.exp(-logit))
    is_fraud = rng.random(rows) < probability
    amount = np.minimum(rng.integers(250_00, 400_00, rows), 499_00)
    names = [f"X{number:020d}{seed:011d}" for number in range(rows)]
    policy = Policy(exploration=Exploration(Sourced(share, "test"), Sourced(500_00, "test"), "world"))
    cases = zip(probability.tolist(), amount.tolist(), names, strict=True)
    decided = [policy.decide(Case(p, a, START.timestamp(), end_to_end_id=name)) for p, a, name in cases]
    plain = Policy()
    meant = np.array([
        plain.decide(Case(p, a, START.timestamp())).decision is not Decision.APPROVE
        for p, a in zip(probability.tolist(), amount.tolist(), strict=True)
    ])  # fmt: skip
    times = [START + timedelta(hours=float(hour)) for hour in np.sort(rng.uniform(0, 24 * 60, rows))]
    table = pa.table(
        {
            "end_to_end_id": names,
            "decided_at": pa.array(times, pa.timestamp("us", "UTC")),
            "version": ["v0123456789ab"] * rows,
            "score": probability,
            "probability": probability,
            "decision": [str(each.decision) for each in decided],
            "propensity": [each.propensity for each in decided],
            "degraded": [False] * rows,
            "replay": [False] * rows,
            "event_time": pa.array(times, pa.timestamp("us", "UTC")),
            "amount_centavos": amount,
            "payer_id": [f"k1.{n:032x}" for n in rng.integers(0, rows // 3, rows)],
            "payee_id": ["k1." + "0" * 32] * rows,
            "key_type": rng.choice(["CPF", "EVP"], rows),
            **{n: pa.nulls(rows, DECISION_SCHEMA.field(n).type) for n in DECISION_SCHEMA.names[13:] if n != "key_type"},
        }
    ).select(DECISION_SCHEMA.names)
    through = np.array([each.decision is Decision.APPROVE for each in decided])
    seen = np.flatnonzero(is_fraud & through)
    delay = rng.exponential(report_days, seen.size)
    verdicts = pa.table(
        {
            "end_to_end_id": [names[n] for n in seen],
            "source": ["MED_CLAIM"] * seen.size,
            "is_fraud": [True] * seen.size,
            "situation": ["SCAM"] * seen.size,
            "known_at": pa.array([times[n] + timedelta(days=float(d)) for n, d in zip(seen, delay, strict=True)],
                                 pa.timestamp("us", "UTC")),
        }
    ).cast(VERDICT_SCHEMA)  # fmt: skip
    outcomes = outcomes_of(table.cast(DECISION_SCHEMA), DECISION_SCHEMA.empty_table(), verdicts)
    return World(outcomes, is_fraud, meant, amount)
