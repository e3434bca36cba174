"""kill -9 of every part under load, `make bench-faults`: what failed, what was answered from less, what was not logged.

A plane serves a signed version by two replicas of the real predictor; Redis stands behind a predictor of its own. Each
case has its own load and ends when the part is back. `unlogged` counts decisions that a client got and the log lacks:
the log's queue is flushed every 20 ms, so that is what a killed server can take with it. DATA is not used.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import redis
from open_loop import Answer, OpenLoop
from serving_cases.processes import free_port, python, serving
from serving_cases.world import World, keep, make_world, write_states
from table import Row, finish

sys.path.insert(0, str(Path(__file__).parents[1]))
from pixguard.decision_log import read_segments
from pixguard.laptop.demo.bad_versions import unlucky
from pixguard.laptop.demo.release import RULES
from pixguard.laptop.plane.commands import down, up
from pixguard.laptop.plane.supervisor import given
from pixguard.overlay import read
from pixguard.payment import Payment
from pixguard.provenance import KeptVersion
from pixguard.provenance.files import write_json
from pixguard.release.git import Branch
from tests.laptop.world import CHECKOUT, MODEL, Plane, until

Payments = Iterator[dict[str, Any]]
STAGES = (0, 5, 25, 50)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="not used")
    parser.add_argument("--rate", type=float, default=80, help="payments a second (%(default)s)")
    rate = parser.parse_args().rate
    with tempfile.TemporaryDirectory(prefix="pixguard-bench-") as scratch:
        root = Path(scratch)
        world = make_world(root, None, 20_000)
        payments = endless(world.asked)
        rows = redis_killed(world, payments, rate) if shutil.which("redis-server") else []
        with running(root, world) as plane:
            for name in ("server", "envoy", "plane", "s3"):
                rows += killed(name, plane, payments, rate)
            rows += advancer_killed(plane, world, payments, rate)
    finish("faults", rows)


def figures(case: str, answers: list[Answer], decisions: Path, back_s: float) -> list[Row]:
    """Return the row of one fault, once the log has been written."""
    time.sleep(1.5)
    return [
        Row(case, "requests", len(answers), ""),
        Row(case, "failed", sum(each.status != 200 for each in answers), ""),
        Row(case, "degraded", sum(map(degraded, answers)), ""),
        Row(case, "unlogged", unlogged(answers, decisions), ""),
        Row(case, "back_s", back_s, "s"),
    ]


def endless(payments: Sequence[Payment]) -> Payments:
    """Yield payments as a client sends them, over and over, each under a new id of the same minute."""
    for count, payment in enumerate(itertools.cycle(payments)):
        values = {name: value for name, value in orjson.loads(orjson.dumps(payment)).items() if value is not None}
        yield values | {"end_to_end_id": f"{payment.end_to_end_id[:21]}{count:011d}"}


def degraded(answer: Answer) -> bool:
    return answer.status == 200 and any(each["degraded"] for each in answer.content["predictions"])


def unlogged(answers: Sequence[Answer], decisions: Path) -> int:
    """Return how many of the decided payments are in no record of the decision log."""
    logged = {record.end_to_end_id for record in read_segments(decisions)}
    return sum(each.status == 200 and each.end_to_end_id not in logged for each in answers)


def redis_killed(world: World, payments: Payments, rate: float) -> list[Row]:
    """Kill Redis under a predictor, and start it again with what it held."""
    folder, port, http = world.folder, free_port(), free_port()
    decisions = folder / "redis-decisions"
    environment = {
        "PIXGUARD_PUBLIC_KEY": str(world.public_key),
        "PIXGUARD_ONLINE_STORE": f"redis://127.0.0.1:{port}",
        "PIXGUARD_DECISION_LOG": f"file://{decisions}",
    }
    command = python("pixguard.predictor", "--model_dir", str(world.version.folder), "--http_port", str(http))
    first = start_redis(folder, port)
    try:
        write_states(environment["PIXGUARD_ONLINE_STORE"], world.states)
        with (
            redis.Redis(port=port) as client,
            serving(http, [*command, "--grpc_port", "0"], env=environment),
            OpenLoop(f"http://127.0.0.1:{http}", payments, rate) as load,
        ):
            client.save()
            time.sleep(2)
            first.kill()
            first.wait()
            time.sleep(2)
            first, began = start_redis(folder, port), time.monotonic()
            until(lambda: load.answers and not any(map(degraded, load.answers[-20:])))
            back_s = time.monotonic() - began
            time.sleep(1)
    finally:
        first.kill()
        first.wait()
    return figures("redis", load.answers, decisions, back_s)


def start_redis(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    with redis.Redis(port=port) as client:
        until(lambda: _answers(client))
    return process


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:  # not yet, or still loading what it held
        return False


@contextmanager
def running(root: Path, world: World) -> Iterator[Plane]:
    """Run the checkout's own plane with the world's version and state."""
    plane = Plane(root / "plane")
    write_states(given(plane.folder)["PIXGUARD_ONLINE_STORE"], world.states)
    try:
        up_again(plane, "--version", str(world.version.folder), "--public-key", str(world.public_key))
        until(lambda: len(plane.recorded("server")) == 2, 120)
        yield plane
    finally:
        down.stop(plane.folder)


def up_again(plane: Plane, *more: str) -> None:
    up.main(["--state", str(plane.folder.root), "--source", str(CHECKOUT), "--wait", "180", "--no-stream", *more])


def killed(name: str, plane: Plane, payments: Payments, rate: float) -> list[Row]:
    """Kill a part of the plane, and wait until it, or the next of its kind, is back."""
    record = plane.recorded("server")[0] if name == "server" else name
    pid = plane.pid(record)
    back: dict[str, Callable[[], Any]] = {
        "server": lambda: plane.pid(record) != pid and plane.condition("Ready") == "True",
        "plane": lambda: not plane.running,
    }
    with OpenLoop(plane.addresses["url"], payments, rate) as load:
        time.sleep(2)
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        until(back.get(name, lambda: plane.pid(name) != pid), 60)
        if name == "plane":
            time.sleep(1)
            up_again(plane)
        back_s = time.monotonic() - began
        time.sleep(2)
    return figures(name, load.answers, plane.folder.decisions, back_s)


def advancer_killed(plane: Plane, world: World, payments: Payments, rate: float) -> list[Row]:
    """Kill the advancer once in each stage of a release that is then promoted all the same."""
    write_json(plane.root / "rules.json", RULES)
    canary, state = twin(world), ["--state", str(plane.folder.root)]
    cli = [sys.executable, "-m", "pixguard.cli"]
    subprocess.run([*cli, "propose", str(canary.folder), "--public-key", str(world.public_key), *state], check=True)
    command = [*cli, "advance", "--watch", "300", "--every", "0.5"]
    command += ["--rules", str(plane.root / "rules.json"), *state]
    began = time.monotonic()
    with OpenLoop(plane.addresses["url"], payments, rate) as load:
        for stage in STAGES:
            advancer = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            until(lambda stage=stage: percent(plane) >= stage, 120)
            time.sleep(1)
            advancer.kill()
            advancer.wait()
        subprocess.run(command, check=True, timeout=300)
        back_s = time.monotonic() - began
        time.sleep(1)
    serves = plane.weights() == {canary.name: 100}
    return [*figures("advancer", load.answers, plane.folder.decisions, back_s), Row("advancer", "promoted", serves, "")]


def percent(plane: Plane) -> int:
    """Return the canary's share as Git has it; 100 once it is promoted."""
    with Branch(str(plane.folder.git)) as branch:
        found = read(branch.read(branch.fetch(), MODEL))
    return found.canary.percent if found.canary else 100


def twin(world: World) -> KeptVersion:
    """Return a version that decides as the first one does."""
    copy = world.folder / "twin"
    shutil.copytree(world.folder / "model", copy)
    unlucky(copy)
    return keep(world.folder, copy, world.facts)


if __name__ == "__main__":
    main()
