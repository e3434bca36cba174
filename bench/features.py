"""What batch features cost: `make bench-features` (DATA=<lake, or what `pixguard simulate` wrote> brings other data).

Each case computes the aggregates of the set PIX for every payment in a process of its own and writes them by view and
day; each result is held against ours value by value. CPU is user + system time of the case's whole process tree, start
of Python and JVM included. Cases run in turn, so that they share the machine's mood.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from feature_cases.compare import differing_values
from feature_cases.world import write_lake
from table import Row, finish

from pixguard.jobs import ingest_payments
from pixguard.lake import files, rows_in

CASES = {
    "floor": "spark_floor",
    "ours": "spark_ours",
    "textbook": "spark_textbook",
    "duckdb": "duckdb_windows",
    "polars": "polars_tiles",
}


def measure(case: str, lake: Path, out: Path, limit_s: float) -> dict[str, float] | None:
    """Run a case in its own process; return cpu_s, wall_s and peak_gib, or None where it ran past `limit_s`."""
    began = time.monotonic()
    command = [sys.executable, __file__, "--case", case, "--data", str(lake), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            printed, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None
    if process.returncode:
        raise SystemExit(f"{case} ended with status {process.returncode}; its last words are above")
    spent: dict[str, float] = json.loads(printed.splitlines()[-1])
    return {"cpu_s": spent["cpu_s"], "wall_s": time.monotonic() - began, "peak_gib": spent["peak_gib"]}


def run_case(case: str, lake: Path, out: Path) -> None:
    """Compute one case in this process and print what its process tree spent; a JVM lives until Python ends."""
    importlib.import_module(f"feature_cases.{CASES[case]}").build(lake, out)
    tree = [psutil.Process(), *psutil.Process().children(recursive=True)]
    used = [time_of for process in tree for time_of in process.cpu_times()[:2]]
    ended = os.times()
    cpu_s = sum(used) + ended.children_user + ended.children_system
    print(json.dumps({"cpu_s": cpu_s, "peak_gib": sum(_peak_kib(process.pid) for process in tree) / 2**20}))


def _peak_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    # A process that has just ended has no memory any more.
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def bench(world: str, lake: Path, scratch: Path, cases: list[str], limit_s: float) -> list[Row]:
    """Measure the cases on one lake and compare each with ours, which has to be the first of those compared."""
    payments = sum(rows_in(file) for file in files(lake, "payments"))
    found: list[Row] = []
    for case in cases:
        label, out = f"{case} {world}", scratch / world / case
        spent = measure(case, lake, out, limit_s)
        if spent is None:
            print(f"{label}: did not finish in {limit_s:.0f} s", flush=True)
            continue
        found.append(Row(label, "rows_per_cpu_s", payments / spent["cpu_s"], "rows/s"))
        found += [Row(label, metric, value, metric.rpartition("_")[2]) for metric, value in spent.items()]
        if case not in ("ours", "floor"):
            found.append(Row(label, "differing_values", differing_values(out.with_name("ours"), out), "values"))
        print("  ".join(f"{row.metric} {row.value:,.1f}" for row in found if row.case == label), label, flush=True)
        if case != "ours":
            shutil.rmtree(out)
    shutil.rmtree(scratch / world)
    return found


def ratios(rows: list[Row], worlds: list[str]) -> list[Row]:
    """Return what the goals are about: ours against the others, a hot key against none, twice the rows against once."""
    cpu_s = {row.case: row.value for row in rows if row.metric == "cpu_s"}
    pairs = [(f"ours {w}", f"{case} {w}", f"x_{case}") for w in worlds for case in CASES if case != "ours"]
    pairs += [(f"{case} {w} hot", f"{case} {w}", "x_uniform") for w in worlds for case in CASES]
    pairs += [(f"{case} 4m", f"{case} 2m", "x_half") for case in CASES]
    return [Row(a, metric, cpu_s[a] / cpu_s[b], "ratio") for a, b, metric in pairs if a in cpu_s and b in cpu_s]


def lake_of(data: Path, scratch: Path) -> Path:
    """Return DATA where it is a lake; otherwise take what the simulator wrote into one."""
    if (data / "payments").is_dir():
        return data
    inputs = {"input": data / "payments.parquet", "labels": data / "labels.parquet"}
    ingest_payments.run(**inputs, mapping="simulator", lake=scratch / "lake")
    return scratch / "lake"


def _worlds(arguments: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and lake of each world; a generated lake is gone when the next one is asked for."""
    if arguments.data is not None:
        yield "data", lake_of(arguments.data, scratch)
        return
    for millions in arguments.millions:
        for hot in (False, True):
            lake = scratch / "lake"
            write_lake(lake, int(millions * 1_000_000), hot=hot)
            yield f"{millions:g}m{' hot' if hot else ''}", lake
            shutil.rmtree(lake)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a lake, or a folder that the simulator wrote; default: made here")
    parser.add_argument("--millions", type=float, nargs="+", default=[2, 4], help="payments of the worlds made here")
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--limit-s", type=float, default=1200, help="wall seconds after which a case is stopped")
    parser.add_argument("--case", choices=list(CASES), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case is not None:
        run_case(arguments.case, arguments.data, arguments.out)
        return
    rows, worlds = [], []
    with tempfile.TemporaryDirectory(prefix="pixguard-bench-") as scratch:
        for world, lake in _worlds(arguments, Path(scratch)):
            worlds.append(world)
            rows += bench(world, lake, Path(scratch), arguments.cases, arguments.limit_s)
    finish("features", rows + ratios(rows, worlds))


if __name__ == "__main__":
    main()
