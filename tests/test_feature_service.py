import json
from pathlib import Path

import pytest

from pixguard.feature_service import built_set, references, service_name, state_entities, state_name, view_name
from pixguard.features import BOOK, FEATURE_SETS, PIX
from pixguard.lake import LakeError


def record(lake: Path, text: str) -> None:
    (lake / "features").mkdir()
    (lake / "features" / "feature_set.json").write_text(text)


def test_no_two_sets_share_a_reference() -> None:
    everything = [reference for one in FEATURE_SETS.values() for reference in references(one)]
    assert len(everything) == len(set(everything)) == sum(len(one.aggregates) for one in FEATURE_SETS.values())


def test_names_follow_from_the_set() -> None:
    assert service_name(PIX) == "fraud_pix"
    assert view_name(PIX, "payer") == "pix_payer"
    assert state_name(BOOK, "account") == "book_account_state"
    assert "pix_payer:payer_sent_count_24h" in references(PIX)
    assert set(state_entities(PIX)) == {"account", "device", "pair"}
    assert state_entities(BOOK) == ("account",)


def test_what_was_built_is_the_set_without_what_the_data_lack(tmp_path: Path) -> None:
    record(tmp_path, json.dumps({"feature_set": "pix", "columns": ["event_time", "amount_centavos"]}))
    built = built_set(tmp_path, PIX)
    assert built == PIX.available(["event_time", "amount_centavos"])
    assert "device" not in built.by_view()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"feature_set": "pix"}'])
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    record(tmp_path, text)
    with pytest.raises(LakeError, match="is damaged"):
        built_set(tmp_path, PIX)


def test_no_features_and_features_of_another_set(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="run build_features first"):
        built_set(tmp_path, PIX)
    record(tmp_path, json.dumps({"feature_set": "book", "columns": []}))
    with pytest.raises(LakeError, match="holds the features of 'book', not of 'pix'"):
        built_set(tmp_path, PIX)
