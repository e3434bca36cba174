import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pixguard.provenance import KeyFileError, SignatureError, ensure_key, sign_folder, verify_folder


@pytest.fixture
def signed(tmp_path: Path) -> tuple[Path, Path]:
    """A signed folder and the public key."""
    folder = tmp_path / "v1"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"weights" * 1000)
    (folder / "policy.json").write_text("{}")
    public_key = ensure_key(tmp_path / "signing")
    sign_folder(folder, tmp_path / "signing")
    return folder, public_key


def change_byte(folder: Path) -> None:
    content = bytearray((folder / "model.onnx").read_bytes())
    content[3] ^= 1
    (folder / "model.onnx").write_bytes(content)


def cut_short(folder: Path) -> None:
    (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:-1])


def delete(folder: Path) -> None:
    (folder / "model.onnx").unlink()


def add(folder: Path) -> None:
    (folder / "extra.py").write_text("import os")


def add_git_file(folder: Path) -> None:
    (folder / ".gitattributes").write_text("* text")


def swap_names(folder: Path) -> None:
    (folder / "model.onnx").rename(folder / "x")
    (folder / "policy.json").rename(folder / "model.onnx")
    (folder / "x").rename(folder / "policy.json")


def link(folder: Path) -> None:
    (folder / "model.onnx").rename(folder.parent / "model.onnx")
    (folder / "model.onnx").symlink_to(folder.parent / "model.onnx")


def unsign(folder: Path) -> None:
    (folder / "model.sig").unlink()


def cut_signature(folder: Path) -> None:
    text = (folder / "model.sig").read_text()
    (folder / "model.sig").write_text(text[: len(text) // 2])


def empty_signature(folder: Path) -> None:
    (folder / "model.sig").write_text("{}")


def forge(folder: Path) -> None:
    text = (folder / "model.sig").read_text()
    at = text.index('"sig"') + 30
    (folder / "model.sig").write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])


def test_an_untouched_folder_verifies_here_and_with_the_common_tool(signed: tuple[Path, Path]) -> None:
    folder, public_key = signed
    verify_folder(folder, public_key)
    moved = folder.rename(folder.with_name("elsewhere"))
    verify_folder(moved, public_key)
    command = [sys.executable, "-m", "model_signing", "verify", "key", str(moved)]
    options = ["--signature", str(moved / "model.sig"), "--public_key", str(public_key)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (change_byte, "model.onnx"),
        (cut_short, "model.onnx"),
        (delete, "Missing files.*model.onnx"),
        (add, "Extra files.*extra.py"),
        (add_git_file, "Extra files.*.gitattributes"),
        (swap_names, "model.onnx"),
        (link, "model.onnx"),
        (unsign, "model.sig is missing"),
        (cut_signature, "v1"),
        (empty_signature, "v1"),
        (forge, "v1"),
    ],
)
def test_what_is_not_as_signed_is_refused_by_name(
    signed: tuple[Path, Path], tamper: Callable[[Path], None], message: str
) -> None:
    folder, public_key = signed
    tamper(folder)
    with pytest.raises(SignatureError, match=message):
        verify_folder(folder, public_key)


def test_another_key_is_refused(signed: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="Key mismatch"):
        verify_folder(signed[0], ensure_key(tmp_path / "other"))


def test_the_key_is_private_made_once_and_kept(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "signing"
    with ThreadPoolExecutor(8) as pool:
        public = set(pool.map(lambda _: ensure_key(key).read_bytes(), range(8)))
    assert len(public) == 1
    assert key.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in key.parent.iterdir()) == ["signing", "signing.pub"]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    ensure_key(tmp_path / "signing")
    (tmp_path / "signing").chmod(0o640)
    with pytest.raises(KeyFileError, match=r"mode 0640.*chmod 600"):
        ensure_key(tmp_path / "signing")


def test_unusable_keys_are_named(signed: tuple[Path, Path], tmp_path: Path) -> None:
    folder, public_key = signed
    (tmp_path / "text").write_text("no key")
    (tmp_path / "text").chmod(0o600)
    with pytest.raises(KeyFileError, match="no PEM private key"):
        ensure_key(tmp_path / "text")
    with pytest.raises(KeyFileError, match="text"):
        sign_folder(folder, tmp_path / "text")
    with pytest.raises(KeyFileError, match=r"absent\.pub"):
        verify_folder(folder, tmp_path / "absent.pub")
    public_key.write_bytes(ensure_key(tmp_path / "other").read_bytes())
    with pytest.raises(KeyFileError, match="does not belong to"):
        ensure_key(tmp_path / "signing")
