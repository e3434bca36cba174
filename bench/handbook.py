"""Our features against those a published book computed: every value of every row, `make bench-handbook DATA=…`.

DATA is the Fraud Detection Handbook's transactions.parquet; its authors' features lie beside it as
book_features.parquet. Differences are allowed only between payments of one customer (or one terminal, 7 days apart)
within the same second: the book's windows then see an order that its own time column does not hold.
"""

from __future__ import annotations

import argparse
import json
import secrets
import tempfile
from pathlib import Path

import duckdb
from table import Row, finish

from pixguard.features import BOOK
from pixguard.jobs import build_features, ingest_payments

SIDES = {"customer": "CUSTOMER_ID", "terminal": "TERMINAL_ID"}
NUMBERS = {"count": "NB_TX", "mean": "AVG_AMOUNT", "risk": "RISK"}
TOLERANCE = 1e-9
"""Relative: the book's means carry the rounding of a running float sum; ours are exact sums divided once."""


def book_columns() -> dict[str, str]:
    """Return the book's column for each of our request features."""
    columns = {"during_weekend": "TX_DURING_WEEKEND", "during_night": "TX_DURING_NIGHT"}
    for feature in BOOK.request[2:]:
        side, number, window = feature.name.split("_")
        columns[feature.name] = f"{SIDES[side]}_{NUMBERS[number]}_{window.removesuffix('d')}DAY_WINDOW"
    return columns


def build(data: Path, lake: Path) -> None:
    keys = lake.parent / "keys.json"
    keys.write_text(json.dumps({"current": 1, "keys": {"1": secrets.token_hex(32)}}), encoding="utf-8")
    ingest_payments.run(input=data, mapping="handbook", lake=lake, keys=keys)
    build_features.run(lake=lake, feature_set="book")


def compare(lake: Path, book: Path) -> list[Row]:
    """Return, for each feature, the rows that differ and those that differ without a tie."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    table = db.sql(_JOINED, params={"book": str(book), "lake": str(lake)}).to_arrow_table()
    columns = {name: table[name].to_numpy() for name in table.column_names}
    tied = {"customer": columns["customer_tied"], "terminal": columns["terminal_tied"]}
    rows = [Row("all", "compared_rows", table.num_rows, "rows")]
    for feature in BOOK.request:
        ours = _exact(feature, columns)
        theirs = columns[book_columns()[feature.name]].astype(float)
        differs = abs(ours - theirs) > TOLERANCE * abs(theirs).clip(min=1)
        side = feature.name.split("_")[0]
        rows.append(Row(feature.name, "differing_values", int(differs.sum()), "rows"))
        unexplained = differs & ~tied[side] if side in tied else differs
        rows.append(Row(feature.name, "without_a_tie", int(unexplained.sum()), "rows"))
    return rows


def _exact(feature, columns):  # type: ignore[no-untyped-def]
    """Evaluate a request feature in float64: the model's float32 would hide a difference."""
    return feature.function(*(columns[name] for name in feature.inputs)).astype(float)


_JOINED = """
WITH payments AS (
    SELECT CAST(right(end_to_end_id, 20) AS BIGINT) AS TRANSACTION_ID, end_to_end_id, amount_centavos,
           epoch_us(event_time) AS event_time, payer_id, payee_id
    FROM read_parquet($lake || '/payments/*/*.parquet')
), tied AS (
    SELECT *, count(*) OVER (PARTITION BY payer_id, event_time) > 1 AS customer_tied, (
        count(*) OVER terminal > 0
    ) AS terminal_tied
    FROM payments
    WINDOW terminal AS (PARTITION BY payee_id ORDER BY event_time
        RANGE BETWEEN 604800000000 PRECEDING AND 604800000000 PRECEDING)
)
SELECT book.*, tied.amount_centavos, tied.event_time, customer_tied, terminal_tied,
       payer.* EXCLUDE (end_to_end_id), payee.* EXCLUDE (end_to_end_id)
FROM read_parquet($book) AS book
JOIN tied USING (TRANSACTION_ID)
JOIN (
    SELECT end_to_end_id, COLUMNS('^payer_.*') FROM read_parquet($lake || '/features/payer/*/*.parquet')
) AS payer ON payer.end_to_end_id = tied.end_to_end_id
JOIN (
    SELECT end_to_end_id, COLUMNS('^payee_.*') FROM read_parquet($lake || '/features/payee/*/*.parquet')
) AS payee ON payee.end_to_end_id = tied.end_to_end_id
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the Handbook's transactions.parquet")
    parser.add_argument("--book", type=Path, help="the book's features; default: book_features.parquet beside DATA")
    parser.add_argument("--lake", type=Path, help="a lake that holds both already")
    arguments = parser.parse_args()
    book = arguments.book or arguments.data.with_name("book_features.parquet")
    with tempfile.TemporaryDirectory() as scratch:
        lake = arguments.lake or Path(scratch) / "lake"
        if arguments.lake is None:
            build(arguments.data, lake)
        finish("handbook", compare(lake, book))


if __name__ == "__main__":
    main()
