from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.decision_log import read_record, record_line
from pixguard.outcomes import DECISION_SCHEMA, UNKNOWN, VERDICT_SCHEMA, Outcomes, OutcomesError, outcomes_of
from pixguard.outcomes.decisions import _tables
from pixguard.outcomes.table import micros, micros_of, read_outcomes
from tests.outcomes.log import DAY, decision, verdict

HOUR = timedelta(hours=1)
seen = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 20), st.booleans()), max_size=12)


def decisions(*rows: dict) -> pa.Table:
    records = [read_record(record_line(row)) for row in rows]
    return pa.concat_tables([DECISION_SCHEMA.empty_table(), *_tables(records)])


def verdicts(*rows: dict) -> pa.Table:
    from datetime import datetime

    return pa.Table.from_pylist(
        [row | {"known_at": datetime.fromisoformat(row["known_at"])} for row in rows], schema=VERDICT_SCHEMA
    )


def made(found: list[tuple[int, int, bool]]) -> Outcomes:
    table = decisions(*(decision(number, DAY) for number in range(5)))
    said = verdicts(*(verdict(number, DAY, hours / 24, is_fraud=fraud) for number, hours, fraud in found))
    return outcomes_of(table, DECISION_SCHEMA.empty_table(), said)


@given(seen, st.integers(0, 21))
def test_the_last_verdict_known_at_a_moment_counts_and_fraud_of_equals(
    found: list[tuple[int, int, bool]], hours: int
) -> None:
    labels = made(found).labels(micros_of(DAY + hours * HOUR))
    for number in range(5):
        known = sorted((when, fraud) for row, when, fraud in found if row == number and when <= hours)
        assert labels[number] == (int(known[-1][1]) if known else UNKNOWN)


@given(seen)
def test_a_moment_a_row_is_the_same_as_a_moment_for_all(found: list[tuple[int, int, bool]]) -> None:
    outcomes = made(found)
    at = micros_of(DAY + 7 * HOUR)
    assert np.array_equal(outcomes.labels(at), outcomes.labels(outcomes.event_us + micros(7 * HOUR)))


def test_what_is_known_of_each_payment() -> None:
    table = decisions(
        decision(0, DAY),
        decision(1, DAY),
        decision(2, DAY + timedelta(days=8)),
        decision(3, DAY, decision="hold"),
        decision(4, DAY, decision="reject"),
        decision(5, DAY, decision="hold"),
        decision(6, DAY + timedelta(days=8)),
    )
    said = verdicts(
        verdict(1, DAY),
        verdict(4, DAY, is_fraud=False, source="ANALYST", situation=None),
        verdict(5, DAY, 20),
        verdict(6, DAY + timedelta(days=8), 1),
        verdict(99, DAY),
    )
    outcomes = outcomes_of(table, DECISION_SCHEMA.empty_table(), said)
    cut_off, maturity = DAY + timedelta(days=10), timedelta(days=7)
    assert outcomes.status(cut_off, maturity).tolist() == [
        "presumed_honest", "fraud", "pending", "blocked", "honest", "blocked", "fraud",
    ]  # fmt: skip
    known = outcomes.known_at(cut_off, maturity)
    assert known["is_fraud"].to_pylist() == [None, True, None, None, False, None, True]
    assert known["age_days"].to_pylist() == [10, 10, 2, 10, 10, 10, 2]
    assert outcomes.status(DAY + timedelta(days=30), maturity)[5] == "fraud"


def test_how_likely_a_payment_was_to_be_let_through() -> None:
    table = decisions(
        decision(0, DAY),
        decision(1, DAY, propensity=0.02),
        decision(2, DAY, decision="hold", propensity=0.98),
        decision(3, DAY, decision="hold"),
        decision(4, DAY, decision="reject"),
    )
    outcomes = outcomes_of(table, DECISION_SCHEMA.empty_table(), VERDICT_SCHEMA.empty_table())
    assert outcomes.let_through == pytest.approx([1, 0.02, 0.02, 0, 0])


def test_nothing_to_read_is_said(tmp_path) -> None:
    with pytest.raises(OutcomesError, match="run ingest_labels on the log first"):
        read_outcomes(tmp_path)
