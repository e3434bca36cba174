from __future__ import annotations

import asyncio

import pytest

from pixguard.predictor.batcher import Batcher

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Doubler:
    """Work that remembers what it was given at a time."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, items: list[int]) -> list[int]:
        self.batches.append(items)
        await self.gate.wait()
        if 13 in items:
            raise ValueError("13")
        return [2 * item for item in items]


async def test_what_comes_in_one_turn_is_worked_on_together() -> None:
    work = Doubler()
    batcher = Batcher(work)
    found = await asyncio.gather(batcher([1]), batcher([2, 3]), batcher([4]))
    assert found == [[2], [4, 6], [8]]
    assert work.batches == [[1, 2, 3, 4]]
    assert await batcher([5]) == [10]


async def test_nobody_waits_for_an_earlier_batch() -> None:
    work = Doubler()
    batcher = Batcher(work)
    work.gate.clear()
    first = asyncio.create_task(batcher([1]))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(batcher([2]))
    await asyncio.sleep(0.01)
    assert work.batches == [[1], [2]]
    work.gate.set()
    assert (await first, await second) == ([2], [4])


async def test_all_who_came_together_hear_of_a_failure_and_the_next_do_not() -> None:
    batcher = Batcher(Doubler())
    found = await asyncio.gather(batcher([1]), batcher([13]), return_exceptions=True)
    assert [str(one) for one in found] == ["13", "13"]
    assert await batcher([2]) == [4]


async def test_a_caller_who_leaves_harms_nobody() -> None:
    work = Doubler()
    batcher = Batcher(work)
    work.gate.clear()
    leaves, stays = asyncio.create_task(batcher([1])), asyncio.create_task(batcher([2]))
    await asyncio.sleep(0.01)
    leaves.cancel()
    work.gate.set()
    assert await stays == [4]
    with pytest.raises(asyncio.CancelledError):
        await leaves
