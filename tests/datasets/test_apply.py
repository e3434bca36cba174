from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from pixguard.datasets.apply import Mapped, apply, labels_inside
from pixguard.datasets.mapping import Mapping, load_mapping
from pixguard.payment.columns import reason_of
from pixguard.privacy import Keyring

KEYS = Keyring({1: b"k" * 32})
RAW = pa.table(
    {"ID": [7], "WHEN": [datetime(2026, 1, 31, 12)], "AMOUNT": [57.16], "FROM": [5], "TO": ["5"], "KIND": ["P"]}
)


def mapping(folder: Path, **fields: Any) -> Mapping:
    """A mapping of RAW, with the given payment fields changed."""
    payments = {
        "end_to_end_id": {"column": "ID", "derive": "digits", "prefix": "T"},
        "event_time": {"column": "WHEN", "zone": "America/Sao_Paulo"},
        "amount_centavos": {"column": "AMOUNT", "unit": "brl"},
        "payer_id": "FROM",
        "payee_id": "TO",
        **fields,
    }
    (folder / "m.yaml").write_text(yaml.safe_dump({"payments": payments}))
    return load_mapping(folder / "m.yaml")


def outcome(mapped: Mapped, field: str) -> Any:
    problem = mapped.problems[field][0] if field in mapped.problems else 0
    return reason_of(int(problem)) if problem else mapped.table[field][0].as_py()


def applied(folder: Path, field: str, column: str, value: Any, **options: Any) -> Any:
    """What becomes of one value in `column`, mapped to `field` with options."""
    raw = RAW.set_column(
        RAW.schema.get_field_index(column), column, value if isinstance(value, pa.Array) else [[value]]
    )
    plan = mapping(folder, **{field: {"column": column, **options}})
    return outcome(apply(plan, plan.payments, raw, KEYS), field)


def test_identifiers_become_tokens_of_their_text_in_one_name_space(tmp_path: Path) -> None:
    plan = mapping(tmp_path)
    mapped = apply(plan, plan.payments, RAW, KEYS)
    assert outcome(mapped, "payer_id") == KEYS.token("account", "5") == outcome(mapped, "payee_id")


def test_a_token_in_clear_input_is_hashed_like_any_text(tmp_path: Path) -> None:
    token = KEYS.token("account", "5")
    assert applied(tmp_path, "payee_id", "TO", token) == KEYS.token("account", token)


@pytest.mark.parametrize(
    ("value", "options", "clear"),
    [
        ("123.456.789-09", {"normalise": "digits"}, "account:12345678909"),
        ("Ana@Example.com ", {"normalise": "lower"}, "account:ana@example.com"),
        ("5", {"kind": "customer"}, "customer:5"),
    ],
)
def test_identifiers_are_normalised_as_stated(tmp_path: Path, value: str, options: dict[str, str], clear: str) -> None:
    kind, _, text = clear.partition(":")
    assert applied(tmp_path, "payee_id", "TO", value, **options) == KEYS.token(kind, text)


def test_a_float_is_no_identifier(tmp_path: Path) -> None:
    assert applied(tmp_path, "payer_id", "FROM", 5.0) == "wrong_type"


@pytest.mark.parametrize(
    ("value", "options", "outcome"),
    [
        (7, {"derive": "digits", "prefix": "HB"}, "XHB" + "0" * 28 + "7"),
        ("7", {"derive": "digits", "prefix": "HB"}, "XHB" + "0" * 28 + "7"),
        (0, {"derive": "digits", "prefix": "HB"}, "XHB" + "0" * 29),
        ("07", {"derive": "digits", "prefix": "HB"}, "bad_end_to_end_id"),  # would be taken for 7
        (-7, {"derive": "digits", "prefix": "HB"}, "bad_end_to_end_id"),
        ("1" * 30, {"derive": "digits", "prefix": "HB"}, "bad_end_to_end_id"),
        (7.0, {"derive": "digits", "prefix": "HB"}, "wrong_type"),
        ("a-b", {"derive": "digest", "prefix": "C"}, "XCc3a3f04c73d1fb6c2a5ae8a86b3a1f"),
    ],
)
def test_ids_are_derived_without_collisions(tmp_path: Path, value: Any, options: dict[str, str], outcome: str) -> None:
    found = applied(tmp_path, "end_to_end_id", "ID", value, **options)
    if options["derive"] == "digest":
        assert found.startswith("XC")
        assert len(found) == 32
        assert found != applied(tmp_path, "end_to_end_id", "ID", "a_b", **options)
    else:
        assert found == outcome


