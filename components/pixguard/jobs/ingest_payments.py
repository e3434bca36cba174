"""Take payments and labels of any mapped table into the lake: `python -m pixguard.jobs.ingest_payments --help`.

rows in = accepted + duplicates + rejected, for payments and for labels. Running it again on the same input changes
nothing. A label whose payment is not in the lake yet is rejected as `unknown_payment`: bring it again once it is.
"""

import argparse
import hashlib
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pixguard import lake as lakes
from pixguard.datasets.intake import Intake, take_labels, take_payments
from pixguard.datasets.mapping import Mapping, MappingError, load_mapping
from pixguard.datasets.partitions import write_days
from pixguard.datasets.readers import input_files
from pixguard.datasets.settle import Settled, connect, rows_of, settle_labels, settle_payments
from pixguard.errors import PixguardError
from pixguard.payment.schema import ACCEPTED_LABEL_SCHEMA, LABEL_FIELDS, PAYMENT_FIELDS, PAYMENT_SCHEMA
from pixguard.privacy import load_keyring

log = logging.getLogger(__name__)


class CountError(PixguardError):
    """Rows that were read are neither accepted, nor duplicates, nor rejected: our fault; nothing was written."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows of one table; `reasons` counts each broken rule (a row may break several)."""

    rows: int
    accepted: int
    duplicates: int
    rejected: int
    reasons: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rows != self.accepted + self.duplicates + self.rejected:
            raise CountError(f"counts do not add up: {self}; please report this")


@dataclass(frozen=True, slots=True)
class Ingested:
    """The outcome of an ingest: counts, the name of its rejects folder, the lake's snapshot, and the time it took."""

    payments: Counts
    labels: Counts
    input: str
    snapshot: str
    seconds: float


def run(
    *, input: Path, mapping: str | Path, lake: Path, labels: Path | None = None, keys: Path | None = None
) -> Ingested:
    """Ingest the payments in `input` and the labels in `labels` (files or folders) into `lake`, all or nothing.

    `keys` is a key file; without it the keys come from the environment (see `privacy.load_keyring`).
    Raises MappingError, InputError, KeyringError or LakeError, each before anything is changed.
    """
    started = time.monotonic()
    plan = load_mapping(mapping)
    _check_labels(plan, labels)
    ring = None if plan.tokenised else load_keyring(keys)
    payment_files, label_files = named(input), named(labels) if labels else []
    name = input_name(input, [*payment_files, *label_files])
    with lakes.writing(lake) as staging:
        rejects = staging / name
        rejects.mkdir()
        with (
            Intake("payments", PAYMENT_FIELDS, staging, rejects) as payments,
            Intake("labels", LABEL_FIELDS, staging, rejects) as marks,
        ):
            take_payments(payment_files, plan, ring, payments, marks)
            take_labels(label_files, plan, marks)
            added, counts = _settle(lake, staging, payments, marks)
        snapshot = lakes.commit(lake, added, rejects, {table: asdict(count) for table, count in counts.items()})
    outcome = Ingested(counts["payments"], counts["labels"], name, snapshot, time.monotonic() - started)
    _report(outcome)
    return outcome


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns the exit status, 1 with one line on what was wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    arguments = _parser().parse_args(argv)
    try:
        outcome = run(
            input=arguments.input,
            mapping=arguments.mapping,
            lake=arguments.lake,
            labels=arguments.labels,
            keys=arguments.keys,
        )
    except PixguardError as error:
        log.error("%s", error)
        return 1
    if arguments.counts:
        lakes.write_json(arguments.counts, asdict(outcome))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Take payments and labels into the lake.")
    parser.add_argument("--input", type=Path, required=True, help="payments: a file, or a folder of files")
    parser.add_argument("--labels", type=Path, help="labels: a file or a folder, where they are a table of their own")
    parser.add_argument("--mapping", required=True, help="a shipped mapping's name (handbook, pix, …) or a path")
    parser.add_argument("--lake", type=Path, required=True, help="the lake's folder; made if need be")
    parser.add_argument("--keys", type=Path, help="key file; default: the variable PIXGUARD_KEYS")
    parser.add_argument("--counts", type=Path, help="also write the counts of this run to this JSON file")
    return parser


def _check_labels(plan: Mapping, labels: Path | None) -> None:
    if labels is not None and (plan.labels is None or plan.labels_with_payments):
        where = "in the payments table" if plan.labels_with_payments else "nowhere"
        raise MappingError(
            f"{plan.path}: labels", f"labels {where}, and a file of labels", "a separate table of labels"
        )


def named(path: Path) -> list[tuple[str, Path]]:
    """Return the files of an input with the names that rejects show: relative to the input."""
    return [(str(file.relative_to(path)) if file != path else file.name, file) for file in input_files(path)]


def input_name(path: Path, files: Sequence[tuple[str, Path]]) -> str:
    """Name the input by its own name and its content, so that the same input has the same rejects folder."""
    content = hashlib.sha256()
    for name, file in files:
        content.update(f"{name} {lakes.file_digest(file)}\n".encode())
    return f"{path.stem}-{content.hexdigest()[:12]}"


def _settle(lake: Path, staging: Path, payments: Intake, labels: Intake) -> tuple[dict[str, Path], dict[str, Counts]]:
    """Find duplicates, join labels, and write the new rows into files by day; return those and the counts."""
    payments.close()
    labels.close()
    paid = lakes.files(lake, "payments")
    with connect(staging / "spill") as connection:
        settled = settle_payments(connection, payments.path, paid)
        settled_labels = settle_labels(connection, labels.path, lakes.files(lake, "labels"), paid)
        new = rows_of(connection, settled.new_rows, PAYMENT_SCHEMA)
        added = write_days(new, staging, "payments/event_date", "event_time")
        new = rows_of(connection, settled_labels.new_rows, ACCEPTED_LABEL_SCHEMA)
        added_labels = write_days(new, staging, "labels/known_date", "known_at")
    counts = {
        "payments": _counted(payments, settled, added),
        "labels": _counted(labels, settled_labels, added_labels),
    }
    return {**added, **added_labels}, counts


def _counted(intake: Intake, settled: Settled, added: dict[str, Path]) -> Counts:
    """Count what was really written, not what should have been."""
    intake.reject(None, settled.rejected)
    accepted = sum(lakes.rows_in(file) for file in added.values())
    return Counts(intake.rows, accepted, settled.duplicates, intake.rejected, dict(sorted(intake.reasons.items())))


def _report(outcome: Ingested) -> None:
    per_second = outcome.payments.rows / max(outcome.seconds, 1e-9)
    for name, counts in (("payments", outcome.payments), ("labels", outcome.labels)):
        parts: dict[str, Any] = {key: value for key, value in asdict(counts).items() if key != "reasons"}
        log.info("%s: %s", name, ", ".join(f"{key} {value:,}" for key, value in parts.items()))
        for reason, number in counts.reasons.items():
            log.info("%s rejected: %s %s", name, f"{number:,}", reason)
    log.info("%.1f s, %s payments/s, snapshot %s", outcome.seconds, f"{per_second:,.0f}", outcome.snapshot[:16])


if __name__ == "__main__":
    sys.exit(main())
