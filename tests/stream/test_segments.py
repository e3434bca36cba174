"""Segments go when they are worked off and old; a cleaner that is killed leaves a file or a note of its absence."""

import os
from pathlib import Path

import pytest

from pixguard.producer import write_segment
from pixguard.stream.segments import clean, cleaned_until_us

HOUR_S = 3600
NOW_S = 1_700_000_000


def segments(folder: Path, *ages_h: float) -> None:
    for number, age_h in enumerate(ages_h):
        path = write_segment(folder, f"{number:03d}", [b"{}"])
        os.utime(path, (NOW_S - age_h * HOUR_S,) * 2)


def left(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.jsonl"))


def test_only_what_is_old_goes_and_it_is_noted(tmp_path: Path) -> None:
    segments(tmp_path, 30, 25, 23, 0)
    assert cleaned_until_us(tmp_path) == 0
    assert clean(tmp_path, NOW_S * 1_000_000, 24) == 2
    assert left(tmp_path) == ["002", "003"]
    assert cleaned_until_us(tmp_path) == (NOW_S - 24 * HOUR_S) * 1_000_000
    assert clean(tmp_path, NOW_S * 1_000_000, 24) == 0


def test_what_a_stream_has_not_worked_off_stays(tmp_path: Path) -> None:
    segments(tmp_path, 30, 25)
    assert clean(tmp_path, (NOW_S - 20 * HOUR_S) * 1_000_000, 24) == 0
    assert left(tmp_path) == ["000", "001"]
    assert cleaned_until_us(tmp_path) == 0


def test_the_note_stands_before_the_first_file_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at the first file, and at any later one, what is missing has been noted."""
    segments(tmp_path, 30, 29, 28)
    unlink, killed_at = Path.unlink, ["000", "001", "002"]

    def killed(path: Path, **_: bool) -> None:
        unlink(path)
        if path.stem == killed_at[0]:
            killed_at.pop(0)
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", killed)
    for count in (2, 1, 0):
        with pytest.raises(KeyboardInterrupt):
            clean(tmp_path, NOW_S * 1_000_000, 24)
        assert len(left(tmp_path)) == count
        assert cleaned_until_us(tmp_path) == (NOW_S - 24 * HOUR_S) * 1_000_000


def test_a_note_never_goes_back(tmp_path: Path) -> None:
    segments(tmp_path, 30)
    clean(tmp_path, NOW_S * 1_000_000, 24)
    segments(tmp_path, 99)
    clean(tmp_path, (NOW_S - 40 * HOUR_S) * 1_000_000, 48)
    assert left(tmp_path) == []
    assert cleaned_until_us(tmp_path) == (NOW_S - 24 * HOUR_S) * 1_000_000
