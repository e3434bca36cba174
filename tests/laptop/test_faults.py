"""kill -9 of every part under load: what failed is counted, and said."""

from __future__ import annotations

import os
import signal
import time

import pytest

from pixguard.laptop.plane import process
from pixguard.laptop.plane.commands import down
from pixguard.provenance import KeptVersion

from .load import Load, ask
from .world import Plane, model, placed, until


def kill(pid: int) -> float:
    os.kill(pid, signal.SIGKILL)
    return time.monotonic()


def test_a_killed_server_is_replaced_and_its_requests_go_to_the_other(quiet: Plane, first: KeptVersion) -> None:
    name, pid = next(iter(quiet.replicas(first.name).items()))
    with Load(quiet.addresses["url"], "kill -9 of one of two servers") as load:
        time.sleep(0.5)
        at = kill(pid)
        until(lambda: quiet.pid(name) != pid)
        until(lambda: quiet.condition("Ready") == "True" and len(quiet.versions()[first.name]["urls"]) == 2)
        time.sleep(0.5)
    assert len(load.since(at)) > 10
    assert len(load.failed) <= load.clients  # at most what the dead one was working on


def test_a_server_that_hangs_is_asked_nothing_more(quiet: Plane, first: KeptVersion) -> None:
    pid = next(iter(quiet.replicas(first.name).values()))
    with Load(quiet.addresses["url"], "SIGSTOP of one of two servers", clients=8) as load:
        os.kill(pid, signal.SIGSTOP)
        try:
            until(lambda: len(quiet.versions()[first.name]["urls"]) == 1)
            time.sleep(2.5)  # what went there before is given up after the route's 2 s
            at = time.monotonic()
            time.sleep(1)
        finally:
            os.kill(pid, signal.SIGCONT)
    assert all(each.status == 200 for each in load.since(at))
    assert {each.status for each in load.failed} <= {504}
    until(lambda: len(quiet.versions()[first.name]["urls"]) == 2)


def test_a_killed_envoy_comes_back_on_the_same_port(quiet: Plane) -> None:
    before, pid = quiet.versions(), quiet.pid("envoy")
    with Load(quiet.addresses["url"], "kill -9 of Envoy") as load:
        time.sleep(1.5)  # long enough for a count to be taken
        at = kill(pid)
        until(lambda: quiet.pid("envoy") != pid and ask(quiet.addresses["url"], "E").status == 200)
        back = time.monotonic()
        time.sleep(0.5)
    print(f"Envoy served again after {back - at:.2f} s")  # noqa: T201
    assert load.since(back)
    assert all(each.status == 200 for each in load.since(back))
    after = until(lambda: v if (v := quiet.versions()) != before else None)
    assert all(after[name]["requests"] >= each["requests"] for name, each in before.items())


def test_a_killed_plane_stops_nothing_and_the_next_one_takes_over(quiet: Plane, first: KeptVersion) -> None:
    before, processes = quiet.addresses, quiet.replicas(first.name) | {"envoy": quiet.pid("envoy")}
    with Load(quiet.addresses["url"], "kill -9 of the plane, and up again") as load:
        kill(quiet.pid("plane"))
        until(lambda: not quiet.running)
        time.sleep(1)
        quiet.up()
        time.sleep(0.5)
    assert load.failed == []
    assert quiet.replicas(first.name) | {"envoy": quiet.pid("envoy")} == processes
    assert {key: quiet.addresses[key] for key in ("url", "admin", "s3", "versions_url")} == {
        key: before[key] for key in ("url", "admin", "s3", "versions_url")
    }


def test_a_server_that_dies_while_no_plane_runs_is_replaced_by_the_next(quiet: Plane, first: KeptVersion) -> None:
    name, pid = next(iter(quiet.replicas(first.name).items()))
    kill(quiet.pid("plane"))
    until(lambda: not quiet.running)
    with Load(quiet.addresses["url"], "kill -9 of a server while no plane runs, and up again") as load:
        time.sleep(0.3)
        kill(pid)
        time.sleep(0.7)
        quiet.up()
        until(lambda: len(quiet.versions()[first.name]["urls"]) == 2)
    assert len(load.failed) <= load.clients  # Envoy goes to the other one by itself
    assert quiet.pid(name) != pid


def test_a_killed_store_comes_back_with_what_it_held(quiet: Plane, first: KeptVersion) -> None:
    second = quiet.keep("second")
    canary, pid = quiet.put(second), quiet.pid("s3")
    with Load(quiet.addresses["url"], "kill -9 of the store") as load:
        kill(pid)
        quiet.commit(model(placed(first), canary, 10))
        until(lambda: quiet.pid("s3") != pid)
        until(lambda: quiet.weights() == {first.name: 90, second.name: 10}, 60)
    assert load.failed == []


def test_an_invalid_commit_does_not_keep_a_new_plane_from_serving(quiet: Plane, first: KeptVersion) -> None:
    quiet.commit("nonsense\n")
    until(lambda: quiet.status["observed"]["error"])
    kill(quiet.pid("plane"))
    until(lambda: not quiet.running)
    for pid in quiet.replicas(first.name).values():
        kill(pid)
    with pytest.raises(Exception, match="overlay laptop"):
        quiet.up()
    until(lambda: ask(quiet.addresses["url"], "E").status == 200)  # what was taken last serves again


def test_down_ends_all_also_what_a_killed_plane_left(quiet: Plane, first: KeptVersion) -> None:
    pids = process.marked(quiet.folder)
    assert len(pids) >= 5  # plane, Envoy, store, two servers
    kill(quiet.pid("plane"))
    (quiet.folder.processes / f"{next(iter(quiet.replicas(first.name)))}.json").unlink()  # a record that was lost
    assert down.main(["--state", str(quiet.folder.root)]) == 0
    assert process.marked(quiet.folder) == []
    assert not quiet.folder.plane.exists()
    assert down.main(["--state", str(quiet.folder.root)]) == 0  # twice is harmless
    assert quiet.up() == 0  # and what Git says serves again
    assert ask(quiet.addresses["url"], "E").version == first.name