@pytest.mark.parametrize(
    ("value", "options", "outcome"),
    [
        (1.15, {"unit": "brl"}, 115),
        ("1.234,56", {"unit": "brl", "decimal": ","}, 123456),
        ("0.125", {"unit": "brl"}, "fractional"),
        ("0.125", {"unit": "brl", "rounding": "half_even"}, 12),
        (115, {"unit": "centavos"}, 115),
        (True, {"unit": "brl"}, "wrong_type"),
        (1.15, {"unit": "brl", "currency": "KIND"}, "wrong_currency"),
    ],
)
def test_amounts_become_centavos(tmp_path: Path, value: Any, options: dict[str, str], outcome: Any) -> None:
    assert applied(tmp_path, "amount_centavos", "AMOUNT", value, **options) == outcome


@pytest.mark.parametrize(
    ("value", "options", "outcome"),
    [
        (datetime(2026, 1, 31, 12), {"zone": "America/Sao_Paulo"}, datetime(2026, 1, 31, 15, tzinfo=UTC)),
        ("2026-01-31 12:00", {"zone": "UTC"}, datetime(2026, 1, 31, 12, tzinfo=UTC)),
        (1_769_860_800, {"format": "epoch_s"}, datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("1769860800.5", {"format": "epoch_s"}, datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)),
        (1_769_860_800_001, {"format": "epoch_ms"}, datetime(2026, 1, 31, 12, 0, 0, 1000, tzinfo=UTC)),
        ("soon", {"format": "epoch_ms"}, "wrong_type"),
        (True, {"format": "epoch_ms"}, "wrong_type"),
    ],
)
def test_times_come_from_zones_and_epochs(tmp_path: Path, value: Any, options: dict[str, str], outcome: Any) -> None:
    assert applied(tmp_path, "event_time", "WHEN", value, **options) == outcome


def test_values_are_translated_and_unknown_ones_left_for_the_contract(tmp_path: Path) -> None:
    values = {"P": "CPF", 1: "CNPJ"}
    assert applied(tmp_path, "key_type", "KIND", "P", values=values) == "CPF"
    assert applied(tmp_path, "key_type", "KIND", 1, values=values) == "CNPJ"
    assert applied(tmp_path, "key_type", "KIND", "Q", values=values) == "Q"


def test_mixed_json_columns_are_converted_value_by_value(tmp_path: Path) -> None:
    mixed = pa.UnionArray.from_sparse(pa.array([1], pa.int8()), [pa.array([None], pa.string()), pa.array([5])])
    plan = mapping(tmp_path)
    raw = RAW.set_column(3, "FROM", mixed)
    tokens = apply(plan, plan.payments, raw, KEYS).table["payer_id"].chunk(0)
    assert tokens.field(1).to_pylist() == [KEYS.token("account", "5")]


def test_labels_inside_become_known_later_and_only_where_there_is_one() -> None:
    plan = load_mapping("handbook")
    raw = pa.table(
        {
            "TRANSACTION_ID": [1, 2, 3],
            "TX_DATETIME": pa.array([datetime(2026, 1, 1), datetime(2026, 1, 1), None], pa.timestamp("ns")),
            "CUSTOMER_ID": [1, 1, 1],
            "TERMINAL_ID": [1, 1, 1],
            "TX_AMOUNT": [1.0, 1.0, 1.0],
            "TX_FRAUD": [1, None, 0],
        }
    )
    labels, there = labels_inside(plan, apply(plan, plan.payments, raw, KEYS), raw)
    assert there.to_pylist() == [True, False, True]
    known_at = datetime(2026, 1, 8, tzinfo=UTC)
    assert labels.table["known_at"].to_pylist() == [known_at, known_at, None]
    assert labels.table["end_to_end_id"].to_pylist()[0] == "XHB" + "0" * 28 + "1"
