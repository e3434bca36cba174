"""Sealing, opening and forgetting: what is left of a person whose key was destroyed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.archive import ERASED, ArchiveError, PersonKeys, opened, seal
from pixguard.decision_log import Record, read_record
from tests.decision_log.records import line

DAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def token(number: int) -> str:
    return f"k1.{number:032x}"


def paid(number: int, payer: int, payee: int, day: int = 2) -> bytes:
    name = f"E12345678202603{day:02d}1200{number:011d}"
    payment = {
        "end_to_end_id": name, "payer_id": token(payer), "payee_id": token(payee), "device_id": token(1000 + payer),
        "amount_centavos": 1000 + number, "event_time": f"2026-03-{day:02d}T12:00:00+00:00", "device_registered": True,
    }  # fmt: skip
    return line(number, end_to_end_id=name, decided_at=f"2026-03-{day:02d}T12:00:00.{number:06d}Z", payment=payment)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[PersonKeys]:
    with PersonKeys(tmp_path / "persons.db") as found:
        yield found


def read(lines: list[bytes], keys: PersonKeys) -> list[Record]:
    return [opened(each, keys.by_handle) for each in lines]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 3)), min_size=1, max_size=20))
def test_with_its_keys_an_archive_holds_the_very_records(
    tmp_path_factory: pytest.TempPathFactory, some: list[tuple[int, int, int]]
) -> None:
    lines = [paid(number, *each) for number, each in enumerate(some)]
    with PersonKeys(tmp_path_factory.mktemp("keys") / "persons.db") as keys:
        assert read(seal(lines, keys), keys) == [read_record(each) for each in lines]


def test_no_token_and_no_id_stands_in_an_archive(keys: PersonKeys) -> None:
    sealed = b"".join(seal([paid(number, number % 3, 4) for number in range(9)], keys))
    assert b"k1." not in sealed
    assert b"E12345678" not in sealed
    assert b'"amount_centavos":1001' in sealed


def test_a_forgotten_payer_is_gone_from_what_was_paid_and_received_and_the_others_are_not(keys: PersonKeys) -> None:
    sealed = seal([paid(0, 1, 2), paid(1, 2, 1), paid(2, 2, 3)], keys)
    assert keys.forget(token(1), DAY + timedelta(hours=1))
    first, second, third = read(sealed, keys)
    assert (first.end_to_end_id, first.payment["payer_id"], first.payment["device_id"]) == (ERASED,) * 3
    assert first.payment["payee_id"] == token(2)
    assert second.payment["payee_id"] == ERASED
    assert second.payment["payer_id"] == token(2)
    assert third == read_record(paid(2, 2, 3))
    assert first.decision == "hold"
    assert len(first.values) == 3
    assert not keys.forget(token(1), DAY + timedelta(hours=1))


def test_what_is_left_of_the_forgotten_is_in_no_byte_of_the_key_file(keys: PersonKeys) -> None:
    seal([paid(0, 1, 2)], keys)
    (secret,) = keys._db.execute("SELECT secret FROM persons WHERE token = ?", (token(1),)).fetchone()
    assert secret in keys.path.read_bytes()
    keys.forget(token(1), DAY)
    content = keys.path.read_bytes()
    assert secret not in content
    assert token(1).encode() not in content
    assert token(2).encode() in content
    assert list(keys.path.parent.iterdir()) == [keys.path]  # no journal, no copy


def test_days_and_persons_cannot_be_joined_without_the_keys(keys: PersonKeys) -> None:
    sealed = [json.loads(each) for each in seal([paid(0, 1, 2, 2), paid(1, 1, 2, 2), paid(2, 1, 2, 3)], keys)]
    payers = [each["sealed"]["payer"] for each in sealed]
    assert payers[0]["handle"] == payers[1]["handle"]  # within a day
    assert payers[0]["handle"] != payers[2]["handle"]
    assert payers[0]["handle"] != sealed[0]["sealed"]["payee"]["handle"]
    assert len({each["text"] for each in payers}) == 3


def test_a_decision_from_before_the_erasure_that_is_sealed_later_is_sealed_for_nobody(keys: PersonKeys) -> None:
    keys.forget(token(1), DAY + timedelta(microseconds=5))
    early, late = read(seal([paid(5, 1, 2), paid(6, 1, 2)], keys), keys)
    assert early.payment["payer_id"] == ERASED
    assert early.payment["payee_id"] == token(2)
    assert late.payment["payer_id"] == token(1)  # a customer again, after the erasure
    assert keys.settle(DAY) == 0
    assert keys.settle(DAY + timedelta(days=1)) == 1
    (again,) = read(seal([paid(5, 1, 2)], keys), keys)
    assert again.payment["payer_id"] == token(1)


@given(st.data())
def test_a_sealed_part_that_was_changed_or_moved_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    with PersonKeys(tmp_path_factory.mktemp("keys") / "persons.db") as keys:
        one: dict[str, Any] = json.loads(seal([paid(0, 1, 2)], keys)[0])
        text = bytearray(one["sealed"]["payer"]["text"].encode())
        place = data.draw(st.integers(0, 150))  # the last digits of base64 may hold bits that say nothing
        text[place] = ord("A") if text[place] != ord("A") else ord("B")
        one["sealed"]["payer"]["text"] = text.decode()
        with pytest.raises(ArchiveError):
            opened(json.dumps(one).encode(), keys.by_handle)
        swapped = json.loads(seal([paid(0, 1, 1)], keys)[0])
        parts = swapped["sealed"]
        parts["payer"], parts["payee"] = parts["payee"], parts["payer"]
        with pytest.raises(ArchiveError, match="another line's role"):
            opened(json.dumps(swapped).encode(), keys.by_handle)


def test_the_key_file_is_for_its_owner_and_of_its_kind(tmp_path: Path) -> None:
    with PersonKeys(tmp_path / "keys.db") as keys:
        seal([paid(0, 1, 2)], keys)
        assert len(keys) == 2
    assert (tmp_path / "keys.db").stat().st_mode & 0o777 == 0o600
    (tmp_path / "keys.db").chmod(0o640)
    with pytest.raises(ArchiveError, match="chmod 600"):
        PersonKeys(tmp_path / "keys.db")
    (tmp_path / "other").write_text("no database, and longer than a page header\n" * 50)
    (tmp_path / "other").chmod(0o600)
    with pytest.raises(ArchiveError, match="no file of person keys"):
        PersonKeys(tmp_path / "other")
    with pytest.raises(ArchiveError, match="cannot be opened"):
        PersonKeys(tmp_path)


def test_a_line_of_something_else_is_an_error(keys: PersonKeys) -> None:
    for rubbish in (b"{}\n", b"rubbish\n", paid(0, 1, 2), b'{"archive":2,"record":{},"sealed":{}}'):
        with pytest.raises(ArchiveError):
            opened(rubbish, keys.by_handle)


def test_two_archivers_share_one_secret_for_a_person(tmp_path: Path) -> None:
    with PersonKeys(tmp_path / "keys.db") as one, PersonKeys(tmp_path / "keys.db") as other:
        sealed = [*seal([paid(0, 1, 2)], one), *seal([paid(1, 1, 2)], other)]
        assert [each.payment["payer_id"] for each in read(sealed, one)] == [token(1)] * 2
    with closing(sqlite3.connect(tmp_path / "keys.db")) as database:
        assert database.execute("SELECT count(*) FROM pepper").fetchone() == (1,)
