"""Load a kept version: verify first, then read. Imports neither MLflow nor torch; the predictor calls it at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixguard.calibration import Calibration, CalibrationError
from pixguard.provenance.errors import IncompleteVersionError
from pixguard.provenance.files import FILES, read_json
from pixguard.provenance.record import Provenance
from pixguard.provenance.signing import verify_folder


@dataclass(frozen=True)
class KeptVersion:
    """A verified version: where it lies, and its metadata."""

    folder: Path
    feature_service: Mapping[str, Any]
    calibration: Calibration
    policy: Mapping[str, Any]
    reference: Mapping[str, Any]
    metrics: Mapping[str, Any]
    provenance: Provenance

    @property
    def name(self) -> str:
        """Return the version's name, a DNS label such as v0123456789ab."""
        return self.provenance.version

    @property
    def onnx(self) -> Path:
        """Return the weights for serving."""
        return self.folder / "model.onnx"

    @property
    def reasons(self) -> Path:
        """Return the graph that scores and explains."""
        return self.folder / "reasons.onnx"

    @property
    def torch(self) -> Path:
        """Return the weights for further training."""
        return self.folder / "model.pt"


def load_version(folder: Path, public_key: Path) -> KeptVersion:
    """Verify the folder against the key, then return its metadata.

    SignatureError on anything tampered, extra, missing or half fetched; IncompleteVersionError when a signed folder is
    no whole version. The weights are opened by the caller, after this returned.
    """
    if not folder.is_dir():
        raise IncompleteVersionError(f"{folder} is no folder: give the folder of one version")
    verify_folder(folder, public_key)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise IncompleteVersionError(f"{folder} lacks {', '.join(missing)}: it was signed incomplete; keep it again")
    try:
        calibration = Calibration.load(folder / "calibration.json")
    except CalibrationError as error:
        raise IncompleteVersionError(f"{error}; keep the version again") from error
    return KeptVersion(
        folder=folder,
        feature_service=read_json(folder / "feature_service.json"),
        calibration=calibration,
        policy=read_json(folder / "policy.json"),
        reference=read_json(folder / "reference.json"),
        metrics=read_json(folder / "metrics.json"),
        provenance=Provenance.from_json(read_json(folder / "provenance.json")),
    )
