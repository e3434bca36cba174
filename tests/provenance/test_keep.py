import re
from pathlib import Path

import pytest

from pixguard.provenance import IncompleteVersionError, SignatureError, VersionError, VersionParts, keep_version
from pixguard.provenance.files import FILES

from .parts import FACTS, VERDICT, model_folder, parts, record


def test_a_version_is_complete_signed_and_named_by_its_content(tmp_path: Path) -> None:
    kept = keep_version(parts(tmp_path / "model"), tmp_path / "versions", tmp_path / "keys" / "signing", record)
    assert sorted(path.name for path in kept.folder.iterdir()) == sorted(FILES)
    assert re.fullmatch(r"v[0-9a-f]{12}", kept.name)
    assert kept.folder == tmp_path / "versions" / kept.name
    assert kept.metrics == VERDICT
    assert kept.onnx.read_bytes() == b"onnx weights" * 1000
    assert [path.name for path in kept.folder.parent.iterdir()] == [kept.name]  # no leftovers


def test_keeping_again_changes_nothing(tmp_path: Path) -> None:
    first = keep_version(parts(tmp_path / "a"), tmp_path / "versions", tmp_path / "key", record)
    before = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    again = keep_version(parts(tmp_path / "b"), tmp_path / "versions", tmp_path / "key", record)
    assert again.folder == first.folder
    assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == before


def test_other_weights_make_another_version(tmp_path: Path) -> None:
    first = keep_version(parts(tmp_path / "a"), tmp_path / "versions", tmp_path / "key", record)
    other = parts(tmp_path / "b")
    (other.model / "model.onnx").write_bytes(b"better")
    assert keep_version(other, tmp_path / "versions", tmp_path / "key", record).name != first.name


def test_a_tampered_folder_is_never_taken_as_kept(tmp_path: Path) -> None:
    kept = keep_version(parts(tmp_path / "a"), tmp_path / "versions", tmp_path / "key", record)
    (kept.folder / "policy.json").write_text('{"approve": "everything"}')
    with pytest.raises(SignatureError, match=r"policy\.json"):
        keep_version(parts(tmp_path / "b"), tmp_path / "versions", tmp_path / "key", record)


@pytest.mark.parametrize("name", ["model.onnx", "calibration.json"])
def test_an_absent_or_empty_part_is_named_before_anything_is_written(tmp_path: Path, name: str) -> None:
    incomplete = parts(tmp_path / "model")
    (incomplete.model / name).write_bytes(b"")
    with pytest.raises(IncompleteVersionError, match=f"{name} absent or empty; run train_model again"):
        keep_version(incomplete, tmp_path / "versions", tmp_path / "key", record)
    assert not (tmp_path / "versions").exists()


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    broken = VersionParts(model_folder(tmp_path / "model"), VERDICT | {"rows": float("nan")}, FACTS)
    with pytest.raises(VersionError, match="nothing was kept"):
        keep_version(broken, tmp_path / "versions", tmp_path / "key", record)
    assert list((tmp_path / "versions").iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    whole = parts(tmp_path / "model")
    (tmp_path / "versions").write_text("a file where the folder should be")
    with pytest.raises(VersionError, match="could not be written"):
        keep_version(whole, tmp_path / "versions", tmp_path / "key", record)
