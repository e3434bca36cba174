"""Releases through Git on a real plane: every step is a commit, and no request notices."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections import Counter

import httpx
import pytest

from pixguard.laptop.plane.commands import logs, status
from pixguard.provenance import KeptVersion

from .load import Load, ask
from .world import MODEL, OVERLAY, Plane, model, placed, until


def shares(plane: Plane, count: int = 200) -> Counter[str]:
    return Counter(ask(plane.addresses["url"], f"E{i}").version for i in range(count))


def test_a_canary_is_released_to_everybody_without_a_restart_and_without_a_failure(
    quiet: Plane, first: KeptVersion
) -> None:
    second = quiet.keep("second")
    stable, canary = placed(first), quiet.put(second)
    with Load(quiet.addresses["url"], "a whole release") as load:
        for percent in (0, 5, 50, 100):
            quiet.commit(model(stable, canary, percent))
            until(lambda percent=percent: quiet.weights() == {first.name: 100 - percent, second.name: percent})
            assert quiet.condition("CanaryPredictorReady") == "True"
            time.sleep(0.5)
        at = time.monotonic()
        time.sleep(0.5)
        assert {each.version for each in load.since(at)} == {second.name}
        running = quiet.replicas(second.name)
        until(lambda: len(quiet.replicas(first.name)) == 1)  # KServe gives a ready canary one of stable's replicas
        quiet.commit(model(canary))
        until(lambda: quiet.weights() == {second.name: 100} and not quiet.replicas(first.name))
        until(lambda: len(quiet.replicas(second.name)) == 2)
        assert running.items() <= quiet.replicas(second.name).items()
        assert quiet.condition("CanaryPredictorReady") is None
    assert load.failed == []
    found = until(lambda: v if (v := quiet.versions())[second.name]["weight"] == 100 else None)
    assert found[second.name]["errors"] == 0
    assert found[second.name]["requests"] > 0


def test_a_canary_that_is_never_ready_gets_nothing(quiet: Plane, first: KeptVersion) -> None:
    dead = quiet.keep("dead", {"exit": 3})
    quiet.commit(model(placed(first), quiet.put(dead), 50))
    until(lambda: any("failure 2" in each.get("message", "") for each in quiet.status["conditions"]))
    assert quiet.condition("CanaryPredictorReady") == "False"
    assert quiet.condition("Ready") == "True"
    assert quiet.weights() == {first.name: 100}
    assert shares(quiet, 50) == {first.name: 50}
    assert len(quiet.replicas(first.name)) == 2  # stable gives up nothing to it


def test_a_canary_that_crashes_loses_its_share_at_once(quiet: Plane, first: KeptVersion) -> None:
    brittle = quiet.keep("brittle", {"crash_after": 5})
    quiet.commit(model(placed(first), quiet.put(brittle), 50))
    until(lambda: quiet.weights().get(brittle.name) == 50)
    with Load(quiet.addresses["url"], "a canary that crashes after 5 requests, at 50 %") as load:
        until(lambda: quiet.condition("CanaryPredictorReady") == "False")
        at = time.monotonic()
        time.sleep(0.4)
    until(lambda: quiet.condition("Ready") == "True")  # stable takes back the replica that it had given up
    assert quiet.versions()[brittle.name]["restarts"] >= 1
    # It comes back ever more slowly, each time for 5 requests: what is lost are those that a crash cut off.
    assert len(load.failed) < 0.5 * len(load.answers)
    assert load.since(at)


def test_a_version_that_is_not_in_the_store_is_said_and_tried_again(quiet: Plane, first: KeptVersion) -> None:
    absent = placed(quiet.keep("absent"))
    quiet.commit(model(placed(first), absent, 10))
    until(lambda: any("could not be fetched" in each.get("message", "") for each in quiet.status["conditions"]))
    assert quiet.weights() == {first.name: 100}
    quiet.put(quiet.keep("absent"))
    until(lambda: quiet.weights() == {first.name: 90, absent.name: 10})


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (MODEL, "- op: replace\n  path: /spec/predictor/nothing\n  value: 1\n", "knows no such field"),
        (f"{OVERLAY}/capacity.yaml", "no: [yaml", "overlay laptop"),
        (MODEL, "- {op: replace, path: /spec/predictor/name, value: v9}\n", "name and URI change together"),
    ],
)
def test_an_invalid_commit_changes_nothing_and_is_reported(
    quiet: Plane, first: KeptVersion, path: str, text: str, said: str
) -> None:
    before, pids = quiet.status, quiet.replicas(first.name)
    if "name, value" in text:
        text += f"- {{op: replace, path: /spec/predictor/model/storageUri, value: {placed(first).uri}}}\n"
    commit = quiet.commit(text, path)
    try:
        error = until(lambda: quiet.status["observed"]["error"])
        assert commit[:12] in error
        assert said in error
        assert quiet.status["observed"]["commit"] == before["observed"]["commit"]
        assert quiet.status["conditions"] == before["conditions"]
        assert quiet.replicas(first.name) == pids
        assert status.main(["--state", str(quiet.folder.root)]) == 1
    finally:
        quiet.commit((quiet.source / OVERLAY / "capacity.yaml").read_text(), f"{OVERLAY}/capacity.yaml")
        quiet.settle(first)
    assert quiet.status["observed"]["error"] is None


def test_up_twice_is_harmless(quiet: Plane, first: KeptVersion) -> None:
    before = (quiet.addresses, quiet.pid("plane"), quiet.replicas(first.name))
    assert quiet.up(first) == 0
    assert (quiet.addresses, quiet.pid("plane"), quiet.replicas(first.name)) == before


def test_the_console_signs_in_by_its_link_and_comes_back_where_it_was(quiet: Plane) -> None:
    console = quiet.addresses["console"]
    quiet.up()  # finds it running
    assert quiet.addresses["console"] == console

    def session() -> int | None:
        try:
            with httpx.Client(base_url=console["url"]) as client:
                client.post("/api/login", json={"token": console["token"]})
                return client.get("/api/session").status_code
        except httpx.HTTPError:
            return None

    until(lambda: session() == 200)
    before = quiet.pid("console")
    os.kill(before, signal.SIGKILL)
    until(lambda: quiet.pid("console") != before and session() == 200)


def test_addresses_are_ours_alone_and_on_the_loopback(quiet: Plane) -> None:
    assert quiet.folder.plane.stat().st_mode & 0o777 == 0o600
    for key in ("url", "admin", "versions_url", "metrics_url"):
        assert quiet.addresses[key].startswith("http://127.0.0.1:")
    assert len(quiet.addresses["s3"]["secret_key"]) >= 30


def test_a_server_knows_its_place_and_no_credentials(quiet: Plane, first: KeptVersion) -> None:
    for url in quiet.versions()[first.name]["urls"]:
        with urllib.request.urlopen(f"{url}/environment", timeout=10) as answer:
            environment = json.load(answer)
        assert environment["PIXGUARD_ONLINE_STORE"] == f"sqlite://{quiet.folder.online}"
        assert environment["PIXGUARD_DECISION_LOG"] == f"file://{quiet.folder.decisions}"
        assert environment["PIXGUARD_REPLICA"] in quiet.replicas(first.name)
        assert quiet.addresses["s3"]["secret_key"] not in json.dumps(environment)
        assert not [name for name in environment if name.startswith("AWS")]


def test_metrics_are_scraped_by_version_and_replica(quiet: Plane, first: KeptVersion) -> None:
    shares(quiet, 20)

    def text() -> str:
        with urllib.request.urlopen(quiet.addresses["metrics_url"], timeout=10) as answer:
            return str(answer.read().decode())

    for name in quiet.replicas(first.name):
        assert f'replica="{name}",version="{first.name}"' in text()
    assert f'pixguard_version_weight{{version="{first.name}"}} 100.0' in text()


def test_logs_are_told_by_process(quiet: Plane, capsys: pytest.CaptureFixture[str]) -> None:
    assert logs.main(["--state", str(quiet.folder.root), "plane"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.startswith("plane ") for line in lines)
    assert any("took commit" in line for line in lines)
