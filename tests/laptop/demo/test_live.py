"""Publishing and waiting: a payment is asked about when what touches its keys is visible, and no sooner."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixguard.features import PIX
from pixguard.laptop.demo import live as lives
from pixguard.laptop.demo.live import Live, StreamBehindError, live
from pixguard.online import OnlineFeatures
from pixguard.online_store import OnlineStore, open_online_store
from tests.predictor.world import as_json, payments, states_of, write_states

FIRST, SECOND, *OTHERS = payments(40)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OnlineStore]:
    opened = open_online_store(f"sqlite://{tmp_path}/online.db", PIX)
    opened.write("account", {})
    yield opened
    opened.close()


@pytest.fixture
def now(store: OnlineStore, tmp_path: Path) -> Iterator[Live]:
    with live(f"file://{tmp_path}/messages", store, OnlineFeatures(PIX)) as found:
        yield found


def segments(folder: Path) -> int:
    return len(list((folder / "messages").glob("*.jsonl")))


def test_what_touches_other_keys_is_not_waited_for(now: Live, tmp_path: Path) -> None:
    stranger = next(each for each in OTHERS if not {each.payer_id, each.payee_id} & {FIRST.payer_id, FIRST.payee_id})
    now.publish("payment", as_json(FIRST))
    now.settle(stranger)
    assert (segments(tmp_path), now.waits_s) == (0, [])


def test_a_payment_waits_for_what_touches_its_keys(now: Live, tmp_path: Path) -> None:
    def fold() -> None:  # the stream, a little later
        time.sleep(0.2)
        write_states(f"sqlite://{tmp_path}/online.db", states_of([FIRST]))

    now.publish("payment", as_json(FIRST))
    thread = threading.Thread(target=fold)
    thread.start()
    now.settle(FIRST)
    thread.join()
    assert segments(tmp_path) == 1
    assert len(now.waits_s) == 1
    assert now.waits_s[0] >= 0.2
    now.settle(FIRST)  # nothing is on its way any more
    assert len(now.waits_s) == 1


def test_state_that_is_older_than_what_was_published_is_not_enough(
    now: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lives, "PATIENCE_S", 0.1)
    write_states(f"sqlite://{tmp_path}/online.db", states_of([FIRST]))
    later = as_json(FIRST) | {"event_time": SECOND.event_time.isoformat(), "end_to_end_id": SECOND.end_to_end_id}
    now.publish("payment", later)
    with pytest.raises(StreamBehindError, match="pixguard logs stream"):
        now.settle(FIRST)


def test_what_was_sent_is_published_at_the_end(store: OnlineStore, tmp_path: Path) -> None:
    with live(f"file://{tmp_path}/messages", store, OnlineFeatures(PIX)) as now:
        now.publish("payment", as_json(FIRST))
    assert segments(tmp_path) == 1
