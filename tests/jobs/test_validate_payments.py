from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixguard.jobs.arguments import utc_time
from pixguard.jobs.validate_payments import main
from tests import small_lake

END = small_lake.END.isoformat()


def test_the_command_line_accepts_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = small_lake.write_lake(tmp_path / "lake")
    assert main(["--lake", str(lake), "--as-of", END]) == 0
    assert "1,200 payments accepted" in capsys.readouterr().err
    assert (lake / "validation" / "payments" / "index.html").exists()
    assert main(["--lake", str(lake), "--as-of", END, "--min-frauds", "1000"]) == 1
    said = capsys.readouterr().err
    assert "column=frauds, min_value=1000" in said
    assert "nothing is trained on these data" in said


def test_a_lake_without_payments_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lake", str(tmp_path)]) == 1
    assert "validate_payments: " in capsys.readouterr().err


@pytest.mark.parametrize("text", ["2026-01-31T12:00", "2026-01-31T12:00Z", "2026-01-31T09:00-03:00"])
def test_times_are_utc(text: str) -> None:
    assert utc_time(text) == datetime(2026, 1, 31, 12, tzinfo=UTC)
