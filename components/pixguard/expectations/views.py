"""The gate of the feature views: schema, ranges, no contradiction, and one row for every payment."""
# ruff: noqa: S608 (names and literals are quoted; none comes from a request)

from pathlib import Path

import duckdb

from pixguard.declaration import FeatureSet
from pixguard.expectations.feature_rules import feature_rules
from pixguard.expectations.figures import Figure
from pixguard.expectations.scan import lake_connection, open_table, scan
from pixguard.expectations.schema import compare_schemas, feature_schema
from pixguard.expectations.verdict import Check, Passed, check_figures, check_scan, check_schema, decide
from pixguard.feature_service import built_set


def check_features(lake: Path, feature_set: FeatureSet, report: Path) -> Passed:
    """Hold the feature views of a lake against their declarations and its payments; write the report.

    Features that need columns which the payments lack were left out when they were built, and are not missed.
    DataGateError names what failed, LakeError what cannot be read.
    """
    built = built_set(lake, feature_set)
    views = built.by_view()
    schemas = [
        check_schema(view, compare_schemas(lake / "features" / view, feature_schema(aggregates), more_allowed=True))
        for view, aggregates in views.items()
    ]
    if not all(all(check.kept) for check in schemas):
        return decide(schemas, 0, report)  # rows of another schema cannot be read: this raises
    with lake_connection() as connection:
        open_table(connection, "payments", lake / "payments")
        checks = [_check_view(connection, lake, built, view) for view in views]
        run = check_figures([figure for view in views for figure in _coverage(connection, view)])
        ((rows,),) = connection.sql("SELECT count(*) FROM payments").fetchall()
    return decide([*schemas, *checks, run], rows, report)


def _check_view(connection: duckdb.DuckDBPyConnection, lake: Path, feature_set: FeatureSet, view: str) -> Check:
    open_table(connection, view, lake / "features" / view)
    return check_scan(scan(connection, view, feature_rules(feature_set, view)))


def _coverage(connection: duckdb.DuckDBPyConnection, view: str) -> tuple[Figure, Figure]:
    """Payments without a row in the view, and rows of no payment: a build on other payments than these."""
    keys = "SELECT end_to_end_id, event_time FROM"
    counts = [
        f"SELECT count(*) FROM ({keys} {a} EXCEPT {keys} {b})" for a, b in (("payments", view), (view, "payments"))
    ]
    ((missing,),), ((foreign,),) = (connection.sql(query).fetchall() for query in counts)
    return (
        Figure(f"{view}_payments_without_features", missing, 0, 0, "build the features again"),
        Figure(f"{view}_features_without_payment", foreign, 0, 0, "build the features again"),
    )
