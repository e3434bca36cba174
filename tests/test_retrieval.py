from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from pixguard.declaration import Aggregate, FeatureSet
from pixguard.errors import UsageError
from pixguard.retrieval import LostRowsError, retrieve

SET = FeatureSet("x", (Aggregate("payer", "sent", "count", "24h"), Aggregate("payer", "sent", "count", "7d")))
NAMES = [one.name for one in SET.aggregates]
KEYS = pd.DataFrame({"end_to_end_id": ["a", "b", "c"], "event_timestamp": pd.Timestamp("2026-01-01", tz="UTC")})


class Store:
    """A store of a lake gone wrong: it knows `known` features and answers with the rows it was given."""

    def __init__(self, ids: list[str], known: list[str] = NAMES, missing: int = 0) -> None:
        values = [None if i < missing else i for i in range(len(ids))]
        self.table = pa.table(
            {"end_to_end_id": pa.array(ids, pa.string())} | {name: pa.array(values, pa.int64()) for name in NAMES}
        )
        self.name = "fraud_x"
        self.features = [type("Field", (), {"name": name}) for name in known]
        self.feature_view_projections = [self]
        self.asked: Any = None

    def get_feature_service(self, name: str) -> "Store":
        assert name == "fraud_x"
        return self

    def name_to_use(self) -> str:
        return "x_payer"

    def get_historical_features(self, entity_df: pd.DataFrame, features: Any) -> "Store":
        self.asked = features
        return self

    def to_arrow(self) -> pa.Table:
        return self.table


def test_every_payment_comes_back_in_any_order() -> None:
    fetched = retrieve(Store(["c", "a", "b"]), SET, KEYS)
    assert fetched.column_names == ["end_to_end_id", *NAMES]
    assert sorted(fetched["end_to_end_id"].to_pylist()) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["a", "c"], r"3 payments were asked for and 2 rows came back: 1 lost \(such as b\), 0 repeated"),
        (["a", "b", "c", "c"], r"4 rows came back: 0 lost \(none\), 1 repeated \(such as c\)"),
        (["a", "b", "b"], r"1 lost \(such as c\), 1 repeated \(such as b\)"),
        ([], "3 lost"),
    ],
)
def test_rows_that_are_lost_or_repeated_are_named(ids: list[str], words: str) -> None:
    with pytest.raises(LostRowsError, match=words):
        retrieve(Store(ids), SET, KEYS)


def test_a_payment_asked_for_twice_is_refused() -> None:
    with pytest.raises(LostRowsError, match="Is every end_to_end_id there once"):
        retrieve(Store(["a", "b", "c", "c"]), SET, pd.concat([KEYS, KEYS.tail(1)]))


def test_a_payment_without_features_is_named() -> None:
    with pytest.raises(LostRowsError, match=r"2 of 3 payments have no payer_sent_count_24h \(such as a, b\)"):
        retrieve(Store(["a", "b", "c"], missing=2), SET, KEYS)


def test_a_registry_older_than_the_declarations_is_refused() -> None:
    with pytest.raises(UsageError, match=r"fraud_x lacks x_payer:payer_sent_count_7d: run feast apply"):
        retrieve(Store(["a", "b", "c"], known=NAMES[:1]), SET, KEYS)


def test_the_service_is_asked_for_whole_and_in_part_by_reference() -> None:
    whole = Store(["a", "b", "c"])
    retrieve(whole, SET, KEYS)
    assert whole.asked is whole
    more = Store(["a", "b", "c"], known=[*NAMES, "payer_sent_count_30d"])
    retrieve(more, SET, KEYS)
    assert more.asked == [f"x_payer:{name}" for name in NAMES]
