"""How long watching a day takes, and how much memory: `make bench-watch`, or `python bench/watch.py --rows 10000000`.

At a quarter, a half and the whole of `--rows`. At most `--written` decisions are written to the disk; larger logs hold
the same segments under several replicas by hard links, so that a small disk will do (and the page cache helps, once
they fit in it). Each log is watched by the job in a process of its own: Spark's start is in the seconds. Memory is the
sum of what the driver, the JVM and the Python workers hold resident, pages that they share counted in each.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from table import Row, finish
from watch_cases.log import DAY, keep, link_log, write_log


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="decisions of the day (%(default)s)")
    parser.add_argument("--written", type=int, default=250_000, help="decisions really written (%(default)s)")
    parser.add_argument("--parts", type=int, nargs="+", default=[4, 2, 1], help="so many-ths of --rows (%(default)s)")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--data", help="not used: a log is made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, rows = Path(scratch), []
        version, key = keep(folder)
        written = min(options.written, options.rows // max(options.parts))
        began = time.perf_counter()
        segments = write_log(folder, version.name, written)
        size = sum(segment.stat().st_size for segment in segments)
        print(
            f"wrote {written:,} decisions, {size / written:,.0f} bytes each, {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        for part in options.parts:
            times = max(1, round(options.rows / part / written))
            log = link_log(segments, folder / f"log-{part}", times)
            rows += _case(log, folder, key, times * written, options.cores)
            print(", ".join(f"{row.metric} {row.value:,.1f}" for row in rows if row.case == rows[-1].case), flush=True)
    finish("watch", rows)


def _case(log: Path, folder: Path, key: Path, rows: int, cores: int) -> list[Row]:
    out, case = folder / f"out-{rows}", f"{rows:,} decisions"
    command = [sys.executable, "-m", "pixguard.jobs.watch_decisions", "--decisions", str(log), "--out", str(out),
               "--versions", str(folder / "versions"), "--public-key", str(key), "--master", f"local[{cores}]",
               "--until", (DAY.replace(day=DAY.day + 1)).isoformat()]  # fmt: skip
    began = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        peak, cpu = _followed(psutil.Process(running.pid))
        said = running.stderr.read() if running.stderr else ""
    seconds = time.perf_counter() - began
    if running.returncode:
        raise SystemExit(said)
    report = json.loads((out / "report.json").read_text())
    (found,) = report["versions"].values()
    if found["drift"]["newest"]["rows"] != rows:
        raise SystemExit(f"counted {found['drift']['newest']['rows']:,} of {rows:,}")
    return [
        Row(case, "seconds", seconds, "s"), Row(case, "cpu_s", cpu, "s"), Row(case, "peak_gb", peak / 1e9, "GB"),
        Row(case, "rows_per_s", rows / seconds, "1/s"), Row(case, "cpu_us_per_row", cpu / rows * 1e6, "us"),
        Row(case, "alarms", len(found["drift"]["newest"]["alarms"]), ""),
    ]  # fmt: skip


def _followed(process: psutil.Process) -> tuple[float, float]:
    """Return the most bytes that a process and its children held at once, and their CPU seconds, until it ends."""
    most, used = 0.0, dict[int, float]()
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        held = 0
        for each in [process, *process.children(recursive=True)]:
            try:
                held += each.memory_info().rss
                times = each.cpu_times()
            except psutil.NoSuchProcess:
                continue  # a worker that ended meanwhile holds nothing
            used[each.pid] = times.user + times.system
        most = max(most, held)
        time.sleep(0.2)
    return most, sum(used.values())


if __name__ == "__main__":
    main()
