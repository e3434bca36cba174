"""Compute the state of every key as of a cut and load it online: `python -m pixguard.jobs.backfill_state --help`.

The stream, started with an empty checkpoint, takes over at that cut: what happened before it is in the backfill, what
happens later is the stream's. A new declaration is a new feature set, whose views stand beside those that serve.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from pixguard.errors import PixguardError
from pixguard.features import FEATURE_SETS
from pixguard.jobs.arguments import online_store as store_address
from pixguard.jobs.arguments import utc_time
from pixguard.jobs.build_features import payment_files, spark_errors
from pixguard.jobs.spark import session
from pixguard.published import staging
from pixguard.state import FOLDING, layouts
from pixguard.stream.backfill import folder_name, history, kept_states, lake_facts, write_history
from pixguard.stream.sink import write

log = logging.getLogger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CutError(PixguardError):
    """A cut that would leave a gap between history and stream; the message says which one would not."""


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What was loaded: the cut, keys and bytes of state, and the seconds that computing and loading took."""

    cut: datetime
    keys: int
    bytes: int
    compute_s: float
    load_s: float


def run(
    *,
    lake: Path,
    online_store: str = "",
    feature_set: str = "pix",
    cut: datetime | None = None,
    master: str | None = "local[2]",
    memory: str = "3g",
) -> Backfilled:
    """Compute the state as of `cut` from the lake, keep it there, and load it into the online store.

    By default the cut is as late as the lake's payments allow: those that are late by the declared time are in it too.
    CutError for a later one: payments between the lake's end and the cut would be in neither.
    """
    began, address = time.monotonic(), store_address(online_store)
    payment_files(lake)
    declared = FEATURE_SETS[feature_set]
    with (
        session("backfill_state", master=master, memory=memory) as spark,
        staging(lake, folder_name(declared)) as staged,
        spark_errors(lake / folder_name(declared)),
    ):
        facts = lake_facts(spark, lake)
        cut_us = _cut_us(cut, _newest_us(facts.where(F.col("fact") == "payment")))
        states = history(facts, layouts(declared), cut_us)
        folder = write_history(lake, staged, declared, states, cut_us)
        computed = time.monotonic()
        keys, size, _, _ = write(kept_states(spark, folder), address, declared)
    ended = time.monotonic()
    return Backfilled(_EPOCH + cut_us * _MICROSECOND, keys, size, computed - began, ended - computed)


def _newest_us(payments: DataFrame) -> int:
    (row,) = payments.agg(F.max(F.unix_micros("time")).alias("newest")).collect()
    return int(row["newest"])


def _cut_us(asked: datetime | None, newest_us: int) -> int:
    latest_us = newest_us - FOLDING.late_us
    if asked is None:
        return latest_us
    asked_us = (asked - _EPOCH) // _MICROSECOND
    if asked_us > newest_us + 1:
        latest = (_EPOCH + latest_us * _MICROSECOND).isoformat()
        raise CutError(f"cut {asked.isoformat()}: the lake's payments end before it; ingest more, or cut at {latest}")
    return asked_us


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments."""
    parser = argparse.ArgumentParser(prog="pixguard backfill", description=__doc__)
    parser.add_argument("--lake", type=Path, required=True, help="lake with payments and labels")
    parser.add_argument("--online-store", default="", help="redis://… or sqlite:///…; default: PIXGUARD_ONLINE_STORE")
    parser.add_argument("--feature-set", choices=sorted(FEATURE_SETS), default="pix", help="(%(default)s)")
    parser.add_argument("--cut", type=utc_time, help="UTC; default: the lake's end less what is late")
    parser.add_argument("--master", default=None, help="Spark master; default: the one that spark-submit chose")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns the exit status, 1 with one line on what was wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    try:
        done = run(**vars(parse(argv)))
    except PixguardError as error:
        log.error("%s", error)
        return 1
    log.info(
        "state of %s keys (%.1f MB) as of %s: computed in %.1f s, loaded in %.1f s; start the stream with an empty "
        "checkpoint and --lake",
        f"{done.keys:,}",
        done.bytes / 1e6,
        done.cut.isoformat(),
        done.compute_s,
        done.load_s,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
