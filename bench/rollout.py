"""Releases under load on the laptop plane, `make bench-rollout`: what moving weights costs, how fast a bad one is gone.

300 requests a second go through Envoy while commits move the canary 0 → 5 → 25 → 50 → 100 % and back. A stage lasts
until chance alone would keep the split within 1 % (three standard deviations); `--quick` takes a tenth of that. Then
canaries that fail, hang and crash are given 5 %, and `pixguard advance` is left to find out and take them back: the
seconds are those from the first bad answer that a client got to the last one. The servers answer a constant: what is
measured is the plane and the release, not the model. DATA is not used, since no payment is looked at.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from open_loop import Answer, OpenLoop
from table import Row, finish

sys.path.insert(0, str(Path(__file__).parents[1]))
from pixguard.overlay import Placed
from pixguard.provenance import KeptVersion
from tests.laptop.world import Plane, model, placed, until

STAGES = (0, 5, 25, 50, 100, 50, 25, 5, 0)
BAD = {"fails": {"status": 500}, "hangs": {"slow_s": 5}, "crashes": {"crash_after": 20}}
SHARE = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="not used")
    parser.add_argument("--rate", type=float, default=300, help="requests a second (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pixguard-bench-") as scratch, running(Path(scratch)) as plane:
        stable = plane.keep("stable")
        rows = moved(plane, stable, options.rate, 0.1 if options.quick else 1.0)
        for name, behaviour in BAD.items():
            rows += taken_back(plane, stable, plane.keep(name, behaviour), f"canary {name}", options.rate)
    finish("rollout", rows)


@contextlib.contextmanager
def running(root: Path) -> Iterator[Plane]:
    """Run a plane that serves a good version."""
    plane = Plane(root)
    try:
        plane.up(plane.keep("stable"), wait_s=300)
        yield plane
    finally:
        plane.down()


def moved(plane: Plane, stable: KeptVersion, rate: float, part: float) -> list[Row]:
    """Move the weights there and back."""
    canary = plane.keep("canary")
    there, trial = placed(stable), plane.put(canary)
    release(plane, there, trial, 0)
    rows: list[Row] = []
    with OpenLoop(plane.addresses["url"], numbered(), rate) as traffic:
        time.sleep(1)
        for number, percent in enumerate(STAGES):
            began = time.monotonic()
            seconds = release(plane, there, trial, percent)
            time.sleep(0.5)
            settled = time.monotonic()
            time.sleep(part * stage_s(percent, rate))
            ended = time.monotonic()
            case = f"{STAGES[max(number - 1, 0)]} → {percent} %"
            rows += stage(case, traffic.between(settled, ended), canary.name, percent)
            rows += [Row(case, "commit_to_weights_s", seconds, "s"), failures(case, traffic.between(began, ended))]
    deviations = [row.value for row in rows if row.metric == "deviation_pct"]
    every = [each for each in traffic.answers if each.status != 200]
    rows += [Row("all", "requests", len(traffic.answers), ""), Row("all", "failed_requests", len(every), "")]
    return [*rows, Row("all", "deviation_pct", max(deviations), "% of all requests")]


def numbered() -> Iterator[dict[str, str]]:
    """Yield as much of a payment as servers need that answer a constant."""
    return ({"end_to_end_id": f"E{number}"} for number in itertools.count())


def stage_s(percent: int, rate: float) -> float:
    """Return how long three standard deviations of the observed share take to come below 1 %."""
    share = percent / 100
    return max(9 * share * (1 - share) / 0.01**2 / rate, 5)


def stage(case: str, answers: list[Answer], canary: str, percent: int) -> list[Row]:
    """Return the split of one stage."""
    got = sum(each.status == 200 and each.content["model_version"] == canary for each in answers)
    seen = 100 * got / len(answers)
    return [
        Row(case, "requests", len(answers), ""),
        Row(case, "canary_pct", seen, "%"),
        Row(case, "deviation_pct", abs(seen - percent), "% of all requests"),
    ]


def failures(case: str, answers: list[Answer]) -> Row:
    return Row(case, "failed_requests", sum(each.status != 200 for each in answers), "")


def taken_back(plane: Plane, stable: KeptVersion, bad: KeptVersion, case: str, rate: float) -> list[Row]:
    """Give a bad canary 5 %, and wait until it is rolled back."""
    there, trial = placed(stable), plane.put(bad)
    release(plane, there, trial, 0)
    with advancer(plane) as judge, OpenLoop(plane.addresses["url"], numbered(), rate) as traffic:
        time.sleep(2)
        given = time.monotonic()
        plane.commit(model(there, trial, SHARE))
        judge.wait(timeout=120)
        until(lambda: plane.weights() == {stable.name: 100}, 60)
        time.sleep(4)  # what hung until now is still to be answered
    wrong = [each for each in traffic.answers if each.sent >= given and each.status != 200]
    first, last = min(each.done for each in wrong), max(each.done for each in wrong)
    asked = [each for each in traffic.answers if each.sent >= given]
    return [
        Row(case, "requests", len(asked), ""),
        Row(case, "failed_requests", len(wrong), ""),
        Row(case, "first_bad_to_last_s", last - first, "s"),
        Row(case, "first_bad_to_zero_s", max(each.sent for each in wrong) - first, "s"),
    ]


def release(plane: Plane, stable: Placed, canary: Placed, percent: int) -> float:
    """Commit a share, and return the seconds until the proxy divides by it."""
    began = time.monotonic()
    commit = plane.commit(model(stable, canary, percent))
    wanted = {stable.name: 100 - percent, canary.name: percent}
    until(lambda: plane.status["observed"]["commit"] == commit and plane.weights() == wanted, 120, 0.01)
    return time.monotonic() - began


@contextlib.contextmanager
def advancer(plane: Plane) -> Iterator[subprocess.Popen[str]]:
    """Run `pixguard advance` on the plane, looking twice a second."""
    command = [sys.executable, "-m", "pixguard.cli", "advance", "--watch", "300", "--every", "0.5"]
    command += ["--state", str(plane.folder.root), "--author", "bench"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            print(process.stdout.readline().strip(), flush=True)  # it has looked once: from now on it watches
            yield process
            print(process.stdout.read().strip(), flush=True)
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
