"""State an hour old: what a store would hold in which the last hour never happened."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from pixguard.features import PIX
from pixguard.laptop.demo.hour_old import EarlierStore
from pixguard.online import OnlineFeatures, times_us
from pixguard.online_store import open_online_store
from pixguard.payment import Payment
from tests.predictor.world import payments, states_of, write_states

PAST = payments(300)
KEYS = [key for each in PAST for key in OnlineFeatures(PIX).keys(each)]


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite://{tmp_path}/online.db"


@pytest.fixture
def earlier(address: str) -> Iterator[EarlierStore]:
    store = EarlierStore(open_online_store(address, PIX), PIX)
    yield store
    store.close()


def until(store: EarlierStore, payment: Payment) -> None:
    store.until_us = int(times_us([payment])[0])


def test_what_happened_since_is_cut_off(address: str, earlier: EarlierStore) -> None:
    write_states(address, states_of(PAST))
    then = states_of(PAST[:280])
    until(earlier, PAST[280])
    features, now = OnlineFeatures(PIX), PAST[-1]
    asked = [payment for payment in PAST if payment.device_id]
    found = earlier.read([key for each in asked for key in features.keys(each)])
    expected = [then.get(key) for each in asked for key in features.keys(each) if key]
    late = [replace(each, event_time=now.event_time) for each in asked]
    for one, other in zip(features.vectors(late, found), features.vectors(late, expected), strict=True):
        np.testing.assert_array_equal(one, other)
    assert earlier.inexact == 0


def test_a_key_without_state_and_no_key_have_none(address: str, earlier: EarlierStore) -> None:
    write_states(address, states_of(PAST[:1]))
    until(earlier, PAST[0])
    assert set(earlier.read([*KEYS[:4], None])) == {None}


def test_what_a_tile_hides_is_counted(address: str, earlier: EarlierStore) -> None:
    one = PAST[0]
    busy = [replace(one, event_time=one.event_time + timedelta(minutes=n)) for n in range(100)]
    write_states(address, states_of(busy))
    until(earlier, busy[50])
    keys = [key for key in OnlineFeatures(PIX).keys(one) if key]
    assert None not in earlier.read(keys)
    assert earlier.inexact == len(keys)
