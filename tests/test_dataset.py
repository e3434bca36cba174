from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pixguard.dataset import (
    DatasetError,
    TimeSplit,
    labels_known_by,
    reference_distributions,
    training_set,
)
from tests.learnable import learnable_rows

DAY = timedelta(days=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SPLIT = TimeSplit(cut_off=FIRST + 20 * DAY, maturity=5 * DAY)


def payments(days: int = 30, per_day: int = 24) -> pd.DataFrame:
    count = days * per_day
    return pd.DataFrame(
        {
            "end_to_end_id": [f"E{n:05d}" for n in range(count)],
            "event_time": pd.to_datetime([FIRST + n * DAY / per_day for n in range(count)]).as_unit("us"),
            "payer_id": [f"p{n % 7}" for n in range(count)],
            "amount": np.arange(count, dtype=np.float32),
            "mean": np.where(np.arange(count) % 5 == 0, np.nan, 2.0),
        }
    )


def labels(table: pd.DataFrame, every: int = 3, after: timedelta = 5 * DAY) -> pd.DataFrame:
    """Return a label of every payment, `after` it: each third one fraud."""
    fraud = np.arange(len(table)) % every == 0
    known_at = table["event_time"] + after
    return pd.DataFrame({"end_to_end_id": table["end_to_end_id"], "is_fraud": fraud, "known_at": known_at})


def test_parts_follow_each_other_and_only_mature_rows_teach() -> None:
    table = payments()
    data = training_set(table, labels(table), ("amount", "mean"), SPLIT)
    mature = np.datetime64(FIRST.replace(tzinfo=None) + 15 * DAY, "us")
    cut_off = np.datetime64(FIRST.replace(tzinfo=None) + 20 * DAY, "us")
    assert data.fit.event_time.max() < data.stop.event_time.min()
    assert data.stop.event_time.max() < mature
    assert data.judged.event_time.min() == cut_off
    assert len(data.fit) + len(data.stop) == 15 * 24
    assert len(data.stop) == pytest.approx(0.15 * 15 * 24, abs=1)
    assert len(data.judged) == 10 * 24 - 1  # the last label is known at the end, when its own payment is not yet mature


def test_rows_keep_their_own_features_labels_and_payer_whatever_the_order() -> None:
    table = payments()
    marks = labels(table)
    shuffled = table.sample(frac=1, random_state=1)
    data = training_set(pa.Table.from_pandas(shuffled), pa.Table.from_pandas(marks), ("mean", "amount"), SPLIT)
    number = np.array([int(each[1:]) for each in data.fit.end_to_end_id])
    assert (data.fit.x_rf[:, 1] == number).all()
    assert (np.isnan(data.fit.x_rf[:, 0]) == (number % 5 == 0)).all()
    assert (data.fit.y == (number % 3 == 0)).all()
    assert (data.fit.payer_id == np.array([f"p{n % 7}" for n in number])).all()
    assert data.fit.x_rf.dtype == np.float32
    assert data.names == ("mean", "amount")


@pytest.mark.parametrize("late", [0, 1, 2])  # days; three would leave no known fraud to stop by
def test_a_label_known_after_the_cut_off_teaches_nothing_and_judges(late: int) -> None:
    table = payments()
    marks = labels(table)
    marks["known_at"] += late * DAY
    data = training_set(table, marks, ("amount",), replace(SPLIT, known_by=FIRST + 60 * DAY))
    taught, y = data.taught.event_time, data.taught.y
    known = taught <= np.datetime64(FIRST.replace(tzinfo=None) + (15 - late) * DAY, "us")
    assert not y[~known].any()
    assert y[known].sum() == -(-known.sum() // 3)
    assert data.judged.frauds == 10 * 24 // 3


def test_the_latest_known_label_wins_and_a_tie_is_fraud() -> None:
    marks = pd.DataFrame(
        [
            ("a", True, FIRST),
            ("a", False, FIRST + DAY),
            ("b", True, FIRST + 2 * DAY),
            ("b", False, FIRST + 2 * DAY),
            ("c", True, FIRST + 3 * DAY),
        ],
        columns=["end_to_end_id", "is_fraud", "known_at"],
    )
    assert labels_known_by(marks, FIRST).to_dict() == {"a": True}
    assert labels_known_by(marks, FIRST + 2 * DAY).to_dict() == {"a": False, "b": True}


def test_a_mature_payment_without_any_label_is_honest() -> None:
    table = payments()
    marks = labels(table)
    marks = marks[marks["is_fraud"]]
    data = training_set(table, marks, ("amount",), replace(SPLIT, known_by=FIRST + 60 * DAY))
    number = np.array([int(each[1:]) for each in data.judged.end_to_end_id])
    assert (data.judged.y == (number % 3 == 0)).all()


def test_start_and_end_bound_the_rows() -> None:
    table = payments()
    split = replace(SPLIT, start=FIRST + 10 * DAY, end=FIRST + 22 * DAY)
    data = training_set(table, labels(table), ("amount",), split)
    assert len(data.fit) + len(data.stop) == 5 * 24
    assert len(data.judged) == 2 * 24


@pytest.mark.parametrize(
    ("table", "marks", "message"),
    [
        (payments().drop(columns="amount"), labels(payments()), "lacks the columns amount"),
        (pd.concat([payments(), payments()]), labels(payments()), "more than once"),
        (payments().assign(amount=np.inf), labels(payments()), "infinite"),
        (payments(), labels(payments()).assign(is_fraud=False), "0 frauds"),
        (payments(), labels(payments()).iloc[:0], "no label at all"),
        (payments(days=12), labels(payments(days=12)), "judged rows: 0"),
    ],
    ids=["column", "repeated", "infinite", "no fraud", "no label", "nothing later"],
)
def test_what_cannot_be_learned_from_is_refused(table: pd.DataFrame, marks: pd.DataFrame, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        training_set(table, marks, ("amount",), SPLIT)


def test_a_split_in_local_time_is_refused() -> None:
    with pytest.raises(DatasetError, match="UTC"):
        TimeSplit(cut_off=datetime(2026, 1, 1), maturity=DAY)


def test_reference_shares_are_those_of_the_rows() -> None:
    rows = learnable_rows(1000, seed=1)
    rows.x_rf[:, 1] = np.arange(1000) % 2  # two values: one edge
    reference = reference_distributions(rows, ("first", "second", "third"))
    first, second, third = (reference["features"][name] for name in ("first", "second", "third"))
    assert len(first["shares"]) == 10
    assert first["shares"] == pytest.approx([0.1] * 10, abs=0.002)
    assert first["median"] == pytest.approx(float(np.median(rows.x_rf[:, 0])))
    assert (second["edges"], second["shares"]) == ([1.0], [0.5, 0.5])
    assert third["missing_share"] == pytest.approx(np.isnan(rows.x_rf[:, 2]).mean())
    assert sum(third["shares"]) == pytest.approx(1)


def test_reference_of_a_feature_that_is_always_null() -> None:
    rows = learnable_rows(10, seed=1)
    rows.x_rf[:, 1] = np.nan
    wanted = {"median": 0.0, "missing_share": 1.0, "edges": [], "shares": []}
    assert reference_distributions(rows, ("a", "b", "c"))["features"]["b"] == wanted
