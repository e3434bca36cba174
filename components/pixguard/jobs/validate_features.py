"""Hold the feature views of a lake against their declarations and its payments, before anything trains."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pixguard.declaration import FeatureSet
from pixguard.errors import PixguardError
from pixguard.expectations import check_features
from pixguard.expectations.verdict import Passed
from pixguard.features import FEATURE_SETS


def run(*, lake: Path, feature_set: FeatureSet, report: Path | None = None) -> Passed:
    """Check the views and return what passed; DataGateError names what failed. The report is written either way.

    `report` is a folder, by default inside the lake.
    """
    return check_features(lake, feature_set, report or lake / "validation" / "features")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments."""
    parser = argparse.ArgumentParser(prog="python -m pixguard.jobs.validate_features", description=__doc__)
    parser.add_argument("--lake", type=Path, required=True, help="folder with payments and features")
    parser.add_argument("--feature-set", choices=tuple(FEATURE_SETS), default="pix", help="(%(default)s)")
    parser.add_argument("--report", type=Path, help="folder of the HTML report (LAKE/validation/features)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, check, say what passed or failed; return the exit status."""
    arguments = parse(argv)
    console = Console(stderr=True)
    try:
        passed = run(lake=arguments.lake, feature_set=FEATURE_SETS[arguments.feature_set], report=arguments.report)
    except PixguardError as error:
        console.print(f"validate_features: {error}", style="red", markup=False, soft_wrap=True)
        return 1
    told = f"features of {passed.rows:,} payments: {passed.expectations} expectations held, report in {passed.report}"
    console.print(told, highlight=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
