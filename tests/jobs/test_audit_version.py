"""What an auditor is told of a version: from its folder, a real Git history, a log and a real registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pixguard import cli, overlay
from pixguard.decision_log import SegmentSink
from pixguard.overlay import Placed
from pixguard.release.message import Note, write
from tests.decision_log.records import line
from tests.release.repository import OVERLAY, by_hand, make_repository, path_of
from tests.release.versions import keep


@pytest.fixture
def audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    kept, key = keep(tmp_path / "kept")
    bare = make_repository(tmp_path)
    placed = Placed(kept.name, f"s3://models/pix-fraud/{kept.name}/")
    message = write(Note("propose", "laptop", kept.name, "v000000000001", 0, ("the gate passed it",), {"ap": [1, 2]}))
    by_hand(bare, tmp_path / "clone", path_of("laptop"), overlay.propose(OVERLAY, placed), message)
    sink = SegmentSink(tmp_path / "decisions" / "r1")
    sink.write([line(n, version=kept.name, replay=n == 3, decision="approve") for n in range(5)] + [line(9)])
    sink.close(1)

    def call(*arguments: str, version: str = kept.name) -> tuple[int, str]:
        places = ["--git", str(bare), "--decisions", str(tmp_path / "decisions"), "--public-key", str(key)]
        status = cli.main(["audit", version, *places, "--versions", str(tmp_path / "kept" / "versions"), *arguments])
        captured = capsys.readouterr()
        return status, captured.out or captured.err

    call.kept = kept  # type: ignore[attr-defined]
    return call


def test_origin_release_share_and_decisions_are_told(audit) -> None:
    status, text = audit("--json")
    found = json.loads(text)
    assert status == 0
    assert found["signature"].startswith("verified")
    assert found["trained"]["kept_by"] == "tester"
    assert found["trained"]["data_snapshot_sha256"] == "ab" * 32
    assert found["gate"]["outcome"] == "passed"
    (change,) = found["served"]
    assert (change["role"], change["percent"], change["approved_by"]) == ("canary", 0, "Ana")
    assert change["evidence"] == {"ap": [1, 2]}
    assert found["decisions"] == {
        "approve": 4, "hold": 0, "reject": 0, "replays": 1,
        "first": "2026-03-02T12:00:00.000000Z", "last": "2026-03-02T12:00:04.000004Z",
    }  # fmt: skip
    assert "registry" not in found
    status, text = audit()
    assert "canary 0 %  by Ana" in text
    assert "the gate passed it" in text


def test_a_version_that_was_tampered_with_fails_and_is_told_all_the_same(audit) -> None:
    (audit.kept.folder / "policy.json").write_text("{}")
    status, text = audit()
    assert status == 1
    assert "FAILED" in text
    assert "canary 0 %  by Ana" in text


def test_a_version_that_nobody_knows_is_an_error_and_a_folder_that_is_gone_is_said(audit) -> None:
    assert audit(version="v999999999999")[0] == 1
    status, text = audit(version="v000000000001")
    assert status == 1
    assert "its folder is gone" in text
    assert "stable 100 %" in text


def test_an_audit_makes_no_registry_where_there_is_none(audit, tmp_path: Path) -> None:
    assert audit("--tracking-uri", f"sqlite:///{tmp_path}/mlflow.db")[0] == 2
    assert not (tmp_path / "mlflow.db").exists()
