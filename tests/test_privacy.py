import copy
import hashlib
import hmac
import json
import pickle
import re
import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.payment.schema import TOKENISED_PATTERN
from pixguard.privacy import KEYS_VARIABLE, Keyring, KeyringError, create_keyring, load_keyring

OLD, NEW = b"o" * 32, b"n" * 40
CPF = "12345678909"


def test_a_token_is_the_first_half_of_the_hmac_with_its_key_version() -> None:
    digest = hmac.new(NEW, b"account:" + CPF.encode(), hashlib.sha256).hexdigest()
    assert Keyring({2: NEW}).token("account", CPF) == "k2." + digest[:32]


@given(st.lists(st.one_of(st.none(), st.text(max_size=15)), max_size=30))
def test_a_column_of_tokens_is_the_tokens_of_its_values(values: list[str | None]) -> None:
    ring = Keyring({1: OLD})
    tokens = ring.tokens("account", pa.array(values, pa.string())).to_pylist()
    assert tokens == [None if value is None else ring.token("account", value) for value in values]
    assert all(re.fullmatch(TOKENISED_PATTERN, token) for token in tokens if token)


def test_kinds_and_keys_separate_tokens_and_inputs_do_not() -> None:
    ring = Keyring({1: OLD, 2: NEW})
    tokens = {ring.token("account", CPF), ring.token("device", CPF), ring.token("account", CPF, version=1)}
    assert len(tokens) == 3
    assert Keyring({2: NEW}).token("account", CPF) == ring.token("account", CPF)


def test_a_new_key_becomes_current_and_the_old_one_still_works() -> None:
    before, after = Keyring({1: OLD}), Keyring({1: OLD, 2: NEW})
    assert after.current == 2
    assert Keyring({1: OLD, 2: NEW}, current=1).token("account", CPF) == before.token("account", CPF)
    assert after.token("account", CPF, version=1) == before.token("account", CPF)


def test_each_distinct_value_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ring, hashed = Keyring({1: OLD}), []
    real = ring.token
    monkeypatch.setattr(ring, "token", lambda kind, clear: hashed.append(clear) or real(kind, clear))
    for _ in range(3):
        ring.tokens("account", pa.array([CPF, "b", CPF, "b"]))
    assert hashed == [CPF, "b"]


def test_the_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pixguard.privacy._MEMO_ENTRIES", 10)
    ring = Keyring({1: OLD})
    first = ring.tokens("account", pa.array([str(n) for n in range(35)]))
    assert len(ring._memo) <= 10
    assert first == ring.tokens("account", pa.array([str(n) for n in range(35)]))


@pytest.mark.parametrize(
    ("keys", "current", "message"),
    [
        ({}, None, "empty"),
        ({1: b"s" * 31}, None, "key 1 has 31 bytes"),
        ({1: OLD}, 2, "current version is 2"),
        ({-1: OLD}, None, "version >= 0"),
    ],
)
def test_weak_rings_are_refused(keys: dict[int, bytes], current: int | None, message: str) -> None:
    with pytest.raises(KeyringError, match=message):
        Keyring(keys, current)


def test_a_missing_version_is_an_error() -> None:
    with pytest.raises(KeyringError, match="no key 7"):
        Keyring({1: OLD}).token("account", CPF, version=7)


def test_keys_never_show() -> None:
    ring = Keyring({1: OLD, 2: NEW})
    assert repr(ring) == str(ring) == "Keyring(versions=[1, 2], current=2)"
    for way in (pickle.dumps, copy.deepcopy):
        with pytest.raises(KeyringError, match="cannot be pickled"):
            way(ring)


def test_a_ring_is_read_from_a_file_or_the_environment(tmp_path: Path) -> None:
    text = json.dumps({"current": 1, "keys": {"1": OLD.hex(), "2": NEW.hex()}})
    (tmp_path / "keys.json").write_text(text)
    for ring in (load_keyring(tmp_path / "keys.json", {}), load_keyring(None, {KEYS_VARIABLE: text})):
        assert ring.token("account", CPF) == Keyring({1: OLD}).token("account", CPF)


@pytest.mark.parametrize(
    "text",
    [
        "5ecret-not-json",
        "[]",
        '{"keys": {"1": "5ecret"}}',
        '{"keys": {"one": "' + OLD.hex() + '"}}',
        '{"keys": [1]}',
        '{"current": "1", "keys": {"1": "' + OLD.hex() + '"}}',
        '{"keys": {"1": "5ecret00"}}',
    ],
)
def test_a_broken_ring_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(KeyringError) as caught:
        load_keyring(tmp_path / "keys.json")
    shown: list[Any] = [str(caught.value), caught.value.__cause__]
    assert "5ecret" not in str(shown)
    assert OLD.hex() not in str(shown)


def test_no_keys_says_where_they_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="set PIXGUARD_KEYS"):
        load_keyring(None, {})
    with pytest.raises(KeyringError, match=r"none\.json: cannot be read"):
        load_keyring(tmp_path / "none.json", {})


def test_a_new_ring_is_private_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "keys.json"
    ring = create_keyring(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert create_keyring(path).token("account", CPF) == ring.token("account", CPF)
    assert create_keyring(tmp_path / "other.json").token("account", CPF) != ring.token("account", CPF)
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]
