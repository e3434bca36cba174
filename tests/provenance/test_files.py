import subprocess
import sys
from pathlib import Path

import pytest

from pixguard.provenance import IncompleteVersionError
from pixguard.provenance.files import appearing_folder, read_json, write_json

from .parts import parts

KEEP = """
import sys
from pathlib import Path
from pixguard.provenance import VersionError, VersionParts, collect, keep_version
from pixguard.provenance.facts import TrainingFacts
model, versions, key = (Path(argument) for argument in sys.argv[1:])
facts = TrainingFacts(**{facts!r})
try:
    keep_version(
        VersionParts(model, {verdict!r}, facts), versions, key,
        lambda name: collect(version=name, data_snapshot_sha256="ab" * 32, seed=7, kept_by="tester"),
    )
except VersionError as error:
    sys.exit(str(error))
"""


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with appearing_folder(tmp_path / "v1") as hidden:
        (hidden / "a").write_text("1")
        assert not (tmp_path / "v1").exists()
    assert (tmp_path / "v1" / "a").read_text() == "1"
    with pytest.raises(RuntimeError, match="killed"), appearing_folder(tmp_path / "v2"):
        raise RuntimeError("killed")
    with pytest.raises(FileExistsError), appearing_folder(tmp_path / "v1"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["v1"]


def test_a_disk_that_fills_up_leaves_no_version(tmp_path: Path) -> None:
    """The kernel refuses what is written beyond 5 kB a file (EFBIG for ENOSPC), in a process of its own."""
    made = parts(tmp_path / "model")
    script = KEEP.format(facts=made.facts.to_json(), verdict=dict(made.verdict))
    arguments = [str(tmp_path / name) for name in ("model", "versions", "key")]
    limited = ["prlimit", "--fsize=5000", "--", sys.executable, "-B", "-c", script, *arguments]
    done = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert "nothing was kept" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "versions").iterdir()) == []


def test_json_comes_back_and_a_broken_file_is_named(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": [1, "é"]})
    assert read_json(tmp_path / "a.json") == {"b": [1, "é"]}
    (tmp_path / "a.json").write_text('{"b": ')
    with pytest.raises(IncompleteVersionError, match=r"a\.json: .*keep the version again"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[1]")
    with pytest.raises(IncompleteVersionError, match="holds a list"):
        read_json(tmp_path / "a.json")
