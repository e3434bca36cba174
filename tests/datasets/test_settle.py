from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.datasets.intake import PLACE
from pixguard.datasets.settle import connect, rows_of, settle_payments
from pixguard.payment import PAYMENT_SCHEMA

STAGED = pa.schema([*PAYMENT_SCHEMA, *PLACE])
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def row(number: int, centavos: int, ordinal: int = 0, **changed: Any) -> dict[str, Any]:
    values = {"end_to_end_id": f"E12345678202601311200{number:011d}", "event_time": NOON, "amount_centavos": centavos}
    tokens = {"payer_id": "k1." + "a" * 32, "payee_id": "k1." + "b" * 32}
    return {**values, **tokens, "ordinal": ordinal, "file": "f", "row": ordinal + 1, **changed}


def write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def settled(folder: Path, staged: list[dict[str, Any]], lake: list[dict[str, Any]]) -> tuple[list[Any], int, list[int]]:
    """The ids and amounts of the new rows, the number of duplicates, and the rows that contradict."""
    files = [write(folder / "payments/event_date=2026-01-31/a.parquet", lake, PAYMENT_SCHEMA)] if lake else []
    with connect(folder / "spill") as connection:
        outcome = settle_payments(connection, write(folder / "staged.parquet", staged, STAGED), files)
        new = [r for table in rows_of(connection, outcome.new_rows, PAYMENT_SCHEMA) for r in table.to_pylist()]
        rejected = sorted(outcome.rejected["row"].to_pylist())
    return [(r["end_to_end_id"][-1], r["amount_centavos"]) for r in new], outcome.duplicates, rejected


PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 2)), max_size=12)


@given(PAIRS, st.dictionaries(st.integers(0, 4), st.integers(1, 2)))
def test_the_first_counts_and_the_others_repeat_or_contradict_it(
    tmp_path_factory: pytest.TempPathFactory, staged: list[tuple[int, int]], lake: dict[int, int]
) -> None:
    first, new, duplicates, conflicts = dict(lake), [], 0, []
    for ordinal, (number, centavos) in enumerate(staged):
        if number not in first:
            first[number] = centavos
            new.append((str(number), centavos))
        elif first[number] == centavos:
            duplicates += 1
        else:
            conflicts.append(ordinal + 1)
    found = settled(
        tmp_path_factory.mktemp("settle"),
        [row(number, centavos, ordinal) for ordinal, (number, centavos) in enumerate(staged)],
        [row(number, centavos) for number, centavos in lake.items()],
    )
    assert found == (sorted(new), duplicates, conflicts)


@pytest.mark.parametrize(
    ("changed", "conflict"),
    [
        ({}, False),
        ({"payer_id": "k2." + "c" * 32}, False),  # another key version: cannot be compared
        ({"payer_id": "k1." + "c" * 32}, True),
        ({"device_id": "k1." + "c" * 32}, True),  # it had none
        ({"event_time": NOON + timedelta(microseconds=1)}, True),
        ({"payer_dict_open_reports": 0}, True),  # it was unknown
    ],
)
def test_content_is_every_field_but_tokens_of_other_keys(
    tmp_path: Path, changed: dict[str, Any], conflict: bool
) -> None:
    _, duplicates, rejected = settled(tmp_path, [row(1, 5, **changed)], [row(1, 5)])
    assert (duplicates, rejected) == (0, [1]) if conflict else (1, [])


def test_derived_ids_are_looked_for_in_every_day(tmp_path: Path) -> None:
    derived = "X" + "0" * 31
    lake = [row(1, 5, end_to_end_id=derived, event_time=NOON - timedelta(days=400))]
    _, duplicates, rejected = settled(tmp_path, [row(1, 5, end_to_end_id=derived)], lake)
    assert (duplicates, rejected) == (0, [1])


def test_a_path_with_a_quote_is_no_trouble(tmp_path: Path) -> None:
    assert settled(tmp_path / "it's", [row(1, 5)], [row(1, 5)]) == ([], 1, [])


def test_times_are_utc(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        assert connection.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
