import subprocess
import sys
from pathlib import Path

import pytest

from pixguard.provenance import (
    IncompleteVersionError,
    KeptVersion,
    SignatureError,
    ensure_key,
    keep_version,
    load_version,
    sign_folder,
)

from .parts import parts, record


@pytest.fixture
def kept(tmp_path: Path) -> KeptVersion:
    return keep_version(parts(tmp_path / "model"), tmp_path / "versions", tmp_path / "key", record)


def test_metadata_are_typed(kept: KeptVersion, tmp_path: Path) -> None:
    loaded = load_version(kept.folder, tmp_path / "key.pub")
    assert loaded == kept
    assert loaded.calibration.c == -3.0
    assert loaded.provenance.seed == 7
    assert loaded.policy == {"name": "policy"}


def test_nothing_is_read_before_the_signature_holds(kept: KeptVersion, tmp_path: Path) -> None:
    (kept.folder / "calibration.json").write_text("not even JSON")
    with pytest.raises(SignatureError, match=r"calibration\.json"):
        load_version(kept.folder, tmp_path / "key.pub")


def test_a_half_fetched_version_is_refused(kept: KeptVersion, tmp_path: Path) -> None:
    (kept.folder / "model.onnx").write_bytes(kept.onnx.read_bytes()[:100])
    (kept.folder / "reference.json").unlink()
    with pytest.raises(SignatureError, match=r"reference\.json.*model\.onnx"):
        load_version(kept.folder, tmp_path / "key.pub")


def test_signed_but_incomplete_or_malformed_is_refused(kept: KeptVersion, tmp_path: Path) -> None:
    (kept.folder / "policy.json").unlink()
    sign_folder(kept.folder, tmp_path / "key")
    with pytest.raises(IncompleteVersionError, match=r"lacks policy\.json"):
        load_version(kept.folder, tmp_path / "key.pub")
    (kept.folder / "policy.json").write_text("{}")
    (kept.folder / "calibration.json").write_text("{}")
    sign_folder(kept.folder, tmp_path / "key")
    with pytest.raises(IncompleteVersionError, match=r"calibration\.json"):
        load_version(kept.folder, tmp_path / "key.pub")


def test_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(IncompleteVersionError, match="nowhere is no folder"):
        load_version(tmp_path / "nowhere", ensure_key(tmp_path / "key"))


def test_serving_needs_no_heavy_imports(kept: KeptVersion, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from pixguard.provenance import load_version\n"
        f"load_version(pathlib.Path({str(kept.folder)!r}), pathlib.Path({str(tmp_path / 'key.pub')!r}))\n"
        "print([name for name in ('torch', 'mlflow', 'pyspark', 'kfp', 'pandas', 'sklearn') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
