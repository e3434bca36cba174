"""Files on disk: names of a version's files, digests, and folders that appear whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixguard.provenance.errors import IncompleteVersionError

SIGNATURE = "model.sig"
CONTENT = (
    *("model.onnx", "model.pt", "reasons.onnx"),
    *("feature_service.json", "calibration.json", "policy.json", "reference.json"),
)
WRITTEN = ("metrics.json", "model_card.md", "provenance.json", "training.json")
FILES = (*CONTENT, *WRITTEN, SIGNATURE)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex; OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that is replaced at once: a reader sees the old or the new content, never half."""
    hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with hidden.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)


def write_json(path: Path, data: Any) -> None:
    """Write JSON with sorted keys, so that equal data make equal files; ValueError on NaN."""
    write_text(path, json_text(data))


def json_text(data: Any) -> str:
    """Return JSON with sorted keys; ValueError on NaN."""
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object; IncompleteVersionError names the file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise IncompleteVersionError(f"{path}: {error}; fetch or keep the version again") from error
    if not isinstance(data, dict):
        raise IncompleteVersionError(f"{path}: holds a {type(data).__name__}, wanted an object; keep the version again")
    return data


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of a file (links are followed) and wait until the disk has them."""
    with source.open("rb") as reader, target.open("wb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())


@contextmanager
def appearing_folder(folder: Path) -> Iterator[Path]:
    """Yield a hidden sibling that becomes `folder` when the block ends well, and is removed when it does not.

    FileExistsError when another process made the folder meanwhile: the caller decides whether it is as good.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    hidden = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.part")
    hidden.mkdir()
    try:
        yield hidden
        _sync(hidden)
        if folder.exists():
            raise FileExistsError(f"{folder} exists")
        hidden.rename(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
