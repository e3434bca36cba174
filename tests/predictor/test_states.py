import asyncio
from collections.abc import Sequence

from pixguard.online import StateKey
from pixguard.online_store import StoreError
from pixguard.predictor.circuit import Circuit
from pixguard.predictor.states import StateReader, States

KEYS = [StateKey("account", "k1.0")]


class Store:
    """A store that answers, fails or sleeps as told."""

    def __init__(self) -> None:
        self.sleeps_s, self.fails, self.reads = 0.0, False, 0

    def read(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        self.reads += 1
        if self.fails:
            raise StoreError("online store Redis: ConnectionError")
        return [b"state" for _ in keys]

    async def aread(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        await asyncio.sleep(self.sleeps_s)
        return self.read(keys)

    def write(self, entity: object, states: object) -> None: ...

    async def aclose(self) -> None: ...

    def close(self) -> None: ...


def test_states_or_why_there_are_none() -> None:
    store = Store()
    reader = StateReader(store, deadline_s=0.02)
    assert asyncio.run(reader.aread(KEYS)) == States([b"state"])
    store.sleeps_s = 5
    assert asyncio.run(reader.aread(KEYS)) == States([], "store_timeout")
    store.sleeps_s, store.fails = 0, True
    assert asyncio.run(reader.aread(KEYS)) == States([], "store_error")
    assert reader.read(KEYS) == States([], "store_error")


def test_a_store_that_keeps_failing_is_spared_and_comes_back_by_itself() -> None:
    store = Store()
    reader = StateReader(store, circuit=Circuit(failures=2, open_s=0.05))

    async def story() -> list[str | None]:
        store.fails = True
        told = [(await reader.aread(KEYS)).degraded for _ in range(5)]
        store.fails = False
        told.append((await reader.aread(KEYS)).degraded)
        await asyncio.sleep(0.06)
        told += [(await reader.aread(KEYS)).degraded for _ in range(2)]
        return told

    failed, spared = ["store_error"] * 2, ["circuit_open"] * 4
    assert asyncio.run(story()) == [*failed, *spared, None, None]
    assert store.reads == 4
