"""The gate of payments and labels: their schemas, every row, the run as a whole."""

from datetime import datetime
from pathlib import Path

from pixguard.expectations.figures import Limits, figures
from pixguard.expectations.rules import LABEL_RULES, PAYMENT_RULES
from pixguard.expectations.scan import lake_connection, open_table, scan
from pixguard.expectations.schema import compare_schemas
from pixguard.expectations.statistics import Statistics, count_rejected, measure
from pixguard.expectations.verdict import Check, Passed, check_figures, check_scan, check_schema, decide
from pixguard.payment.schema import ACCEPTED_LABEL_SCHEMA, PAYMENT_SCHEMA

TABLES = {"payments": (PAYMENT_SCHEMA, PAYMENT_RULES), "labels": (ACCEPTED_LABEL_SCHEMA, LABEL_RULES)}


def accepted_path(lake: Path) -> Path:
    """Where the statistics of the last accepted run are kept."""
    return lake / "validation" / "accepted.json"


def check_payments(
    lake: Path, report: Path, as_of: datetime, limits: Limits | None = None, *, new_baseline: bool = False
) -> Passed:
    """Hold the payments and labels of a lake against the contract and the last accepted run; write the report.

    `as_of` is the moment that freshness is measured at. A run that passes becomes the last accepted one;
    `new_baseline` accepts it without comparing. DataGateError names what failed, LakeError what cannot be read.
    """
    schemas = [check_schema(name, compare_schemas(lake / name, TABLES[name][0])) for name in TABLES]
    if not all(all(check.kept) for check in schemas):
        return decide(schemas, 0, report)  # rows of another schema cannot be read: this raises
    accepted = None if new_baseline else Statistics.read(accepted_path(lake))
    checks, statistics = _check_rows(lake)
    run = check_figures(figures(statistics, accepted, limits or Limits(), as_of))
    passed = decide([*schemas, *checks, run], statistics.rows, report)
    statistics.write(accepted_path(lake))
    return passed


def _check_rows(lake: Path) -> tuple[list[Check], Statistics]:
    with lake_connection() as connection:
        for name in TABLES:
            open_table(connection, name, lake / name)
        checks = [check_scan(scan(connection, name, rules)) for name, (_, rules) in TABLES.items()]
        return checks, measure(connection, count_rejected(lake / "rejects"))
