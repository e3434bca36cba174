"""The history of a place where nothing was released; a release's own history is told in test_roll_back."""

from pathlib import Path

import pytest

from pixguard.cli import main
from tests.release.repository import make_repository


def test_a_place_without_releases_has_its_seed_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = make_repository(tmp_path)
    assert main(["history", "--git", str(bare)]) == 0
    told = capsys.readouterr().out
    assert "by hand" in told
    assert "v000000000001" in told


def test_an_unknown_environment_or_repository_is_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = make_repository(tmp_path)
    assert main(["history", "--git", str(tmp_path / "nowhere")]) == 1
    assert "git fetch" in capsys.readouterr().err
    assert main(["history", "--git", str(bare), "--env", "moon"]) == 1
    assert "kustomize/overlays/moon/model.yaml never was in" in capsys.readouterr().err
