"""The checkout as it is on a plane: manifests unchanged, its own model server, a version that was really trained."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pixguard.client import Client
from pixguard.laptop.demo.hour_old import hour_old
from pixguard.laptop.plane.commands import down, up
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.supervisor import given
from pixguard.online_store import open_online_store
from pixguard.predictor.scorer import asked_of
from pixguard.predictor.served import Served
from tests.predictor.world import World, as_json, make_world, write_states

from .world import CHECKOUT, Plane, until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Plane]]:
    root = tmp_path_factory.mktemp("predictor")
    world = make_world(root / "world")
    plane = Plane(root)
    write_states(given(plane.folder)["PIXGUARD_ONLINE_STORE"], world.states)
    version, state = str(world.version.folder), str(plane.folder.root)
    try:
        arguments = ["--state", state, "--source", str(CHECKOUT), "--version", version]
        up.main([*arguments, "--wait", "180", "--no-stream"])
        yield world, plane
    finally:
        down.stop(Folder.of(plane.folder.root))


def test_payments_are_decided_through_envoy_and_every_decision_is_logged(served: tuple[World, Plane]) -> None:
    world, plane = served
    url, asked = plane.addresses["url"] + "/v1/models/pix-fraud:predict", []
    for payment in world.later(40):
        body = json.dumps({"instances": [as_json(payment)]}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            (decision,) = json.load(answer)["predictions"]
        assert (decision["version"], decision["end_to_end_id"]) == (world.version.name, payment.end_to_end_id)
        assert decision["degraded"] == []  # the online store was found where the plane says it is
        asked.append(payment.end_to_end_id)

    def logged() -> Counter[str]:
        files = plane.folder.decisions.glob("*/*.jsonl*")
        return Counter(json.loads(line)["end_to_end_id"] for file in files for line in file.read_text().splitlines())

    until(lambda: logged() == Counter(asked))
    counted = until(lambda: c if (c := plane.versions()[world.version.name])["requests"] == len(asked) else None)
    assert counted["errors"] == 0
    with urllib.request.urlopen(plane.addresses["metrics_url"], timeout=30) as answer:
        text = answer.read().decode()
    assert f'version="{world.version.name}"' in text
    assert "pixguard_decisions_total" in text


def test_state_of_an_earlier_time_is_scored_by_the_same_core(served: tuple[World, Plane], tmp_path: Path) -> None:
    world, plane = served
    version, asked = Served.load(world.version.folder, world.public_key), world.later(20, seed=8)
    store = open_online_store(plane.addresses["online_store"], version.feature_set)
    with (
        closing(store),
        Client(plane.addresses["url"], timeout_s=30) as client,
        hour_old(version, store, tmp_path / "now", timedelta(0)) as now,
        hour_old(version, store, tmp_path / "then", timedelta(days=60)) as then,  # before all that ever happened
    ):
        answers = [client.decide(each) for each in asked]
        scored = [now.decide(asked_of(as_json(each))) for each in asked]
        before = [then.decide(asked_of(as_json(each))) for each in asked]
    assert [each.probability for each in scored] == [each.probability for each in answers]
    assert [each.decision for each in scored] == [each.decision for each in answers]
    assert (now.inexact, then.inexact > 0) == (0, True)  # busy accounts have tiles, which nobody can take apart
    assert [each.probability for each in before] != [each.probability for each in answers]
