from pathlib import Path

import pytest

from pixguard.console.settings import Settings
from pixguard.console.watcher import Watcher

from .world import SECOND, counters, record, world


@pytest.mark.parametrize(
    "change",
    [
        {"newest_event_us": "then"}, {"latency_us": float(10**300)}, {"reasons": [7]}, {"reasons": 7},
        {"payment": {"amount_centavos": "ten"}}, {"payment": {"event_time": 7}}, {"rules": 7}, {"probability": True},
        {"degraded": [[1]]}, {"decided_at": "9999-12-31T23:59:59.999999Z"},
    ],
)  # fmt: skip
def test_a_record_with_a_field_of_another_type_ends_nothing(tmp_path: Path, change: dict) -> None:
    with world(tmp_path) as made:
        made.versions = {SECOND.name: counters(SECOND.name, 1, 0, 100)}
        made.plane()
        made.log(record(0, decision="hold"), record(20, decision="hold") | change, record(40, decision="hold"))
        watcher = Watcher(Settings(state=made.state, port=1, token="t" * 43))
        found = watcher.look()
        assert found["held"]["waiting"] >= 2
        assert found["live"]["standing"]["kind"] == "not_ready"
        assert len(found["live"]["problems"]) <= 1
        watcher.close()


def test_files_that_are_no_json_are_told(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        (made.state / "status.json").write_text("{")
        (made.state / "plane.json").write_text("[]")
        watcher = Watcher(Settings(state=made.state, port=1, token="t" * 43))
        problems = watcher.look()["live"]["problems"]
        assert any("status.json" in each for each in problems)
        assert any("pixguard up" in each for each in problems)
        watcher.close()
