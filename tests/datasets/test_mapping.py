import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pixguard.datasets.mapping import SHIPPED, MappingError, check_columns, load_mapping

GOOD: dict[str, Any] = {
    "payments": {
        "end_to_end_id": {"column": "ID", "derive": "digits", "prefix": "T"},
        "event_time": {"column": "WHEN", "zone": "UTC"},
        "amount_centavos": {"column": "AMOUNT", "unit": "brl"},
        "payer_id": "FROM",
        "payee_id": {"column": "TO"},
        "ignored": ["NOTE"],
    },
    "labels": {"table": "payments", "is_fraud": "FRAUD", "known_at": {"after": "7d"}},
}


def written(folder: Path, document: Any) -> Path:
    path = folder / "bank.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def changed(place: str, value: Any) -> dict[str, Any]:
    """GOOD with one entry replaced, or removed where the value is ..."""
    document = yaml.safe_load(yaml.safe_dump(GOOD))
    *parents, last = place.split(".")
    section = document
    for parent in parents:
        section = section[parent]
    if value is ...:
        del section[last]
    else:
        section[last] = value
    return document


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.yaml")))
def test_shipped_mappings_load(name: str) -> None:
    assert load_mapping(name).payments.sources


def test_the_handbook_maps_customer_terminal_and_a_label_after_seven_days() -> None:
    mapping = load_mapping("handbook")
    columns = {source.field.name: source.column for source in mapping.payments_input.sources}
    assert columns == {
        "end_to_end_id": "TRANSACTION_ID",
        "event_time": "TX_DATETIME",
        "amount_centavos": "TX_AMOUNT",
        "payer_id": "CUSTOMER_ID",
        "payee_id": "TERMINAL_ID",
        "is_fraud": "TX_FRAUD",
    }
    assert mapping.known_after == timedelta(days=7)
    assert "TX_FRAUD_SCENARIO" in mapping.payments.ignored
    assert (mapping.derived_ids, mapping.zero_amounts, mapping.tokenised) == (True, True, False)


def test_the_simulator_brings_tokens_and_the_contracts_columns() -> None:
    mapping = load_mapping("simulator")
    assert mapping.tokenised
    assert not mapping.derived_ids
    assert all(source.column == source.field.name for source in mapping.payments.sources)


@pytest.mark.parametrize(
    ("place", "value", "found", "wanted"),
    [
        ("payments", ..., "payments: found nothing", "the columns of the payment fields"),
        ("payments", "all", "payments: found 'all'", "entries among"),
        ("payments.event_time", ..., "payments.event_time: found nothing", "a time with its offset"),
        ("payments.event_time", 5, "payments.event_time: found 5", "entries among column, fold, format, zone"),
        ("payments.event_time.column", ..., "payments.event_time.column: found nothing", "the name of a column"),
        ("payments.event_time.zone", "Sao Paulo", "payments.event_time.zone: found 'Sao Paulo'", "America/Sao_Paulo"),
        ("payments.event_time.fold", "first", "payments.event_time.fold: found 'first'", "one of earliest, latest"),
        ("payments.amount_centavos.unit", "usd", "payments.amount_centavos.unit: found 'usd'", "one of centavos, brl"),
        ("payments.amount_centavos.units", "brl", "payments.amount_centavos.units: found an unknown entry", "unit"),
        ("payments.end_to_end_id.prefix", ..., "payments.end_to_end_id: found one of derive and prefix", "both"),
        ("payments.end_to_end_id.prefix", "too long!", "payments.end_to_end_id.prefix: found 'too long!'", "1 to 8"),
        ("payments.key_type", {"column": "K", "values": []}, "payments.key_type.values: found []", "contract value"),
        ("payments.color", "RED", "payments.color: found an unknown entry", "amount_centavos"),
        ("payments.ignored", "NOTE", "payments.ignored: found 'NOTE'", "a list of column names"),
        ("labels.table", "elsewhere", "labels.table: found 'elsewhere'", "one of separate, payments"),
        ("labels.known_at", ..., "labels.known_at: found nothing", "{after: 7d}"),
        ("labels.known_at.after", "a week", "labels.known_at: found {'after': 'a week'}", "{after: 7d}"),
        ("labels.is_fraud", ..., "labels.is_fraud: found nothing", "true or false"),
        ("tokenised", "yes", "tokenised: found 'yes'", "one of True, False"),
        ("tokenised", 1, "tokenised: found 1", "one of True, False"),
        ("format", "xlsx", "format: found 'xlsx'", "jsonl"),
        ("csv", {"delimiter": 5}, "csv.delimiter: found 5", "text"),
        ("columns", {}, "columns: found an unknown entry", "payments"),
    ],
)
def test_a_broken_mapping_says_file_place_found_and_wanted(
    tmp_path: Path, place: str, value: Any, found: str, wanted: str
) -> None:
    path = written(tmp_path, changed(place, value))
    with pytest.raises(MappingError, match=re.escape(f"{path}: {found}")) as caught:
        load_mapping(path)
    assert wanted in str(caught.value).partition("wanted ")[2]


def test_what_is_no_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"found no such file, wanted .*handbook, pacs008, pix, simulator"):
        load_mapping("handbok")
    broken = tmp_path / "broken.yaml"
    broken.write_text("payments: {a: 1\nlabels: [")
    with pytest.raises(MappingError, match=r"no valid YAML \(line 2\)"):
        load_mapping(broken)
    with pytest.raises(MappingError, match=r"the file: found"):
        load_mapping(written(tmp_path, ["payments"]))


def test_columns_must_be_there_and_be_mentioned(tmp_path: Path) -> None:
    mapping = load_mapping(written(tmp_path, GOOD))
    present = ["ID", "WHEN", "AMOUNT", "FROM", "TO", "FRAUD", "NOTE"]
    check_columns(mapping, mapping.payments_input, present, "day.csv")
    with pytest.raises(
        MappingError, match=r"bank\.yaml: payee_id: found no column 'TO' in day\.csv, which has ID, WHEN"
    ):
        check_columns(mapping, mapping.payments_input, [n for n in present if n != "TO"], "day.csv")
    with pytest.raises(MappingError, match=r"found columns 'SCENARIO' in day\.csv that it does not mention"):
        check_columns(mapping, mapping.payments_input, [*present, "SCENARIO"], "day.csv")


def test_a_lenient_mapping_lets_optional_columns_be_absent_and_no_others() -> None:
    mapping = load_mapping("pix")
    required = ["end_to_end_id", "event_time", "amount_centavos", "payer_id", "payee_id"]
    check_columns(mapping, mapping.payments, required, "x")
    with pytest.raises(MappingError, match="payee_id: found no column"):
        check_columns(mapping, mapping.payments, required[:-1], "x")
