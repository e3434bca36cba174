"""Write a kept version: complete, signed, verified, and visible only then."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixguard.provenance.card import model_card
from pixguard.provenance.errors import IncompleteVersionError, VersionError
from pixguard.provenance.facts import TRAINING, TrainingFacts
from pixguard.provenance.files import CONTENT, appearing_folder, copy_file, file_sha256, write_json, write_text
from pixguard.provenance.record import Provenance
from pixguard.provenance.signing import ensure_key, sign_folder
from pixguard.provenance.version import KeptVersion, load_version


@dataclass(frozen=True)
class VersionParts:
    """What a version is made of: a folder with the files of `CONTENT`, the verdict, and training.json."""

    model: Path
    verdict: Mapping[str, Any]  # verdict.json of the gate
    facts: TrainingFacts

    def name(self) -> str:
        """Return the version's name, made from its content: v + 12 hex digits, a DNS label as KServe wants it.

        IncompleteVersionError names the files that lack or are empty.
        """
        bad = [each for each in CONTENT if not (self.model / each).is_file() or not (self.model / each).stat().st_size]
        if bad:
            raise IncompleteVersionError(f"{self.model}: {', '.join(bad)} absent or empty; run train_model again")
        whole = hashlib.sha256()
        for each in CONTENT:
            whole.update(f"{each}\0{file_sha256(self.model / each)}\n".encode())
        return f"v{whole.hexdigest()[:12]}"


def keep_version(
    parts: VersionParts, versions: Path, private_key: Path, provenance: Callable[[str], Provenance]
) -> KeptVersion:
    """Write `versions`/<name> from its parts and return it, verified; the same parts give the same folder once.

    `provenance` makes the record for a version's name. A version that was kept before is verified and returned as it
    is: a version never changes. VersionError when a folder of that name does not verify.
    """
    public_key = ensure_key(private_key)
    name = parts.name()
    folder = versions / name
    if not folder.exists():
        try:
            with appearing_folder(folder) as hidden:
                _fill(hidden, parts, provenance(name))
                sign_folder(hidden, private_key)
                load_version(hidden, public_key)
        except (OSError, ValueError) as error:
            if not folder.exists():
                raise VersionError(f"{folder} could not be written: {error}; nothing was kept") from error
    return load_version(folder, public_key)


def _fill(folder: Path, parts: VersionParts, record: Provenance) -> None:
    for each in CONTENT:
        copy_file(parts.model / each, folder / each)
    write_json(folder / "metrics.json", dict(parts.verdict))
    write_json(folder / "provenance.json", record.to_json())
    write_json(folder / TRAINING, parts.facts.to_json())
    write_text(folder / "model_card.md", model_card(parts.facts, parts.verdict, record))
