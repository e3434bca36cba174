"""The SQL of a point-in-time join in DuckDB: for each entity row, the newest row of every view that is not later."""
# ruff: noqa: S608 (names and literals are quoted; none comes from a request)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pixguard.sql import literal, quoted


@dataclass(frozen=True)
class AsOfView:
    """A table of features: where its Parquet lies, its time column, its keys and the wanted features.

    `keys`: view column → entity column. `features`: view column → name in the result. `ttl`: a row older than this
    before the entity's time counts as none; zero means no limit. `only_keys`: read the rows of the asked keys only,
    which pays where the period holds many more.
    """

    files: str
    time: str
    keys: Mapping[str, str]
    features: Mapping[str, str]
    ttl: timedelta
    only_keys: bool = True

    @property
    def glob(self) -> str:
        """The Parquet files: the path itself, or every partition below a folder."""
        return str(Path(self.files) / "**" / "*.parquet") if Path(self.files).is_dir() else self.files


def asof_sql(
    entity: str, columns: Sequence[str], time: str, bounds: tuple[datetime, datetime], views: Sequence[AsOfView]
) -> str:
    """Return the query over table `entity`: its `columns` and the features of all views, one row for each of its rows.

    `time` is the entity's time column, `bounds` its first and last value: rows outside can match nothing, so files and
    row groups outside are not read.
    """
    shown = [f"e.{quoted(name)}" for name in columns]
    joins = []
    for place, view in enumerate(views):
        alias = f"v{place}"
        shown += [_feature(alias, view, name, time) for name in view.features]
        keys = [f"e.{quoted(theirs)} = {alias}.{quoted(mine)}" for mine, theirs in view.keys.items()]
        on = " AND ".join([*keys, f"e.{quoted(time)} >= {alias}.{quoted(view.time)}"])
        joins.append(f"ASOF LEFT JOIN ({_rows(entity, view, bounds)}) AS {alias} ON {on}")
    return f"SELECT {', '.join(shown)} FROM {quoted(entity)} AS e {' '.join(joins)}"


def _feature(alias: str, view: AsOfView, name: str, time: str) -> str:
    """A feature under its name in the result; null where the row has outlived its ttl."""
    value, shown = f"{alias}.{quoted(name)}", quoted(view.features[name])
    if not view.ttl:
        return f"{value} AS {shown}"
    expires = f"{alias}.{quoted(view.time)} + {_interval(view.ttl)}"
    return f"CASE WHEN {expires} >= e.{quoted(time)} THEN {value} END AS {shown}"


def rows_between(view: AsOfView, bounds: tuple[datetime, datetime]) -> str:
    """Return the FROM and WHERE of the rows of a view that the entity rows' times allow."""
    first, last = bounds
    tests = [f"{quoted(view.time)} <= {literal(last)}"]
    if view.ttl:
        tests.append(f"{quoted(view.time)} >= {literal(first)} - {_interval(view.ttl)}")
    return f"FROM read_parquet({literal(view.glob)}, hive_partitioning = false) WHERE {' AND '.join(tests)}"


def _rows(entity: str, view: AsOfView, bounds: tuple[datetime, datetime]) -> str:
    """The rows of a view that can match: not after the last entity row, not outlived, of a key in question."""
    chosen = ", ".join(map(quoted, dict.fromkeys((*view.keys, view.time, *view.features))))
    wanted = [(quoted(mine), quoted(theirs)) for mine, theirs in view.keys.items()] if view.only_keys else []
    keys = [f" AND {mine} IN (SELECT {theirs} FROM {quoted(entity)})" for mine, theirs in wanted]
    return f"SELECT {chosen} {rows_between(view, bounds)}{''.join(keys)}"


def _interval(span: timedelta) -> str:
    return f"to_microseconds({span // timedelta(microseconds=1)})"
