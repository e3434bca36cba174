"""Are logged decisions bit-equal when made again, and how quickly: `make bench-explain [DATA=<plane's state>]`.

Without data: a version of the real size answers 10,000 payments through the predictor's own core, some without their
state; the log it wrote is then made again from log and version alone, as `pixguard explain --all` does.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from serving_cases.world import World, make_world
from table import Row, finish

from pixguard.decision_log import open_decision_log
from pixguard.explanation.versions import Versions
from pixguard.jobs import check_explanations
from pixguard.online import StateKey
from pixguard.online_store import StoreError
from pixguard.predictor.memory import Memory
from pixguard.predictor.metrics import Metrics
from pixguard.predictor.scorer import Scorer, asked_of
from pixguard.predictor.served import Served
from pixguard.predictor.states import StateReader

DECISIONS = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="state folder of a laptop plane")
    data = parser.parse_args().data
    if data:
        report(data / "decisions", Versions(data / "versions", data / "keys" / "signing.pem.pub"))
        return
    with tempfile.TemporaryDirectory() as name:
        world = make_world(Path(name), None, 12_000)
        decide(world, Path(name) / "decisions")
        report(Path(name) / "decisions", Versions(world.version.folder.parent, world.public_key))


def report(decisions: Path, versions: Versions) -> None:
    found = check_explanations.run(decisions=decisions, versions=versions)
    print(check_explanations.as_text(found))
    count = sum(counter.total() for counter in (found.equal, found.differing, found.failed))
    figures: list[tuple[str, float, str]] = [
        ("decisions", count, ""),
        ("bit_equal", found.equal.total(), ""),
        ("differing", found.differing.total(), ""),
        ("not_made_again", found.failed.total(), ""),
        ("seconds", found.seconds, "s"),
        ("us_per_decision", found.seconds / max(1, count) * 1e6, "us"),
    ]
    finish("explain", [Row("ours", *figure) for figure in figures])


class _Store:
    """States in memory; every tenth read fails: such decisions are made from medians, and explained all the same."""

    def __init__(self, world: World) -> None:
        self._states, self._reads = world.states, 0

    def read(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        self._reads += 1
        if self._reads % 10 == 0:
            raise StoreError("away")
        return [self._states.get(key) if key else None for key in keys]

    async def aread(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        return self.read(keys)

    def write(self, entity: Any, states: Any) -> None: ...

    async def aclose(self) -> None: ...

    def close(self) -> None: ...


def decide(world: World, folder: Path) -> None:
    """Answer 10,000 payments: those asked about, again and again with other amounts and ids."""
    served = Served.load(world.version.folder, world.public_key)
    log = open_decision_log(f"file://{folder}", "bench-0")
    metrics = Metrics("pix-fraud", served.name)
    reader = StateReader(_Store(world), deadline_s=5)
    scorer = Scorer("pix-fraud", served, reader=reader, log=log, metrics=metrics, memory=Memory())
    payments = []
    for number in range(DECISIONS):
        one = world.asked[number % len(world.asked)]
        name = f"{one.end_to_end_id[:21]}{number:011d}"
        payments.append(replace(one, end_to_end_id=name, amount_centavos=one.amount_centavos + number * 7))

    async def ask() -> None:
        for payment in payments:
            values = {field: getattr(payment, field) for field in payment.__slots__}
            await scorer.ascore([asked_of({name: value for name, value in values.items() if value is not None})])

    asyncio.run(ask())
    dropped = log.close(60)
    assert dropped == 0


if __name__ == "__main__":
    main()
