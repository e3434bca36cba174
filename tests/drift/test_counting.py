from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.decision_log import Record, names_sha256, read_record, record_line
from pixguard.drift import OWN, Counter, DriftError, Measures, days_of, reference_counts
from pixguard.drift.counting import BIN_COLUMNS
from pixguard.drift.measures import BINS, MISSING, WIDTH, score_distribution
from tests.outcomes.log import DAY, decision

INPUTS = ("a", "b")
REFERENCE = {
    "rows": 1000,
    "features": {
        "a": {"median": 1, "missing_share": 0.1, "edges": [0.0, 1.0, 2.0], "shares": [0.1, 0.2, 0.3, 0.4]},
        "b": {"median": 0, "missing_share": 1.0, "edges": [], "shares": []},
    },
}
VERSION = "v0123456789ab"
MEASURES = Measures.of(VERSION, REFERENCE, INPUTS, ("b", "c"))
values = st.one_of(st.none(), st.floats(-1, 3, width=32))
drawn = st.lists(
    st.tuples(values, values, st.sampled_from(["approve", "hold", "reject"]), st.integers(0, 47), st.booleans()),
    max_size=30,
)


def record(number: int, *of: object) -> Record:
    """A record of the feature values a and b, the decision, hours after the day's begin, and whether it is a replay."""
    a, b, decided, hour, replay = (*of, *(None, None, "approve", 0, False)[len(of) :])
    features = {"names_sha256": names_sha256(INPUTS), "values": [a, b]}
    made = decision(number, DAY + timedelta(hours=int(hour)), decision=decided, replay=replay, features=features)
    return read_record(record_line(made))


def rows(table: pa.Table) -> dict[tuple[object, ...], int]:
    found: dict[tuple[object, ...], int] = {}
    for row in table.to_pylist():
        counts = [row.pop(name) for name in BIN_COLUMNS]
        for place, count in enumerate(counts):
            key = (*row.values(), place)
            found[key] = found.get(key, 0) + count
    return found


def counted(records: list[Record]) -> pa.Table:
    counter = Counter({VERSION: MEASURES}, [DAY.date(), DAY.date() + timedelta(days=1)])
    counter.add(records)
    return counter.table()


@given(drawn, st.integers(0, 30))
def test_the_sum_of_parts_is_the_whole(some: list[tuple], cut: int) -> None:
    records = [record(n, *each) for n, each in enumerate(some)]
    parts = pa.concat_tables([counted(records[:cut]), counted(records[cut:])])
    assert rows(parts) == rows(counted(records))


@given(drawn)
def test_every_decision_is_in_one_bin_of_every_measure_and_one_value_of_every_cohort(some: list[tuple]) -> None:
    records = [record(n, *each) for n, each in enumerate(some)]
    real = sum(not each.replay for each in records)
    table = counted(records)
    found = {key: sum(day.cohorts[key][1].sum() for day in _days(table)) for key in ("all", "hour", "key_type")}
    assert set(found.values()) <= {real * (len(INPUTS) + len(OWN))}
    assert sum(day.rows for day in _days(table)) == real


def _days(table: pa.Table):
    dates = sorted(set(table["day"].to_pylist()))
    parts = [table.filter(pa.compute.equal(table["day"], pa.scalar(each, pa.date32()))) for each in dates]
    return [day for part in parts for day in days_of(part, {VERSION: MEASURES.names}, OWN)]


def test_bins_are_those_of_the_reference() -> None:
    (day,) = _days(counted([record(n, value, None) for n, value in enumerate([-1.0, 0.0, 0.5, 1.0, 2.0, 9.0, None])]))
    assert day.whole[0].tolist() == [1, 2, 1, 2, *[0] * (BINS - 4), 1]
    assert day.whole[1, MISSING] == 7
    assert day.whole[MEASURES.names.index("decision")].tolist()[:3] == [7, 0, 0]
    assert day.whole[MEASURES.names.index("score"), 7] == 7  # a probability of 0.125


def test_a_version_that_is_not_at_hand_or_has_other_inputs_counts_what_all_have() -> None:
    other = read_record(record_line(decision(1, DAY)))  # its features are another digest's
    strange = read_record(record_line(decision(2, DAY, version="vfffffffffffe")))
    counter = Counter({VERSION: MEASURES}, [DAY.date()])
    counter.add([other, strange])
    assert set(counter.table()["measure"].to_pylist()) == set(OWN)
    assert {day.version: day.rows for day in _days(counter.table())} == {VERSION: 1, "vfffffffffffe": 1}


def test_the_reference_as_counts() -> None:
    scores = np.array([0.0, 0.0002, 0.5, 1.0])
    found = reference_counts(MEASURES, REFERENCE | {"score": score_distribution(scores)})
    assert found.shape == (len(MEASURES.names), WIDTH)
    assert found[0].tolist() == [90, 180, 270, 360, *[0] * (BINS - 4), 100]
    assert found[1, MISSING] == 1000
    assert found[2].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0]
    assert not found[3:].any()
    assert MEASURES.calendar == {"b"}


def test_a_reference_that_lacks_an_input_is_named() -> None:
    with pytest.raises(DriftError, match=r"lacks \['z'\]"):
        Measures.of(VERSION, REFERENCE, ("a", "z"))
