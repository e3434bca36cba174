"""The stream's sign of life: written, read back, removed, in both stores; a store without a stream has none."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis

from pixguard.errors import UsageError
from pixguard.features import HANDBOOK, PIX
from pixguard.online_store import StoreError, open_online_store
from pixguard.pulse import Pulse, Pulses, open_pulses
from tests.test_online_store import free_port, redis_address

__all__ = ["redis_address"]
BEAT = Pulse(7, 1_700_000_000_123_456)


@pytest.fixture(params=["redis", "sqlite"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/new/online.db"
    found: str = request.getfixturevalue("redis_address")
    with closing(redis.Redis.from_url(found)) as client:
        client.flushall()
    return found


@pytest.fixture
def pulses(address: str) -> Iterator[Pulses]:
    with closing(open_pulses(address, PIX)) as opened:
        yield opened


def test_a_pulse_is_of_one_set_is_written_over_and_can_be_forgotten(address: str, pulses: Pulses) -> None:
    pulses.forget()
    assert pulses.read() is None
    for beat in (BEAT, BEAT, BEAT._replace(batch=8)):
        pulses.write(beat)
        assert pulses.read() == beat
    with closing(open_pulses(address, HANDBOOK)) as other:
        assert other.read() is None
    pulses.forget()
    assert pulses.read() is None


def test_a_store_that_only_a_backfill_wrote_has_none(address: str, pulses: Pulses) -> None:
    with closing(open_online_store(address, PIX)) as store:
        store.write("account", {"k1.a": b"\0" * 40})
    assert pulses.read() is None


def test_redis_never_forgets_it_by_itself(redis_address: str) -> None:
    with closing(open_pulses(redis_address, PIX)) as pulses:
        pulses.write(BEAT)
    with closing(redis.Redis.from_url(redis_address)) as client:
        assert client.ttl("pixguard:pulse:pix") == -1


def test_reading_makes_no_file(tmp_path: Path) -> None:
    assert open_pulses(f"sqlite://{tmp_path}/none.db", PIX).read() is None
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_away_or_damaged_is_told_without_its_password(tmp_path: Path, redis_address: str) -> None:
    with closing(open_pulses(f"redis://:hunter2@127.0.0.1:{free_port()}", PIX, timeout_s=0.2)) as away:
        with pytest.raises(StoreError, match="online store Redis: ConnectionError") as caught:
            away.read()
        assert "hunter2" not in str(caught.value)
    (tmp_path / "online.db").write_text("no database, " * 99)
    with pytest.raises(StoreError, match="DatabaseError"):
        open_pulses(f"sqlite://{tmp_path}/online.db", PIX).read()
    with closing(redis.Redis.from_url(redis_address)) as client, closing(open_pulses(redis_address, PIX)) as pulses:
        client.set("pixguard:pulse:pix", "{")
        with pytest.raises(StoreError, match="pulse is damaged"):
            pulses.read()


def test_a_file_in_use_waits_for_its_writer(tmp_path: Path) -> None:
    pulses = open_pulses(f"sqlite://{tmp_path}/online.db", PIX)
    pulses.write(BEAT)
    with closing(sqlite3.connect(tmp_path / "online.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("BEGIN IMMEDIATE")
        assert pulses.read() == BEAT
        writer.execute("COMMIT")


@pytest.mark.parametrize("address", ["mysql://host", "sqlite://relative.db", ""])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="give redis://"):
        open_pulses(address, PIX)
