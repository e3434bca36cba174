"""State + payment → the vector that training would see for the same payment."""

from typing import Any

import numpy as np
from hypothesis import given, settings

from pixguard.features import PIX
from pixguard.online import OnlineFeatures, StateKey, times_us
from pixguard.state import layouts
from tests import reference
from tests.state.history import built, contract, events
from tests.worlds import START, token, worlds

ONLINE = OnlineFeatures(PIX)
LAYOUTS = layouts(PIX)
ROW = {"end_to_end_id": "E1", "event_time": START + 7, "amount_centavos": 5, "payer_id": token(1), "payee_id": token(2)}


def test_keys_follow_the_views() -> None:
    assert ONLINE.views == ("payer", "payee", "device", "pair")
    pair = StateKey("pair", f"{token(1)}|{token(2)}")
    assert ONLINE.keys(contract(ROW)) == (StateKey("account", token(1)), StateKey("account", token(2)), None, pair)
    assert ONLINE.keys(contract({**ROW, "device_id": token(3)}))[2] == StateKey("device", token(3))


def test_times_are_exact_microseconds() -> None:
    assert times_us([contract(ROW)]).tolist() == [START + 7]


@settings(max_examples=10)
@given(world=worlds())
def test_the_vector_is_the_one_that_training_sees(world: tuple[list[Any], list[Any]]) -> None:
    payments, labels = world
    states = {k: built(LAYOUTS[k.entity], own, 7, fold_at=999) for k, own in events(PIX, payments, labels).items()}
    rows = [contract(row) for row in payments]
    found = ONLINE.vectors(rows, [states.get(key) if key else None for row in rows for key in ONLINE.keys(row)])
    columns: dict[str, Any] = {
        a.name: np.array([reference.aggregate(a, row, payments, labels) for row in payments]) for a in PIX.aggregates
    }
    for name in PIX.payment_columns:
        values = [row.get(name) for row in payments]
        is_number = not name.endswith("type") and name not in ("initiation", "purpose")
        columns[name] = np.array(values, dtype=(float if None in values else np.int64) if is_number else object)
    np.testing.assert_array_equal(found.x_rf, PIX.vector(columns))


def test_aggregates_that_stand_in_are_used_for_every_payment() -> None:
    stand_in = np.arange(len(ONLINE.aggregates))
    x_rf = ONLINE.without_state([contract(ROW)] * 2, stand_in)
    assert x_rf.shape == (2, len(PIX.names))
    assert x_rf[0, 0] == stand_in[ONLINE.aggregates.index(PIX.names[0])]
    assert np.array_equal(x_rf[0], x_rf[1], equal_nan=True)
