"""Merged state against the plain reference: any order, any chunks, folded or not, with newer events already there."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pixguard.features import HANDBOOK, PIX
from pixguard.online import OnlineFeatures
from pixguard.state import Merger, append, event_rows, layouts
from tests import reference
from tests.state.history import built, contract, events
from tests.worlds import DAY, EVERYTHING, HOUR, START, worlds

ONLINE = OnlineFeatures(EVERYTHING)
LAYOUTS = layouts(EVERYTHING)


@settings(max_examples=40)
@given(world=worlds(), data=st.data())
def test_merged_state_equals_the_reference(world: tuple[list[Any], list[Any]], data: st.DataObject) -> None:
    payments, labels = world
    keep = data.draw(st.integers(0, 12))
    states = {
        key: built(
            LAYOUTS[key.entity],
            data.draw(st.permutations(own)),
            data.draw(st.integers(1, 9)),
            keep=keep,
            fold_at=keep + 4,
        )
        for key, own in events(EVERYTHING, payments, labels).items()
    }
    rows = [contract(row) for row in payments]
    blobs = [states.get(key) if key else None for row in rows for key in ONLINE.keys(row)]
    merged, newest, is_ahead = ONLINE.aggregate(rows, blobs)
    assert (newest >= 0).all()
    for number, payment in enumerate(payments):
        if is_ahead[number]:
            continue
        for declared, found in zip(ONLINE.aggregates, merged[:, number], strict=True):
            aggregate = next(a for a in EVERYTHING.aggregates if a.name == declared)
            assert found == reference.aggregate(aggregate, payment, payments, labels), (declared, payment)


@given(world=worlds())
def test_raw_state_is_never_ahead_and_a_payment_never_counts_itself(world: tuple[list[Any], list[Any]]) -> None:
    payments, labels = world
    states = {
        k: built(LAYOUTS[k.entity], own, 99, fold_at=999) for k, own in events(EVERYTHING, payments, labels).items()
    }
    rows = [contract(row) for row in payments]
    together = ONLINE.aggregate(rows, [states.get(key) if key else None for row in rows for key in ONLINE.keys(row)])
    assert not together[2].any()
    for number, row in enumerate(rows):
        alone = ONLINE.aggregate([row], [states.get(key) if key else None for key in ONLINE.keys(row)])
        np.testing.assert_array_equal(alone[0][:, 0], together[0][:, number])


def test_without_any_state_every_aggregate_is_empty() -> None:
    merged, newest, is_ahead = Merger(PIX).merge(np.array([START, START + 1]), [None] * 8)
    assert merged.shape == (len(PIX.aggregates), 2)
    assert not merged.any()
    assert (newest < 0).all()
    assert not is_ahead.any()


def test_a_window_decays_though_nothing_happens() -> None:
    merger, layout = Merger(HANDBOOK), layouts(HANDBOOK)["account"]
    sent = next(n for n, kind in enumerate(layout.kinds) if kind.source == "payments")
    state = append(layout, None, event_rows([START], [100], [sent], [0]))
    name = next(n for n, a in enumerate(merger.aggregates) if a.name == "payer_sent_count_7d")
    counts = [int(merger.merge(np.array([START + days * DAY]), [state, None])[0][name, 0]) for days in (0, 1, 6, 8)]
    assert counts == [0, 1, 1, 0]


def test_a_payment_later_than_folded_events_says_that_state_is_ahead() -> None:
    layout = layouts(PIX)["account"]
    state = built(layout, [(START + n * HOUR, 1, 0, 0) for n in range(60)], 60)
    _, _, is_ahead = Merger(PIX).merge(np.array([START + HOUR, START + 90 * HOUR]), [state, None, None, None] * 2)
    assert is_ahead.tolist() == [True, False]
