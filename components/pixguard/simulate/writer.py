"""Writing a simulated world: a folder that is either all there or not there, and knows its configuration."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pixguard.errors import PixguardError
from pixguard.simulate.config import SimulationConfig
from pixguard.simulate.simulation import Simulation

MANIFEST = "simulation.json"
FILES = ("payments.parquet", "labels.parquet", "truth.parquet", MANIFEST)
_ROW_GROUP = 262_144


class SimulationExistsError(PixguardError):
    """The folder holds something else; the message says what, and how to replace it."""


def is_kept(folder: Path, config: SimulationConfig, replace: bool = False) -> bool:
    """Tell whether `folder` already holds this very simulation, complete.

    SimulationExistsError if it holds another simulation and `replace` is false, or files that are none of ours.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if not (folder / MANIFEST).is_file():
        raise SimulationExistsError(f"{folder} holds files that no simulation wrote: choose another --out")
    same = _fingerprint(folder / MANIFEST) == config.fingerprint
    if not same and not replace:
        raise SimulationExistsError(
            f"{folder} holds a simulation of another configuration: add --replace, or choose another --out"
        )
    return same and all((folder / name).is_file() for name in FILES)


def _fingerprint(manifest: Path) -> str:
    try:
        return str(json.loads(manifest.read_text())["fingerprint"])
    except (ValueError, KeyError, TypeError) as error:
        raise SimulationExistsError(
            f"{manifest} is not readable: remove the folder, or choose another --out"
        ) from error


def write(simulation: Simulation, config: SimulationConfig, folder: Path) -> None:
    """Write the tables and the manifest to `folder`, replacing wholly what was there; all or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".unfinished", dir=folder.parent))
    try:
        _write_files(simulation, config, unfinished)
        unfinished.chmod(0o755)
        _put_in_place(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_files(simulation: Simulation, config: SimulationConfig, folder: Path) -> None:
    tables: dict[str, pa.Table] = {
        "payments.parquet": simulation.payments,
        "labels.parquet": simulation.labels,
        "truth.parquet": simulation.truth,
    }
    for name, table in tables.items():
        pq.write_table(table, folder / name, compression="zstd", row_group_size=_ROW_GROUP)
    manifest = {
        "fingerprint": config.fingerprint,
        "rows": {name: table.num_rows for name, table in tables.items()},
        "config": config.as_json(),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    for name in FILES:
        _flush(folder / name)
    _flush(folder)


def _put_in_place(unfinished: Path, folder: Path) -> None:
    """Rename; an older folder steps aside first and is removed only afterwards."""
    if folder.exists():
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".replaced", dir=folder.parent))
        folder.rename(aside / folder.name)
        unfinished.rename(folder)
        shutil.rmtree(aside)
    else:
        unfinished.rename(folder)
    _flush(folder.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
