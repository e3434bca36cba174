"""DuckDB: every window is one RANGE frame whose start is computed for each row; payer and payee share a pass."""

from __future__ import annotations

from pathlib import Path

import duckdb

from feature_cases import ENTITIES, Columns
from pixguard.declaration import Aggregate
from pixguard.features import PIX
from pixguard.sketch import ESTIMATES


def build(lake: Path, out: Path) -> None:
    """Write `<out>/<view>/event_date=…/` with the aggregates of every payment of the lake."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; SET threads = 2; SET memory_limit = '5GB'; SET enable_progress_bar = false")
    db.execute(f"SET temp_directory = '{out}/spilled'")
    db.execute(f"CREATE VIEW payments AS FROM read_parquet('{lake}/payments/*/*.parquet')")
    db.execute(f"CREATE VIEW labels AS FROM read_parquet('{lake}/labels/*/*.parquet')")
    for views in ENTITIES:
        declared = {a.feature: a for view in views for a in PIX.by_view()[view]}
        db.execute(f"CREATE OR REPLACE TEMP TABLE rows AS {_rows(views, tuple(declared.values()))}")
        for view in views:
            (out / view).mkdir(parents=True)
            named = ", ".join(f"{a.feature} AS {a.name}" for a in PIX.by_view()[view])
            day = "CAST(event_time AS DATE) AS event_date"
            db.execute(
                f"COPY (SELECT end_to_end_id, event_time, {day}, {named} FROM rows WHERE view = '{view}')"
                f" TO '{out}/{view}' (FORMAT parquet, PARTITION_BY (event_date), OVERWRITE_OR_IGNORE)"
            )


def _rows(views: tuple[str, ...], declared: tuple[Aggregate, ...]) -> str:
    windows = {a.window: a for a in declared}
    events = " UNION ALL ".join(_events(Columns.of(view), labels=view in ("payer", "payee")) for view in views)
    return f"""
        WITH events AS ({events})
        SELECT end_to_end_id, make_timestamptz(t) AS event_time, view,
               {", ".join(f"{_value(a)} AS {a.feature}" for a in declared)}
        FROM events
        WINDOW {", ".join(_window(a) for a in windows.values())}
        QUALIFY view IS NOT NULL"""


def _events(columns: Columns, *, labels: bool) -> str:
    """Select the payments, and the labels that became known, of one side: key, t, role, amount, bit, view."""
    key = f"hash({', '.join(columns.key)})"
    if columns.view == "device":
        key = f"CASE WHEN device_id IS NULL THEN hash(end_to_end_id) ELSE {key} END"
    bit = f"1::UBIGINT << (CAST('0x' || right({columns.counterparty}, 2) AS INTEGER) % 64)"
    payments = (
        f"SELECT end_to_end_id, epoch_us(event_time) AS t, {key} AS key, '{columns.role}' AS role,"
        f" amount_centavos AS x, {bit} AS bit, '{columns.view}' AS view FROM payments"
    )
    known = (
        f"SELECT NULL, epoch_us(known_at), {key}, '{columns.role}_fraud', amount_centavos, 0, NULL"
        " FROM labels WHERE is_fraud"
    )
    return f"{payments} UNION ALL {known}" if labels else payments


def _window(a: Aggregate) -> str:
    start = f"t // {a.hop_us} * {a.hop_us} - {a.window_us - a.hop_us}"
    return f"w{a.window} AS (PARTITION BY key ORDER BY t RANGE BETWEEN (t - ({start})) PRECEDING AND 1 PRECEDING)"


def _value(a: Aggregate) -> str:
    role = f"{a.measure.role}_fraud" if a.measure.only else a.measure.role
    operation = {
        "count": "count(*)", "sum": "sum(x)", "max": "max(x)", "last": "max(t)", "distinct": "bit_or(bit)",
    }[a.operation]  # fmt: skip
    value = f"coalesce({operation} FILTER (role = '{role}') OVER w{a.window}, 0)"
    if a.operation == "distinct":
        return f"list_extract({list(ESTIMATES)}, CAST(bit_count({value}) + 1 AS INTEGER))::BIGINT"
    return f"{value}::BIGINT"
