import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from pixguard.jobs import ingest_labels
from pixguard.outcomes import OutcomesError, read_outcomes
from tests.outcomes.log import DAY, decision, verdict, write_segment

LATER = DAY + timedelta(hours=30)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "decisions"
    write_segment(folder, [decision(n, DAY + timedelta(hours=n)) for n in range(20)])
    write_segment(folder, [decision(n, LATER, decision="hold") for n in range(20, 25)], "two", opened=True)
    replays = [decision(n, DAY + timedelta(hours=n), replay=True, version="vbbbbbbbbbbbb", score=0.5) for n in range(3)]
    write_segment(folder, [*replays, *replays, decision(1, DAY + timedelta(hours=1), decision="reject")], "three")
    return folder


def lines(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def contents(lake: Path) -> dict[str, bytes]:
    folder = lake / "outcomes"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def said() -> list[Any]:
    early, at = verdict(2, DAY + timedelta(hours=2), -1), DAY + timedelta(hours=3)
    return [
        verdict(3, at),
        verdict(3, at),
        verdict(3, at, is_fraud=False),
        verdict(3, at, 9, is_fraud=False, source="INFRACTION_REPORT", situation=None),
        verdict(21, LATER, 0.1, source="ANALYST"),
        verdict(500, DAY),
        early,
        verdict(4, DAY + timedelta(hours=4), source="HEARSAY"),
        verdict(5, DAY + timedelta(hours=5), is_fraud="maybe"),
        "{not json",
    ]


def test_verdicts_join_decisions_and_every_row_is_accounted_for(log: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    done = ingest_labels.run(decisions=log, lake=lake, verdicts=lines(tmp_path / "said.jsonl", said()))
    counts = done.verdicts
    assert (counts.rows, counts.accepted, counts.duplicates, counts.rejected) == (10, 3, 1, 6)
    assert counts.reasons == {
        "conflicting_duplicate:end_to_end_id": 1,
        "known_before_payment:known_at": 1,
        "unknown_payment:end_to_end_id": 1,
        "unknown_value:source": 1,
        "unreadable_row": 1,
        "wrong_type:is_fraud": 1,
    }
    (rejects,) = (lake / "outcomes" / "rejects").iterdir()
    assert pq.read_table(rejects / "verdicts.parquet").num_rows == 6
    assert json.loads((rejects / "counts.json").read_text())["accepted"] == 3
    outcomes = read_outcomes(lake)
    assert len(outcomes) == 25
    assert outcomes.replays["score"].to_pylist() == [0.5] * 3
    status = dict(
        zip(
            [int(one[-5:]) for one in outcomes.decisions["end_to_end_id"].to_pylist()],
            outcomes.status(DAY + timedelta(days=9), timedelta(days=7)).tolist(),
            strict=True,
        )
    )
    assert (status[1], status[3], status[20], status[21]) == ("presumed_honest", "fraud", "blocked", "fraud")
    assert outcomes.status(DAY + timedelta(days=13), timedelta(days=7))[3] == "honest"


def test_the_days_are_partitions(log: Path, tmp_path: Path) -> None:
    ingest_labels.run(decisions=log, lake=tmp_path / "lake")
    outcomes = read_outcomes(tmp_path / "lake", start=date(2026, 3, 3))
    assert outcomes.decisions["decision"].to_pylist() == ["hold"] * 5
    assert sorted(p.name for p in (tmp_path / "lake" / "outcomes" / "decisions").iterdir()) == [
        "decided_date=2026-03-02",
        "decided_date=2026-03-03",
    ]


def test_again_changes_nothing_and_a_new_segment_only_its_day(log: Path, tmp_path: Path) -> None:
    lake, source = tmp_path / "lake", lines(tmp_path / "said.jsonl", said())
    ingest_labels.run(decisions=log, lake=lake, verdicts=source)
    before = contents(lake)
    again = ingest_labels.run(decisions=log, lake=lake, verdicts=source)
    assert (again.days, again.verdicts.accepted, again.verdicts.duplicates) == ((), 0, 4)
    assert contents(lake) == before
    write_segment(log, [decision(77, LATER + timedelta(hours=2))], "four")
    more = ingest_labels.run(decisions=log, lake=lake)
    assert more.days == ("2026-03-03",)
    changed = {name for name, content in contents(lake).items() if before.get(name) != content}
    assert {name.rpartition("/")[0] for name in changed} == {"", "decisions/decided_date=2026-03-03"}
    assert len(read_outcomes(lake)) == 26


def test_what_retention_takes_from_the_log_stays_in_the_outcomes(log: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    ingest_labels.run(decisions=log, lake=lake)
    next((log / "two").iterdir()).unlink()
    assert ingest_labels.run(decisions=log, lake=lake).days == ()
    assert len(read_outcomes(lake)) == 25


def test_a_verdict_that_came_too_early_is_taken_once_its_decision_is_there(log: Path, tmp_path: Path) -> None:
    lake, source = tmp_path / "lake", lines(tmp_path / "said.jsonl", [verdict(500, DAY)])
    assert ingest_labels.run(decisions=log, lake=lake, verdicts=source).verdicts.rejected == 1
    write_segment(log, [decision(500, DAY)], "five")
    assert ingest_labels.run(decisions=log, lake=lake, verdicts=source).verdicts.accepted == 1
    assert read_outcomes(lake).verdict_is_fraud.tolist() == [True]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_other_formats_keep_the_same_contract(log: Path, tmp_path: Path, kind: str) -> None:
    rows = [row for row in said() if isinstance(row, dict) and isinstance(row["is_fraud"], bool)]
    table = pa.Table.from_pylist(rows)
    path = tmp_path / f"said.{kind}"
    pacsv.write_csv(table, path) if kind == "csv" else pq.write_table(table, path)
    counts = ingest_labels.run(decisions=log, lake=tmp_path / "lake", verdicts=path).verdicts
    assert (counts.rows, counts.accepted, counts.duplicates, counts.rejected) == (8, 3, 1, 4)


def test_the_consoles_verdicts_are_such_verdicts_and_a_later_one_corrects(log: Path, tmp_path: Path) -> None:
    folder, at = tmp_path / "verdicts", DAY + timedelta(hours=3)
    folder.mkdir()
    first = verdict(3, at, source="analyst", by="ana")
    lines(folder / "2026-03-05.jsonl", [first])
    lines(folder / "2026-03-06.jsonl", [verdict(3, at, 4, source="analyst", by="rui", is_fraud=False, situation=None)])
    done = ingest_labels.run(decisions=log, lake=tmp_path / "lake", verdicts=folder)
    assert (done.verdicts.accepted, done.verdicts.rejected) == (2, 0)
    outcomes = read_outcomes(tmp_path / "lake")
    place = outcomes.decisions["end_to_end_id"].to_pylist().index(first["end_to_end_id"])
    assert [outcomes.status(at + timedelta(days=n), timedelta(7))[place] for n in (3, 4)] == ["fraud", "honest"]


def test_what_cannot_be_read_changes_nothing(log: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    ingest_labels.run(decisions=log, lake=lake)
    before = contents(lake)
    write_segment(log, [decision(600, DAY)], "six")
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 nothing")
    assert ingest_labels.main(["--decisions", str(log), "--lake", str(lake), "--verdicts", str(bad)]) == 1
    assert contents(lake) == before
    with pytest.raises(OutcomesError, match="no decision in it"):
        ingest_labels.run(decisions=tmp_path / "nowhere", lake=tmp_path / "other")


def test_known_at_is_a_time_with_an_offset(log: Path, tmp_path: Path) -> None:
    naive = verdict(
        3, DAY + timedelta(hours=3), known_at=datetime(2026, 3, 9, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    )
    counts = ingest_labels.run(decisions=log, lake=tmp_path / "lake", verdicts=lines(tmp_path / "n.jsonl", [naive]))
    assert counts.verdicts.reasons == {"naive_time:known_at": 1}
