"""Compute the state of every key as of a cut and load it online: `python -m pixguard.jobs.backfill_state --help`.

The stream takes over at that cut, also one that runs already: what happened before it is in the backfill, what happens
later is the stream's. Where a stream writes to the online store, it loads the backfill by itself, so that there is one
writer. A new declaration is a new feature set, whose views stand beside those that serve.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's name for it

from pixguard.declaration import FeatureSet
from pixguard.errors import PixguardError
from pixguard.features import FEATURE_SETS
from pixguard.jobs.arguments import online_store as store_address
from pixguard.jobs.arguments import utc_time
from pixguard.jobs.build_features import payment_files, spark_errors
from pixguard.jobs.spark import session
from pixguard.published import staging
from pixguard.pulse import open_pulses
from pixguard.state import FOLDING, layouts
from pixguard.stream.backfill import (
    folder_name,
    history,
    kept_states,
    lake_facts,
    measured,
    note_loaded,
    write_history,
)
from pixguard.stream.sink import write

log = logging.getLogger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CutError(PixguardError):
    """A cut that would leave a gap between history and stream; the message says which one would not."""


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What was computed: the cut, keys and bytes of state, and the seconds that this and loading took.

    `is_loaded` is False where loading was left to the stream.
    """

    cut: datetime
    keys: int
    bytes: int
    compute_s: float
    load_s: float
    is_loaded: bool


def run(
    *,
    lake: Path,
    online_store: str = "",
    feature_set: str = "pix",
    cut: datetime | None = None,
    no_stream: bool = False,
    master: str | None = "local[2]",
    memory: str = "3g",
) -> Backfilled:
    """Compute the state as of `cut` from the lake, keep it there, and load it online unless a stream will.

    With `no_stream` the store is taken from the stream that once wrote there: nobody promises fresh state any more.
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
        keys, size = measured(kept_states(spark, folder))
        is_loaded = _load(kept_states(spark, folder), address, declared, folder, no_stream=no_stream)
    ended = time.monotonic()
    return Backfilled(_EPOCH + cut_us * _MICROSECOND, keys, size, computed - began, ended - computed, is_loaded)


def _load(states: DataFrame, address: str, declared: FeatureSet, folder: Path, *, no_stream: bool) -> bool:
    """Load the states where no stream writes to the store; return whether it was done."""
    with closing(open_pulses(address, declared)) as pulses:
        if no_stream:
            pulses.forget()
        elif pulses.read() is not None:
            return False
    write(states, address, declared)
    note_loaded(folder, address)
    return True


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
    parser.add_argument("--no-stream", action="store_true", help="no stream writes to the online store any more")
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
    loaded = f"loaded in {done.load_s:.1f} s" if done.is_loaded else "the stream loads it and goes on from its cut"
    log.info(
        "state of %s keys (%.1f MB) as of %s: computed in %.1f s; %s",
        f"{done.keys:,}",
        done.bytes / 1e6,
        done.cut.isoformat(),
        done.compute_s,
        loaded,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
