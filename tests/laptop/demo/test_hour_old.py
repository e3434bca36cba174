"""State an hour old: the same answer as from a store in which the last hour never happened."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pixguard.client import Answer
from pixguard.features import PIX
from pixguard.laptop.demo.hour_old import HourOld, hour_old
from pixguard.online_store import open_online_store
from pixguard.predictor.scorer import Asked, asked_of
from pixguard.predictor.served import Served
from tests.predictor.world import World, as_json, make_world, states_of, write_states

AGE = timedelta(hours=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def served(world: World) -> Served:
    return Served.load(world.version.folder, world.public_key)


@pytest.fixture
def old(world: World, served: Served, tmp_path: Path) -> Iterator[HourOld]:
    store = open_online_store(world.store, PIX)
    with hour_old(served, store, tmp_path / "log", AGE) as found:
        yield found
    store.close()


def soon(world: World) -> list[Asked]:
    """Return payments of half an hour after the newest one, between the accounts of the newest ones."""
    made = []
    for number, each in enumerate(world.past[-20:]):
        when = world.past[-1].event_time + timedelta(minutes=30)
        name = f"E12345678{when:%Y%m%d%H%M}{number:011d}"
        made.append(asked_of(as_json(each) | {"event_time": when, "end_to_end_id": name}))
    return made


def test_what_happened_in_the_last_hour_does_not_count(
    world: World, served: Served, old: HourOld, tmp_path: Path
) -> None:
    asked = soon(world)
    until = asked[0].payment.event_time - AGE
    earlier = f"sqlite://{tmp_path}/earlier.db"
    write_states(earlier, states_of(each for each in world.past if each.event_time < until))
    store = open_online_store(earlier, PIX)
    with hour_old(served, store, tmp_path / "other", timedelta(0)) as then:
        expected = [each.probability for each in map(then.decide, asked)]
    store.close()
    found = [old.decide(each) for each in asked]
    assert [each.probability for each in found] == expected
    assert old.inexact == 0
    assert all(isinstance(each, Answer) and not each.degraded for each in found)


def test_what_a_tile_hides_is_counted(world: World, served: Served, tmp_path: Path) -> None:
    one = world.past[-1]
    many = [
        asked_of(as_json(one) | {"event_time": one.event_time + timedelta(seconds=20 * n)}).payment for n in range(100)
    ]
    write_states(f"sqlite://{tmp_path}/busy.db", states_of(many))
    store = open_online_store(f"sqlite://{tmp_path}/busy.db", PIX)
    with hour_old(served, store, tmp_path / "log", AGE) as busy:
        busy.decide(asked_of(as_json(one) | {"event_time": many[-1].event_time + timedelta(seconds=1)}))
        assert busy.inexact > 0
    store.close()
