from datetime import date, timedelta
from pathlib import Path

import pytest

from pixguard.decision_log import DecisionLogError, fingerprint, has_grown, segments_by_day
from tests.outcomes.log import DAY, decision, write_segment


def test_a_segment_belongs_to_every_day_from_its_first_to_its_last_decision(tmp_path: Path) -> None:
    write_segment(tmp_path, [decision(n, DAY + timedelta(hours=12 + 20 * n)) for n in range(3)])
    write_segment(tmp_path, [decision(9, DAY + timedelta(hours=1))], "two", opened=True)
    write_segment(tmp_path, [decision(9, DAY + timedelta(seconds=20))], "three")
    found = {day: [segment.path.parent.name for segment in each] for day, each in segments_by_day(tmp_path).items()}
    assert found == {
        date(2026, 3, 1): ["three"],  # its first request may have begun before midnight
        date(2026, 3, 2): ["three", "two", "one"],
        date(2026, 3, 3): ["one"],
        date(2026, 3, 4): ["one"],
    }
    assert set(segments_by_day(tmp_path, opened=False)[date(2026, 3, 2)]) == {
        segment for segment in segments_by_day(tmp_path)[date(2026, 3, 2)] if segment.path.parent.name != "two"
    }


def test_a_day_that_grew_has_another_fingerprint_and_one_that_was_closed_has_not(tmp_path: Path) -> None:
    def now() -> str:
        return fingerprint(segments_by_day(tmp_path)[date(2026, 3, 2)])

    path = write_segment(tmp_path, [decision(1, DAY + timedelta(hours=1))], opened=True)
    before = now()
    path.write_bytes(path.read_bytes() * 2)
    grown = now()
    path.rename(path.with_suffix(""))
    assert before != grown == now()
    assert has_grown(None, before)
    assert has_grown(before, grown)
    assert not has_grown(grown, grown)


def test_a_day_that_lost_segments_to_retention_has_not_grown(tmp_path: Path) -> None:
    gone = write_segment(tmp_path, [decision(n, DAY + timedelta(hours=n)) for n in range(5)])
    write_segment(tmp_path, [decision(n, DAY + timedelta(hours=n)) for n in range(5, 9)], "two")
    before = fingerprint(segments_by_day(tmp_path)[date(2026, 3, 2)])
    gone.unlink()
    assert not has_grown(before, fingerprint(segments_by_day(tmp_path)[date(2026, 3, 2)]))


def test_torn_lines_are_left_out_and_damage_is_named(tmp_path: Path) -> None:
    path = write_segment(tmp_path, [decision(1, DAY)], opened=True)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"schema":1')
    assert date(2026, 3, 2) in segments_by_day(tmp_path)
    path.write_bytes(b'{"schema":1')
    assert not segments_by_day(tmp_path)
    path.write_bytes(b"{}\n")
    with pytest.raises(DecisionLogError, match=path.name):
        segments_by_day(tmp_path)
