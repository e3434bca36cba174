from pathlib import Path

import pytest

from pixguard.decision_log import DecisionLogError, open_decision_log, read_segments
from tests.decision_log.records import line


def test_a_file_address_opens_the_replicas_own_folder(tmp_path: Path) -> None:
    log = open_decision_log(f"file://{tmp_path}/log%20here?fsync=always", "pod-1")
    log.put(line(1))
    assert log.close() == 0
    assert len(list((tmp_path / "log here" / "pod-1").glob("*.jsonl"))) == 1
    assert len(list(read_segments(tmp_path / "log here"))) == 1


@pytest.mark.parametrize(
    "address", ["", "log.txt", "file://host/dir", "http://x/y", "kafka://broker", "kafka:///topic", "kafka://b/a/b"]
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(DecisionLogError, match="give file:///folder or kafka://"):
        open_decision_log(address, "r1")


def test_wrong_fsync_and_replica_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DecisionLogError, match="fsync='sometimes'"):
        open_decision_log(f"file://{tmp_path}?fsync=sometimes", "r1")
    with pytest.raises(DecisionLogError, match="set PIXGUARD_REPLICA"):
        open_decision_log(f"file://{tmp_path}", "../r1")
