"""The job build_features on a lake that borrows the input's payments and labels."""

from __future__ import annotations

from pathlib import Path

from pixguard.jobs import build_features


def build(lake: Path, out: Path) -> None:
    """Write `<out>/<view>/event_date=…/` with the aggregates of every payment of the lake."""
    scratch = out.with_name(f"{out.name}-lake")
    scratch.mkdir(parents=True)
    for name in ("payments", "labels"):
        (scratch / name).symlink_to((lake / name).resolve())
    build_features.run(lake=scratch)
    out.symlink_to(scratch / "features")
