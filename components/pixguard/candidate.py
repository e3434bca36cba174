"""A trained candidate's folder: everything the gate and the register step read, written as a whole."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from pixguard import calibration
from pixguard.attribution import export_attribution
from pixguard.calibration import Calibration
from pixguard.dataset import Rows, TrainingSet, reference_distributions
from pixguard.declaration import FeatureSet
from pixguard.drift.measures import score_distribution
from pixguard.drift.seasons import seasons_of
from pixguard.explain import medians
from pixguard.feature_service import references, service_name
from pixguard.model import FraudModel
from pixguard.policy import Policy
from pixguard.provenance.files import write_json
from pixguard.weights import export_onnx, save_model

LATENCY_CALLS = 1000
IMPORTANCE_ROWS = 2000


@dataclass(frozen=True)
class Candidate:
    """A fitted model with what belongs to it; `names` orders its features."""

    model: FraudModel
    names: tuple[str, ...]
    calibration: Calibration
    feature_set: FeatureSet
    left_out: tuple[str, ...]


def calibrated(model: FraudModel, data: TrainingSet) -> Calibration:
    """Fit the calibration on the rows that stopped the training of `model`, which fitted only earlier ones.

    It serves the model that is then trained on all rows as well, for which no unseen row is left: the same schedule up
    to the same epoch leaves its scores as sharp, and one share of fraud must be in both (`log_odds_shift`).
    """
    return calibration.fit(
        data.stop.y, model.score(data.stop.x_rf), event_time=data.stop.event_time, trained_until=data.fit.event_time[-1]
    )


def write_candidate(
    candidate: Candidate, taught: Rows, folder: Path, *, judged: Rows | None = None, policy: Policy | None = None
) -> None:
    """Write weights, ONNX, reasons, feature service, calibration, policy and reference distributions into `folder`.

    The reference of the score comes of `judged`, later rows: on those that it was fitted to, a model is too sure. The
    days of both say how far a day of each kind strays from the reference without being drift.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reference = reference_distributions(taught, candidate.names)
    if judged is not None:
        times, x_rf = (
            np.concatenate([a, b]) for a, b in ((taught.event_time, judged.event_time), (taught.x_rf, judged.x_rf))
        )
        reference["seasons"] = seasons_of(reference, candidate.names, times, x_rf)
        reference["score"] = score_distribution(candidate.calibration.apply(candidate.model.score(judged.x_rf)))
    save_model(candidate.model, folder / "model.pt")
    export_onnx(candidate.model, folder / "model.onnx")
    export_attribution(candidate.model, medians(reference, candidate.names), folder / "reasons.onnx")
    service: Mapping[str, Any] = {
        "name": service_name(candidate.feature_set),
        "feature_set": candidate.feature_set.name,
        "references": references(candidate.feature_set),
        "inputs": candidate.names,
        "left_out": candidate.left_out,
    }
    write_json(folder / "feature_service.json", service)
    write_json(folder / "calibration.json", candidate.calibration.to_json())
    write_json(folder / "policy.json", (policy or Policy()).to_json())
    write_json(folder / "reference.json", reference)


def onnx_scores(onnx: Path, x_rf: NDArray[np.float32], batch_rows: int = 8192) -> NDArray[np.float64]:
    """Return the scores that a served file gives, float64 [rows] from raw features [rows, features]."""
    session = _session(onnx)
    starts = range(0, len(x_rf), batch_rows)
    parts = [session.run(None, {"features": np.ascontiguousarray(x_rf[s : s + batch_rows])})[0] for s in starts]
    return np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in parts] or [np.empty(0)])


def latency_p99_ms(onnx: Path, row_f: NDArray[np.float32]) -> float:
    """Return the 99th percentile of scoring one payment with a graph on one thread, milliseconds of that thread.

    The thread's own time and not the clock's: the gate judges the model, not what else the training machine does.
    """
    session = _session(onnx)
    batch = {"features": np.ascontiguousarray(row_f[None, :])}
    taken = []
    for _ in range(LATENCY_CALLS):
        began = time.thread_time_ns()
        session.run(None, batch)
        taken.append(time.thread_time_ns() - began)
    return float(np.percentile(taken[LATENCY_CALLS // 10 :], 99)) / 1e6


def _session(onnx: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])


def importance(model: FraudModel, rows: Rows, names: tuple[str, ...]) -> dict[str, float]:
    """Return each feature's share of what the score owes to features, by occlusion.

    The mean change of the log-odds over the highest-scored rows when the feature is replaced by its median.
    """
    scores = model.score(rows.x_rf)
    x_rf = rows.x_rf[np.argsort(-scores)[:IMPORTANCE_ROWS]]
    moved = model.moved_by_occlusion(x_rf, np.nan_to_num(np.nanmedian(rows.x_rf, axis=0)))
    shares = moved / max(moved.sum(), 1e-12)
    return {name: float(share) for name, share in zip(names, shares, strict=True)}
