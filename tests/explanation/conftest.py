"""A log that a real scorer wrote, with the version that decided."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from pixguard.explanation.versions import Versions
from tests.predictor.test_scorer import Bench
from tests.predictor.world import World


@dataclass(frozen=True)
class LoggedWorld:
    world: World
    decisions: Path
    ids: list[str]  # of decisions, not of replays

    @property
    def versions(self) -> Versions:
        return Versions(self.world.version.folder.parent, self.world.public_key)


@pytest.fixture(scope="session")
def logged(world: World, tmp_path_factory: pytest.TempPathFactory) -> LoggedWorld:
    """60 decisions with state, 10 without, 10 replays, in a chained log that is closed."""
    folder = tmp_path_factory.mktemp("explained")
    bench = Bench(world, folder / "decisions")
    payments = world.later(80)
    for payment in payments[:60]:
        bench.answers([payment])
    bench.answers(payments[:10], replay=True)
    bench.store.fails = True
    bench.answers(payments[60:70])
    asyncio.run(bench.store.aclose())
    bench.log.close()
    return LoggedWorld(world, folder / "decisions", [payment.end_to_end_id for payment in payments[:70]])
