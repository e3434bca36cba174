from pathlib import Path

import pytest

from pixguard.features import BOOK
from pixguard.jobs.validate_features import main
from tests import small_lake


def test_the_command_line_accepts_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    payments = small_lake.payments(200)
    lake = small_lake.write_lake(tmp_path / "lake", payments)
    small_lake.write_features(lake, payments, BOOK)
    assert main(["--lake", str(lake), "--feature-set", "book"]) == 0
    assert "features of 200 payments" in capsys.readouterr().err
    assert main(["--lake", str(lake), "--feature-set", "pix"]) == 1
    assert "holds the features of 'book', not of 'pix'" in capsys.readouterr().err
