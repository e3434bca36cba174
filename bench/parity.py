"""Do requests see what batch computes? `make bench-parity` (DATA=<the Handbook's data set> brings other payments).

History goes through the stream in order of arrival, some of it late, some twice; every payment is asked about through
the request path and held, bit for bit, against the features that Spark computed in batch: aggregates as int64, model
inputs as float32. The case `killed` ends the whole stream by `kill -9` at random moments and starts it again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import Row, finish

from pixguard.jobs import build_features, ingest_payments, simulate_payments
from pixguard.privacy import create_keyring
from pixguard.simulate import SimulationConfig


def simulated(folder: Path, payments: int, days: int) -> Path:
    """Simulate payments and labels, take them into a lake and build their features."""
    config = SimulationConfig(payments=payments, days=days, seed=11)
    simulate_payments.run(config=config, out=folder / "world")
    world = folder / "world"
    ingest(world / "payments.parquet", world / "labels.parquet", "simulator", folder / "lake", None)
    build_features.run(lake=folder / "lake", feature_set="pix")
    return folder / "lake"


def others(data: Path, folder: Path, arguments: argparse.Namespace) -> Path:
    """Take anyone's payments into a lake by their mapping and build their features."""
    keys = folder / "keys.json"
    create_keyring(keys)
    ingest(data, arguments.labels, arguments.mapping, folder / "lake", keys)
    build_features.run(lake=folder / "lake", feature_set=arguments.feature_set)
    return folder / "lake"


def ingest(payments: Path, labels: Path | None, mapping: str, lake: Path, keys: Path | None) -> None:
    ingest_payments.run(input=payments, labels=labels, mapping=mapping, lake=lake, keys=keys)


def replayed(case: str, lake: Path, feature_set: str, *, span_h: float, kills: int) -> list[Row]:
    """Run the replay in a process of its own, kill it as often as asked, and return its counts."""
    report, work = lake.with_name("report.json"), lake.with_name("work")
    command = [sys.executable, "-m", "pixguard.jobs.check_parity", "replay", "--lake", str(lake), "--work", str(work)]
    command += ["--span-h", str(span_h), "--feature-set", feature_set, "--report", str(report)]
    began, draw = time.monotonic(), random.Random(5)
    for _ in range(kills):
        kill_in_flight(command, work / "reports", draw)
    status = subprocess.run(command, check=False).returncode
    if not report.exists():
        raise SystemExit(f"{case}: the replay ended with status {status} and no report; its last words are above")
    found = json.loads(report.read_text("utf-8"))
    return [
        Row(case, "payments", found["rows"], "payments"),
        Row(case, "values", found["values"], "values"),
        Row(case, "differing_values", found["differing_values"], "values"),
        Row(case, "kills", kills, "kills"),
        Row(case, "seconds", time.monotonic() - began, "s"),
    ]


def kill_in_flight(command: list[str], reports: Path, draw: random.Random) -> None:
    """Start the replay, let it get somewhere, and kill all its processes within the batches that follow."""
    before = len(list(reports.glob("*.json")))
    with subprocess.Popen(command, start_new_session=True) as process:
        while len(list(reports.glob("*.json"))) <= before:
            if process.poll() is not None:
                raise SystemExit("the replay ended before it could be killed: give it more payments or fewer kills")
            time.sleep(0.1)
        time.sleep(draw.uniform(0, 10))
        os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=1_000_000, help="to simulate (%(default)s)")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--span-h", type=float, default=24, help="hours of payments in a batch (%(default)s)")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--killed-payments", type=int, default=50_000, help="of the case that is killed (%(default)s)")
    parser.add_argument("--data", type=Path, help="payments of others: a file or a folder, and no simulation")
    parser.add_argument("--labels", type=Path, help="their labels, where these are a table of their own")
    parser.add_argument("--mapping", default="handbook", help="their mapping (%(default)s)")
    parser.add_argument("--feature-set", default="handbook", help="for --data (%(default)s)")
    arguments = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if arguments.data:
            lake = others(arguments.data, folder, arguments)
            rows += replayed(arguments.feature_set, lake, arguments.feature_set, span_h=arguments.span_h, kills=0)
        else:
            lake = simulated(folder / "killed", arguments.killed_payments, arguments.days)
            rows += replayed("killed", lake, "pix", span_h=arguments.span_h, kills=arguments.kills)
            if arguments.payments:
                lake = simulated(folder / "whole", arguments.payments, arguments.days)
                rows += replayed("simulated", lake, "pix", span_h=arguments.span_h, kills=0)
    finish("parity", rows)


if __name__ == "__main__":
    main()
