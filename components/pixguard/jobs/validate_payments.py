"""Hold the payments and labels of a lake against the contract and the last accepted run, before anything trains."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from pixguard.errors import PixguardError
from pixguard.expectations import Limits, check_payments
from pixguard.expectations.verdict import Passed
from pixguard.jobs.arguments import utc_time

__all__ = ["main", "parse", "run", "utc_time"]


def run(
    *,
    lake: Path,
    report: Path | None = None,
    as_of: datetime | None = None,
    limits: Limits | None = None,
    new_baseline: bool = False,
) -> Passed:
    """Check the lake and return what passed; DataGateError names what failed. The report is written either way.

    `report` is a folder, by default inside the lake; `as_of` is when the data should be fresh, by default now.
    """
    return check_payments(
        lake,
        report or lake / "validation" / "payments",
        as_of or datetime.now(UTC),
        limits,
        new_baseline=new_baseline,
    )


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments."""
    defaults = Limits()
    parser = argparse.ArgumentParser(prog="python -m pixguard.jobs.validate_payments", description=__doc__)
    parser.add_argument("--lake", type=Path, required=True, help="folder with payments and labels")
    parser.add_argument("--report", type=Path, help="folder of the HTML report (LAKE/validation/payments)")
    parser.add_argument("--as-of", type=utc_time, help="when the data should be fresh, such as 2026-01-31T00:00Z (now)")
    parser.add_argument("--max-age-h", type=float, default=defaults.max_age / timedelta(hours=1), help="(%(default)s)")
    parser.add_argument("--min-rows", type=int, default=defaults.min_rows, help="(%(default)s)")
    parser.add_argument("--min-frauds", type=int, default=defaults.min_frauds, help="(%(default)s)")
    parser.add_argument("--max-fraud-share", type=float, default=defaults.max_fraud_share, help="(%(default)s)")
    parser.add_argument("--max-empty-days", type=int, default=defaults.max_empty_days, help="(%(default)s)")
    parser.add_argument("--new-baseline", action="store_true", help="do not compare with the last accepted run")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, check, say what passed or failed; return the exit status."""
    arguments = parse(argv)
    limits = Limits(
        max_age=timedelta(hours=arguments.max_age_h),
        min_rows=arguments.min_rows,
        min_frauds=arguments.min_frauds,
        max_fraud_share=arguments.max_fraud_share,
        max_empty_days=arguments.max_empty_days,
    )
    console = Console(stderr=True)
    try:
        passed = run(
            lake=arguments.lake,
            report=arguments.report,
            as_of=arguments.as_of,
            limits=limits,
            new_baseline=arguments.new_baseline,
        )
    except PixguardError as error:
        console.print(f"validate_payments: {error}", style="red", markup=False, soft_wrap=True)
        return 1
    told = f"{passed.rows:,} payments accepted, {passed.expectations} expectations held, report in {passed.report}"
    console.print(told, highlight=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
