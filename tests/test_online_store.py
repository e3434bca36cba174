"""Both stores: what is written is read back, by us in one round trip and by Feast itself."""

import asyncio
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from pixguard.errors import UsageError
from pixguard.feast_format import PROJECT
from pixguard.feature_service import state_name
from pixguard.feature_store import apply_repository
from pixguard.features import PIX
from pixguard.online import StateKey
from pixguard.online_store import OnlineStore, StoreError, open_online_store
from pixguard.state import append, event_rows, layouts
from tests.worlds import START, token

KEYS = [StateKey("account", token(1)), None, StateKey("pair", f"{token(1)}|{token(2)}"), StateKey("device", token(9))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on the PATH; install Debian's redis-server to run what needs it")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        client = redis.Redis(port=port)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        client.close()
        yield f"redis://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(params=["redis", "sqlite"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/feast/online.db"
    found: str = request.getfixturevalue("redis_address")
    redis.Redis.from_url(found).flushall()
    return found


@pytest.fixture
def store(address: str) -> Iterator[OnlineStore]:
    opened = open_online_store(address, PIX)
    opened.write("account", {token(n): state("account", n) for n in (1, 2)})
    opened.write("pair", {KEYS[2].key: state("pair", 3)})
    opened.write("device", {})
    yield opened
    opened.close()


async def read_and_close(store: OnlineStore) -> list[bytes | None]:
    try:
        return await store.aread(KEYS)
    finally:
        await store.aclose()


def state(entity: str, events: int) -> bytes:
    return append(layouts(PIX)[entity], None, event_rows([START + n for n in range(events)], [5] * events, [0], [1]))


def test_state_is_read_back_in_the_order_of_the_keys(store: OnlineStore) -> None:
    expected = [state("account", 1), None, state("pair", 3), None]
    assert store.read(KEYS) == expected
    assert asyncio.run(read_and_close(store)) == expected


def test_a_second_write_replaces_and_the_same_write_changes_nothing(store: OnlineStore) -> None:
    for _ in range(2):
        store.write("account", {token(1): state("account", 40)})
        assert store.read(KEYS[:1]) == [state("account", 40)]


def test_feast_reads_what_we_wrote(
    address: str, store: OnlineStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = "feature_store.yaml"
    if address.startswith("redis"):
        monkeypatch.setenv("PIXGUARD_REDIS", address.removeprefix("redis://"))
        monkeypatch.setenv("PIXGUARD_REGISTRY", f"sqlite:///{tmp_path}/registry.db")
        configuration = "feature_store.cluster.yaml"
    feast = apply_repository(tmp_path, configuration=configuration)
    view = state_name(PIX, "account")
    answer = feast.get_online_features(
        [f"{view}:tiles", f"{view}:newest_event_us"], [{"account_id": token(n)} for n in (1, 2, 3)]
    ).to_dict()
    assert feast.project == PROJECT
    assert answer["tiles"] == [state("account", 1), state("account", 2), None]
    assert answer["newest_event_us"] == [START, START + 1, None]


def test_quiet_keys_are_gone_after_their_time(redis_address: str) -> None:
    store = open_online_store(redis_address, PIX, ttl_s=77)
    store.write("device", {token(9): state("device", 1)})
    (name,) = redis.Redis.from_url(redis_address).keys(b"*" + token(9).encode() + b"*")
    assert 0 < redis.Redis.from_url(redis_address).ttl(name) <= 77
    store.close()


def test_a_store_that_is_down_is_told_without_its_password() -> None:
    store = open_online_store(f"redis://:hunter2@127.0.0.1:{free_port()}", PIX, timeout_s=0.2)
    for act in (
        lambda: store.read(KEYS),
        lambda: asyncio.run(read_and_close(store)),
        lambda: store.write("pair", {"a": state("pair", 1)}),
    ):
        with pytest.raises(StoreError, match="online store Redis: ConnectionError") as caught:
            act()
        assert "hunter2" not in str(caught.value)


def test_a_first_write_leaves_no_table_missing_to_readers(tmp_path: Path) -> None:
    store = open_online_store(f"sqlite://{tmp_path}/online.db", PIX)
    store.write("account", {token(1): state("account", 1)})
    assert store.read(KEYS) == [state("account", 1), None, None, None]
    store.close()


WRITER = """
import sys
from pixguard.features import PIX
from pixguard.online_store import open_online_store

blob = bytes.fromhex(sys.stdin.readline())
for number in range(40):  # a batch of the stream opens, writes and closes; so does a backfill
    store = open_online_store(sys.argv[1], PIX)
    store.write("account", {f"k1.{key:032x}": blob for key in range(500)})
    store.close()
"""


def test_readers_and_two_writers_of_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    address, blob = f"sqlite://{tmp_path}/online.db", state("account", 20)
    reader = open_online_store(address, PIX)
    reader.write("account", {token(1): blob})
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, address], stdin=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for each in writers:
        assert each.stdin is not None
        each.stdin.write(blob.hex() + "\n")
        each.stdin.close()
    reads = 0
    while any(each.poll() is None for each in writers):
        assert reader.read(KEYS) == [blob, None, None, None]
        reads += 1
    reader.close()
    assert [each.wait() for each in writers] == [0, 0]
    assert reads > 100


def test_many_may_be_the_first_to_open_a_file(tmp_path: Path) -> None:
    blob, barrier = state("account", 1), threading.Barrier(4)

    def write(address: str, number: int) -> None:
        store = open_online_store(address, PIX)
        barrier.wait()
        store.write("account", {token(number): blob})
        store.close()

    with ThreadPoolExecutor(4) as pool:
        for file in range(60):  # without the wait for each other, one in sixteen of these files had a loser
            address = f"sqlite://{tmp_path}/{file}.db"
            list(pool.map(write, [address] * 4, range(4)))
            store = open_online_store(address, PIX)
            assert store.read([StateKey("account", token(number)) for number in range(4)]) == [blob] * 4
            store.close()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "online.db").write_text("no database, " * 99)
    with pytest.raises(StoreError, match=r"online\.db: DatabaseError"):
        open_online_store(f"sqlite://{tmp_path}/online.db", PIX).read(KEYS)


@pytest.mark.parametrize("address", ["mysql://host", "sqlite://relative.db", "", "redis"])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="give redis://"):
        open_online_store(address, PIX)
