from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pixguard.calibration import Calibration
from pixguard.gate import EvidenceError
from pixguard.gate.scored import evidence_of

IDENTITY = Calibration(1.0, 1.0, 0.0, rows=1, frauds=1)
UTC_US = pa.timestamp("us", "UTC")


def scored(**changes: Any) -> pa.Table:
    columns: dict[str, Any] = {
        "end_to_end_id": ["E1", "E2", "E3"],
        "payer_id": ["k1.a", "k1.b", "k1.a"],
        "event_time": pa.array([datetime(2025, 6, 1, hour, tzinfo=UTC) for hour in (2, 9, 22)], UTC_US),
        "amount_centavos": [4_999, 5_000, 999_999],
        "is_fraud": [True, False, False],
        "challenger_score": [0.9, 0.1, 0.2],
        "key_type": ["CPF", None, "EVP"],
        "payer_region": pa.nulls(3, pa.string()),
    }
    return pa.table({name: value for name, value in (columns | changes).items() if value is not None})


def test_columns_become_evidence() -> None:
    evidence = evidence_of(scored(champion_score=[0.1, 0.2, 0.3]), IDENTITY, latency_p99_ms=0.3)
    assert evidence.y.tolist() == [True, False, False]
    np.testing.assert_allclose(evidence.probability, [0.9, 0.1, 0.2])
    assert evidence.payer.tolist() == [0, 1, 0]
    assert evidence.event_time[0] == np.datetime64("2025-06-01T02:00:00")
    assert evidence.latency_p99_ms == 0.3
    assert (evidence.baseline, evidence.labels_before_event) == (None, None)


def test_cohorts_are_derived_in_local_time_and_empty_columns_left_out() -> None:
    cohorts = {name: values.tolist() for name, values in evidence_of(scored(), IDENTITY).cohorts.items()}
    assert cohorts == {
        "key_type": ["CPF", "none", "EVP"],
        "amount_band": ["below R$ 50", "R$ 50 to 200", "R$ 5,000 and more"],
        "night": ["night", "day", "day"],  # 23:00, 06:00 and 19:00 in Brasília
    }


def test_night_follows_the_clock_of_brasilia_in_summer_time_too() -> None:
    at = pa.array([datetime(2018, 12, 1, 22, 30, tzinfo=UTC)] * 3, UTC_US)  # 20:30, when summer time was UTC-2
    assert evidence_of(scored(event_time=at), IDENTITY).cohorts["night"].tolist() == ["night"] * 3


def test_a_label_known_before_its_payment_is_counted() -> None:
    known = pa.array([datetime(2025, 6, 1, 1, tzinfo=UTC), None, datetime(2025, 6, 8, tzinfo=UTC)], UTC_US)
    assert evidence_of(scored(known_at=known), IDENTITY).labels_before_event == 1
    nothing_known = pa.nulls(3, UTC_US)
    assert evidence_of(scored(known_at=nothing_known), IDENTITY).labels_before_event == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"challenger_score": None}, r"lack the columns \['challenger_score'\]"),
        ({"challenger_score": [0.1, None, 0.3]}, "challenger_score is null in 1 of 3 rows"),
        ({"is_fraud": [None, None, True]}, "is_fraud is null in 2 of 3 rows"),
        ({"baseline_score": [0.1, None, 0.3]}, "baseline_score is null in 1 of 3 rows"),
        ({"end_to_end_id": ["E1", "E1", "E2"]}, "1 payments occur twice"),
        ({"champion_score": [0.1, float("nan"), 0.3]}, "champion: 1 of 3 values are not finite"),
    ],
)
def test_tables_that_cannot_be_judged_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        evidence_of(scored(**changes), IDENTITY)
