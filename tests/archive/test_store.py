"""From the log to the archive and out of it: commands that people run, and what they cannot do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixguard import cli
from pixguard.archive import ERASED, PersonKeys, read_archive
from pixguard.decision_log import Record, SegmentSink, read_segments, verify_chain
from pixguard.jobs import check_explanations, retain_decisions
from tests.archive.test_seal import paid, token
from tests.explanation.conftest import LoggedWorld

SOON = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two replicas of two segments."""
    for replica in ("r1", "r2"):
        sink = SegmentSink(tmp_path / "decisions" / replica)
        for first in (0, 5):
            sink.write([paid(number, number % 3, 7) for number in range(first, first + 5)])
            sink.close(1)
    return tmp_path / "decisions"


def in_order(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: (record.end_to_end_id, record.decided_at))


def retain(log: Path, now: datetime = SOON, days: int = 0) -> int:
    places = {"archive_folder": log.parent / "archive", "keys": log.parent / "persons.db"}
    return sum(one.lines for one in retain_decisions.run(decisions=log, days=days, now=now, **places))


def test_what_is_archived_is_all_there_is_chained_and_gone_from_the_log(log: Path) -> None:
    before = in_order(read_segments(log))
    assert retain(log) == 20
    assert list(read_segments(log)) == []
    with PersonKeys(log.parent / "persons.db") as keys:
        assert in_order(each for *_, each in read_archive(log.parent / "archive", keys)) == before
    for folder in (log, log.parent / "archive"):
        assert verify_chain(folder).is_whole
    assert verify_chain(log.parent / "archive").verified == 20
    assert verify_chain(log).removed == 20


def test_an_archive_that_was_cut_off_is_finished_and_nothing_comes_twice(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pixguard.decision_log.retention.heads.append", _killed)
        with pytest.raises(RuntimeError):
            retain(log)
    assert len(list(read_segments(log))) == 20
    begun = log.parent / "archive" / "r2"
    begun.mkdir(parents=True)
    first = sorted((log / "r2").glob("*.jsonl"))[0]
    (begun / f"{first.name}.open").write_bytes(b"half a li")
    assert retain(log) == 20
    assert verify_chain(log.parent / "archive").verified == 20


def _killed(*_arguments: object) -> None:
    raise RuntimeError("killed")


def test_erasing_changes_no_byte_of_the_archive(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    retain(log)
    archive, keys = log.parent / "archive", log.parent / "persons.db"
    before = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()}
    call = ["erase", "--payer", token(1), "--keys", str(keys), "--decisions", str(log)]
    assert cli.main(call) == 0
    assert capsys.readouterr().out == "key destroyed\n"
    assert {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()} == before
    assert verify_chain(archive).verified == 20
    with PersonKeys(keys) as persons:
        payers = [each.payment["payer_id"] for *_, each in read_archive(archive, persons)]
    assert sorted(payers) == sorted([token(0)] * 8 + [ERASED] * 6 + [token(2)] * 6)
    assert cli.main(call) == 0
    assert "there was no key" in capsys.readouterr().out


def test_who_is_erased_before_the_log_is_archived_is_told_and_sealed_for_nobody(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = log.parent / "persons.db"
    PersonKeys(keys).__exit__(None, None, None)
    assert cli.main(["erase", "--payer", token(1), "--keys", str(keys), "--decisions", str(log)]) == 0
    told = capsys.readouterr().out
    assert "6 decisions" in told
    assert token(1) not in told
    retain(log)
    with PersonKeys(keys) as persons:
        payers = {each.payment["payer_id"] for *_, each in read_archive(log.parent / "archive", persons)}
        assert payers == {token(0), token(2), ERASED}
        assert persons._db.execute("SELECT count(*) FROM forgotten").fetchone() == (0,)  # nothing is left to remember


def test_a_clear_identifier_is_never_taken(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["erase", "--payer", "12345678909", "--keys", str(log.parent / "persons.db")]) == 2
    assert "12345678909" not in capsys.readouterr().err
    assert cli.main(["erase", "--payer", token(1), "--keys", str(log.parent / "nothing.db")]) == 2
    assert not (log.parent / "nothing.db").exists()


def test_the_command_retains_verifies_and_keeps_anchors(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    anchors = log.parent / "anchors.json"
    assert cli.main(["verify", "--decisions", str(log), "--write-anchors", str(anchors)]) == 0
    assert cli.main(["retain", "--days", "30", "--decisions", str(log)]) == 0
    assert "0 decisions in 0 segments removed from 2 replicas" in capsys.readouterr().out
    assert cli.main(["verify", "--decisions", str(log), "--anchors", str(anchors), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verified"] == 20
    path = sorted((log / "r1").glob("*.jsonl"))[0]
    path.write_bytes(path.read_bytes()[:-9])
    assert cli.main(["verify", "--decisions", str(log)]) == 1
    assert f"BROKEN r1/{path.stem}:5: changed" in capsys.readouterr().out
    assert cli.main(["retain", "--days", "-1", "--decisions", str(log)]) == 2
    assert cli.main(["verify", "--decisions", str(log), "--anchors", str(path)]) == 2
    assert cli.main(["verify", "--decisions", str(log / "nowhere")]) == 1


def test_an_archived_decision_is_made_again_bit_for_bit_also_of_the_forgotten(
    logged: LoggedWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line for path in logged.decisions.glob("*/*.jsonl") for line in path.read_bytes().splitlines(True)]
    sink = SegmentSink(tmp_path / "decisions" / "r1")
    sink.write(lines)
    sink.close(1)
    retain(tmp_path / "decisions")
    archive, keys = tmp_path / "archive", tmp_path / "persons.db"
    payer = next(iter(read_segments(logged.decisions))).payment["payer_id"]
    with PersonKeys(keys) as persons:
        persons.forget(payer, SOON)
        found = check_explanations.run(decisions=archive, versions=logged.versions, keys=persons)
        assert found.is_equal
        assert found.equal.total() == 80
        others = [each for *_, each in read_archive(archive, persons) if each.payment["payer_id"] != ERASED]
    places = ["--decisions", str(archive), "--keys", str(keys), "--versions", str(logged.world.version.folder)]
    call = ["explain", "--for", "customer", *places, "--public-key", str(logged.world.public_key)]
    decided = next(each for each in others if not each.replay)
    assert cli.main([*call, decided.end_to_end_id]) == 0
    assert decided.end_to_end_id in capsys.readouterr().out
    assert cli.main([*call, logged.ids[0]]) == 1
    assert "is not in the decision log" in capsys.readouterr().err
