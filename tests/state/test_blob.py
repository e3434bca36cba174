"""Growing, folding and refusing state; what it means is held against the reference in test_merge.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.declaration import MICROSECONDS
from pixguard.features import HANDBOOK, PIX
from pixguard.state import Folding, StateError, append, event_rows, header, layouts, newest_us, rewound
from pixguard.state.blob import FOLD_AT, KEEP, MOST_RAW, NEVER, SETTLE_US, contents

PAIR = layouts(PIX)["pair"]
START, MINUTE, DAY = 1_711_843_200_000_000, MICROSECONDS["m"], MICROSECONDS["d"]


def some(count: int, step_us: int = MINUTE, start_us: int = START):
    return event_rows(
        start_us + step_us * np.arange(count), np.arange(count) + 1, np.zeros(count), np.arange(count) % 64
    )


def test_a_few_events_are_kept_as_they_came() -> None:
    blob = append(PAIR, append(PAIR, None, some(2)), some(3, start_us=START + DAY))
    assert header(PAIR, blob) == (0, 5, NEVER, START + DAY + 2 * MINUTE)
    assert contents(blob, header(PAIR, blob))[1].tolist() == [
        *some(2).tolist(),
        *some(3, start_us=START + DAY).tolist(),
    ]
    assert newest_us(blob) == START + DAY + 2 * MINUTE


def test_nothing_added_is_nothing_changed() -> None:
    blob = append(PAIR, None, some(3))
    assert append(PAIR, blob, some(0)) is blob
    assert header(PAIR, append(PAIR, None, some(0))) == (0, 0, NEVER, NEVER)


def test_many_events_are_folded_and_the_newest_stay() -> None:
    events = some(FOLD_AT + 1)
    known = header(PAIR, append(PAIR, None, events))
    assert known.events == KEEP
    assert known.folded_until_us == events[-KEEP - 1, 0]


def test_young_events_stay_raw_until_there_are_too_many() -> None:
    step = SETTLE_US // 1_000
    assert header(PAIR, append(PAIR, None, some(FOLD_AT + 1, step))).events == FOLD_AT + 1
    assert header(PAIR, append(PAIR, None, some(MOST_RAW + 9, step))).events == MOST_RAW


def test_tiles_that_no_window_reaches_are_dropped() -> None:
    old = append(PAIR, None, some(FOLD_AT + 1))
    assert header(PAIR, old).tiles > 0
    later = append(PAIR, old, some(FOLD_AT, start_us=START + 70 * DAY))
    segments, begins = contents(later, header(PAIR, later))[0][:, :2].T
    assert set(segments) == {0, 1}
    assert begins.min() > START + 60 * DAY


def test_state_stays_small_however_many_events_come() -> None:
    account = layouts(PIX)["account"]
    kinds = np.arange(20_000) % len(account.kinds)
    events = event_rows(START + np.arange(20_000) * MINUTE, np.ones(20_000), kinds, np.zeros(20_000))
    blob = b""
    for at in range(0, len(events), 500):
        blob = append(account, blob or None, events[at : at + 500])
    assert len(blob) < 15_000


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda blob: b"", "0 bytes, wanted a header"),
        (lambda blob: blob[:-8], "its header says otherwise"),
        (lambda blob: blob + bytes(8), "its header says otherwise"),
        (lambda blob: b"x" + blob[1:], "other declarations"),
    ],
)
def test_damaged_state_is_refused(damage, told: str) -> None:
    with pytest.raises(StateError, match=f"pair state: .*{told}.*pixguard backfill"):
        append(PAIR, damage(append(PAIR, None, some(2))), some(1))


def test_state_of_another_set_is_refused() -> None:
    blob = append(layouts(HANDBOOK)["account"], None, some(2))
    with pytest.raises(StateError, match="other declarations"):
        header(layouts(PIX)["account"], blob)


@given(st.lists(st.integers(0, 40 * DAY), min_size=1, max_size=80), st.data())
def test_the_same_events_give_the_same_raw_and_folded_total(times: list[int], data: st.DataObject) -> None:
    """Counts are neither lost nor doubled by folding, whatever the order and the chunks."""
    rows = event_rows(START + np.array(times), np.ones(len(times)), np.zeros(len(times)), np.zeros(len(times)))
    blob, at = None, 0
    while at < len(rows):
        size = data.draw(st.integers(1, 20))
        blob = append(PAIR, blob, rows[at : at + size], Folding(keep=4, fold_at=8))
        at += size
    tiles, events = contents(blob, header(PAIR, blob))
    young = [t for t in times if START + t >= newest_us(blob) - 28 * DAY]
    assert len(events) + tiles[tiles[:, 0] == 1, 2].sum() >= len(young)
    assert len(events) + tiles[tiles[:, 0] == 1, 2].sum() <= len(times)


@given(st.lists(st.integers(0, 3 * DAY), min_size=1, max_size=60), st.integers(-1, 3 * DAY + 1))
def test_an_earlier_state_holds_what_had_happened_by_then(times: list[int], until: int) -> None:
    """Labels become visible later than they happen: what counts is when they happened."""
    account = layouts(PIX)["account"]
    kinds = np.arange(len(times)) % len(account.kinds)
    happened = START + np.array(times)
    rows = event_rows(happened + account.delay_us[kinds], np.ones(len(times)), kinds, np.zeros(len(times)))
    unfolded = Folding(fold_at=99)
    early = rows[happened < START + until]
    expected = append(account, None, early, unfolded) if len(early) else None
    assert rewound(account, append(account, None, rows, unfolded), START + until) == expected


def test_an_earlier_state_keeps_its_tiles_and_tells_what_they_hold() -> None:
    blob = append(PAIR, None, some(FOLD_AT + 1))
    folded_until_us = header(PAIR, blob).folded_until_us
    before = rewound(PAIR, blob, folded_until_us)
    assert before is not None
    assert header(PAIR, before) == (header(PAIR, blob).tiles, 0, folded_until_us, folded_until_us)
