"""Decisions of a log against batch: what is compared, what is passed over, and what a difference looks like."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixguard.features import PIX
from pixguard.jobs import check_parity
from pixguard.parity.logged import DecisionLogError, draw, judge
from pixguard.parity.reference import Reference
from tests.small_lake import payments, write_features, write_lake

TABLE = payments(60)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAMES = hashlib.sha256("\n".join(PIX.names).encode()).hexdigest()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_lake(tmp_path_factory.mktemp("logged"), TABLE)
    write_features(made, TABLE, PIX)
    return made


def records(lake: Path) -> list[dict[str, Any]]:
    """Decisions that saw exactly what batch sees."""
    aggregates, inputs = Reference(lake, PIX).rows(TABLE)
    return [
        {
            "schema": 1,
            "version": "v0123456789ab",
            "end_to_end_id": row["end_to_end_id"],
            "degraded": [],
            "replay": False,
            "newest_event_us": int(aggregates[number].max()),
            "payment": {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items() if v is not None},
            "features": {
                "names_sha256": NAMES,
                "values": [None if np.isnan(v) else float(v) for v in inputs[number]],
            },
        }
        for number, row in enumerate(TABLE.to_pylist())
    ]


def write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    (folder / "replica-1").mkdir(parents=True)
    lines = [json.dumps(row) for row in rows]
    (folder / "replica-1" / "2026.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def verdict(lake: Path, log: Path) -> check_parity.Verdict:
    return judge(draw(log, PIX.names, 1_000), Reference(lake, PIX), PIX, PIX.names)


def test_decisions_that_saw_all_of_it_do_not_differ(lake: Path, tmp_path: Path) -> None:
    found = verdict(lake, write(tmp_path / "log", records(lake)))
    assert (found.sampled, found.fresh.rows, found.behind.rows) == (60, 60, 0)
    assert found.fresh.differing == {}
    assert found.fresh.values == 60 * len(PIX.names)


def test_one_wrong_value_is_found_and_named(lake: Path, tmp_path: Path) -> None:
    rows = records(lake)
    place = PIX.names.index("payer_sent_count_24h")
    rows[7]["features"]["values"][place] += 1
    log = write(tmp_path / "log", rows)
    assert verdict(lake, log).fresh.differing == {"payer_sent_count_24h": 1}
    metrics = tmp_path / "parity.prom"
    arguments = ["logged", "--lake", str(lake), "--decisions", str(log), "--no-build", "--metrics", str(metrics)]
    assert check_parity.main(arguments) == 1
    assert 'pixguard_parity_differing_values{feature="payer_sent_count_24h"} 1.0' in metrics.read_text()


def test_a_decision_that_the_stream_had_not_caught_up_with_is_told_apart(lake: Path, tmp_path: Path) -> None:
    rows = records(lake)
    behind = next(number for number, row in enumerate(rows) if row["newest_event_us"] > 0)
    rows[behind]["newest_event_us"] = None
    rows[behind]["features"]["values"][PIX.names.index("payer_sent_count_24h")] += 1
    found = verdict(lake, write(tmp_path / "log", rows))
    assert found.behind.rows == 1
    assert found.behind.differing_values == 1
    assert found.fresh.differing_values == 0


def test_what_cannot_be_compared_is_counted(lake: Path, tmp_path: Path) -> None:
    rows = records(lake)
    rows[0]["replay"], rows[1]["degraded"], rows[2]["schema"] = True, ["no state"], 9
    rows[3]["features"]["names_sha256"] = "other"
    sample = draw(write(tmp_path / "log", rows), PIX.names, 10)
    assert len(sample.inputs) == 10
    assert sample.passed_over == {"replayed": 1, "degraded": 1, "another schema": 1, "other inputs": 1}


def test_a_decision_from_stale_state_is_compared(lake: Path, tmp_path: Path) -> None:
    rows = records(lake)
    rows[0]["degraded"], rows[1]["degraded"] = ["stale_state"], ["stale_state", "late_payment"]
    sample = draw(write(tmp_path / "log", rows), PIX.names, 1_000)
    assert (len(sample.inputs), sample.passed_over) == (59, {"degraded": 1})


def test_the_same_log_gives_the_same_sample(lake: Path, tmp_path: Path) -> None:
    rows = records(lake)
    first = draw(write(tmp_path / "a", rows), PIX.names, 10).payments["end_to_end_id"].to_pylist()
    other = draw(write(tmp_path / "b", rows[::-1]), PIX.names, 10).payments["end_to_end_id"].to_pylist()
    assert sorted(first) == sorted(other)


@pytest.mark.parametrize(("text", "message"), [("{", "no JSON"), ('{"schema": 9}', "no decision to compare")])
def test_a_log_that_cannot_be_used_says_why(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(text + "\n")
    with pytest.raises(DecisionLogError, match=message):
        draw(tmp_path, PIX.names, 10)
    with pytest.raises(DecisionLogError, match="no segment"):
        draw(tmp_path / "none", PIX.names, 10)


def test_times_of_the_log_are_those_of_the_lake(lake: Path, tmp_path: Path) -> None:
    sample = draw(write(tmp_path / "log", records(lake)), PIX.names, 1_000)
    assert sample.payments["event_time"].to_pylist() == TABLE["event_time"].to_pylist()
    assert min(sample.payments["event_time"].to_pylist()) - EPOCH > timedelta(0)


def test_the_version_that_decided_last_names_the_inputs(lake: Path, tmp_path: Path) -> None:
    log = write(tmp_path / "log", records(lake))
    arguments = ["logged", f"--lake={lake}", f"--decisions={log}", "--no-build", f"--versions={tmp_path}"]
    assert check_parity.main(arguments) == 1, "a version whose folder is not there"
    (tmp_path / "v0123456789ab").mkdir()
    (tmp_path / "v0123456789ab" / "feature_service.json").write_text(json.dumps({"inputs": list(PIX.names)}))
    assert check_parity.main(arguments) == 0


def test_segments_that_began_earlier_are_not_read(tmp_path: Path, lake: Path) -> None:
    log = write(tmp_path / "log", records(lake))
    old = log / "replica-1" / "20260301T120000.000000Z.jsonl"
    (log / "replica-1" / "2026.jsonl").rename(old)
    assert len(draw(log, PIX.names, 10, datetime(2026, 3, 1, tzinfo=UTC)).inputs) == 10
    with pytest.raises(DecisionLogError, match="no decision to compare"):
        draw(log, PIX.names, 10, datetime(2026, 3, 2, tzinfo=UTC))
