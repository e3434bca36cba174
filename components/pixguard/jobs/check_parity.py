"""Hold what requests see against what batch computes, bit for bit: `pixguard parity --help`.

`replay` sends a lake's history through the stream and asks about every payment; `logged` draws decisions that were made
and computes their features again. Ends with 1 where a value differs, and says which feature.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from pixguard.errors import PixguardError, UsageError
from pixguard.feature_service import built_set
from pixguard.features import FEATURE_SETS
from pixguard.jobs import build_features
from pixguard.jobs.spark import session
from pixguard.lake import write_json
from pixguard.online_store import open_online_store
from pixguard.parity.compare import Comparison
from pixguard.parity.logged import Verdict, draw, judge, newest_version
from pixguard.parity.reference import Reference
from pixguard.parity.replay import Asker, Disorder, make
from pixguard.stream import query
from pixguard.stream.query import StreamOptions
from pixguard.stream.source import Source

log = logging.getLogger(__name__)


def replay(
    *,
    lake: Path,
    work: Path,
    feature_set: str = "pix",
    span: timedelta = timedelta(hours=6),
    disorder: Disorder | None = None,
    online_store: str | None = None,
    master: str | None = "local[2]",
    memory: str = "3g",
) -> Comparison:
    """Replay a lake's history through stream and request path; return what differs from its built features.

    `work` keeps segments, checkpoint, state and reports: a replay that was killed goes on there.
    """
    work.mkdir(parents=True, exist_ok=True)
    declared = built_set(lake, FEATURE_SETS[feature_set])
    made = make(lake, work / "segments", span // timedelta(microseconds=1), disorder or Disorder())
    address = online_store or f"sqlite://{(work / 'online.db').resolve()}"
    store = open_online_store(address, declared, timeout_s=30)
    asker = Asker(made, lake, declared, store, work / "reports")
    options = StreamOptions(
        feature_set=declared,
        source=Source(f"file://{(work / 'segments').resolve()}", per_batch=1),
        online_store=address,
        checkpoint=str((work / "checkpoint").resolve()),
        trigger_s=None,
        folding=made.folding,
        zero_amounts=True,  # what the lake took was judged by its mapping
    )
    with session("check_parity", master=master, memory=memory) as spark:
        running = query.start(spark, options, lambda number, _written: _told(number, made.segments, asker.ask(number)))
        running.awaitTermination()
    store.close()
    return asker.result()


def logged(
    *,
    lake: Path,
    decisions: Path,
    feature_set: str = "pix",
    service: Path | None = None,
    versions: Path | None = None,
    days: int | None = None,
    size: int = 10_000,
    build: bool = True,
    master: str | None = "local[2]",
) -> Verdict:
    """Draw `size` decisions from the log and compare them with the lake's features, built anew for their days.

    `service` is the version's feature_service.json, which names the model's inputs; with `versions`, a folder of
    version folders, it is that of the version that decided last; without either they are all of the set. With `days`,
    only segments that began within so many days are read.
    """
    declared = FEATURE_SETS[feature_set]
    if versions:
        service = versions / newest_version(decisions) / "feature_service.json"
    names = _inputs(service) if service else declared.names
    since = datetime.now(UTC) - timedelta(days=days) if days is not None else None
    sample = draw(decisions, names, size, since)
    if build:
        times = sample.payments["event_time"].to_pylist()
        build_features.run(
            lake=lake,
            feature_set=feature_set,
            start=min(times).date(),
            end=max(times).date() + timedelta(days=1),
            master=master,
        )
    return judge(sample, Reference(lake, built_set(lake, declared)), declared, names)


def _inputs(service: Path) -> tuple[str, ...]:
    try:
        return tuple(json.loads(service.read_text("utf-8"))["inputs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{service}: {error}; give the version's feature_service.json") from error


def _told(number: int, segments: int, found: Comparison) -> None:
    log.info(
        "segment %d of %d: %d payments, %d values differ", number + 1, segments, found.rows, found.differing_values
    )


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments."""
    parser = argparse.ArgumentParser(prog="pixguard parity", description=__doc__)
    modes = parser.add_subparsers(required=True, metavar="MODE", dest="mode")
    replaying = modes.add_parser("replay", help="send a lake's history through the stream")
    replaying.add_argument("--work", type=Path, required=True, help="folder for segments, state and reports")
    replaying.add_argument("--span-h", type=float, default=6, help="hours of payments in a batch (%(default)s)")
    replaying.add_argument("--online-store", help="redis://… or sqlite:///…; default: SQLite in --work")
    drawing = modes.add_parser("logged", help="compute the features of logged decisions again")
    drawing.add_argument("--decisions", type=Path, required=True, help="folder of the decision log")
    named = drawing.add_mutually_exclusive_group()
    named.add_argument("--service", type=Path, help="the version's feature_service.json")
    named.add_argument("--versions", type=Path, help="folder of version folders: that of the version that decided last")
    drawing.add_argument("--days", type=int, help="read what was begun within so many days (default: all)")
    drawing.add_argument("--size", type=int, default=10_000, help="decisions to draw (%(default)s)")
    drawing.add_argument("--no-build", action="store_false", dest="build", help="the lake's features are built already")
    drawing.add_argument("--metrics", type=Path, help="write Prometheus text here, for the alert")
    for mode in (replaying, drawing):
        mode.add_argument("--lake", type=Path, required=True)
        mode.add_argument("--feature-set", choices=sorted(FEATURE_SETS), default="pix", help="(%(default)s)")
        mode.add_argument("--report", type=Path, help="write the counts as JSON here")
        mode.add_argument("--master", default="local[2]", help="Spark master (%(default)s)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one mode; returns 0 where nothing differs, else 1, with the features that differ."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    arguments = vars(parse(argv))
    mode, report, metrics = arguments.pop("mode"), arguments.pop("report"), arguments.pop("metrics", None)
    try:
        if mode == "replay":
            span = timedelta(hours=arguments.pop("span_h"))
            return _say_replay(replay(**arguments, span=span), report)
        return _say_logged(logged(**arguments), report, metrics)
    except PixguardError as error:
        log.error("%s", error)
        return 1


def _say_replay(found: Comparison, report: Path | None) -> int:
    log.info("%s payments, %s values, %d differ", f"{found.rows:,}", f"{found.values:,}", found.differing_values)
    _write(report, found.to_json())
    return _list(found)


def _say_logged(verdict: Verdict, report: Path | None, metrics: Path | None) -> int:
    log.info("%d decisions drawn; passed over: %s", verdict.sampled, dict(verdict.passed_over) or "none")
    log.info("%d were behind the stream, %d values differ there", verdict.behind.rows, verdict.behind.differing_values)
    log.info("%d were not, %d values differ there", verdict.fresh.rows, verdict.fresh.differing_values)
    _write(report, verdict.to_json())
    if metrics is not None:
        write_to_textfile(str(metrics), parity_metrics(verdict))
    return _list(verdict.fresh)


def parity_metrics(verdict: Verdict) -> CollectorRegistry:
    """Return what the alert watches: values compared and differing, by feature, and rows that were behind."""
    registry = CollectorRegistry()
    differing = Gauge("pixguard_parity_differing_values", "Values that differ.", ["feature"], registry=registry)
    values = Gauge("pixguard_parity_values", "Values compared.", registry=registry)
    rows = Gauge("pixguard_parity_rows", "Decisions compared.", ["state"], registry=registry)
    differing.labels("").set(0)
    for feature, count in verdict.fresh.differing.items():
        differing.labels(feature).set(count)
    values.set(verdict.fresh.values)
    rows.labels("fresh").set(verdict.fresh.rows)
    rows.labels("behind").set(verdict.behind.rows)
    return registry


def _list(found: Comparison) -> int:
    for name, count in sorted(found.differing.items(), key=lambda item: -item[1]):
        log.error("%s: %d values differ, by %g at most", name, count, found.largest[name])
    return 1 if found.differing_values else 0


def _write(report: Path | None, found: dict[str, Any]) -> None:
    if report is not None:
        write_json(report, found)


if __name__ == "__main__":
    sys.exit(main())
