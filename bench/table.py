"""The form every bench prints and writes: named cases and metrics, with the machine and the commit."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BUILD = Path("build") / "bench"


@dataclass(frozen=True)
class Row:
    case: str
    metric: str
    value: float
    unit: str


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor, cores, memory, system and Python."""
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory_kib = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(memory_kib / 2**20, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def finish(bench: str, rows: list[Row]) -> None:
    """Print the rows as a table, cases down and metrics across, and write build/bench/<bench>.json."""
    facts = machine()
    cases, metrics = list(dict.fromkeys(r.case for r in rows)), list(dict.fromkeys(r.metric for r in rows))
    values = {(r.case, r.metric): r.value for r in rows}
    width = max(len(case) for case in [*cases, "case"])
    print(f"\n{bench}: " + ", ".join(f"{name} {value}" for name, value in facts.items()))
    print("  ".join(["case".ljust(width), *metrics]))
    for case in cases:
        cells = (_cell(values.get((case, metric))).rjust(len(metric)) for metric in metrics)
        print("  ".join([case.ljust(width), *cells]))
    BUILD.mkdir(parents=True, exist_ok=True)
    document = {"bench": bench, "commit": _commit(), "machine": facts, "rows": [asdict(r) for r in rows]}
    temporary = BUILD / f".{bench}.json"
    temporary.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    temporary.replace(BUILD / f"{bench}.json")


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3f}"


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
