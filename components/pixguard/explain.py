"""Score and reasons of one payment from a version's reasons.onnx: signed contributions that add up to the log-odds.

The graph (`attribution`) holds the whole model, so one run gives the score and its reasons. Rows are scored one by one:
a matrix product rounds otherwise for many rows than for one, and a score must not depend on who came with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from pixguard.errors import PixguardError

OUTPUTS = ("score", "log_odds", "base", "contributions", "gap")
SAME_SCORE = 1e-5


class ExplainError(PixguardError):
    """A graph that does not explain the model it lies beside."""


class Explained(NamedTuple):
    """One payment's score; base + sum of contributions = log_odds, of which `gap` was shared out."""

    score: float
    log_odds: float
    base: float
    contributions: NDArray[np.float32]  # [features]
    gap: float


class Explainer:
    """Runs reasons.onnx on one thread: a replica is one core."""

    def __init__(self, reasons: Path, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._session = session(reasons)
        found = tuple(output.name for output in self._session.get_outputs())
        width = self._session.get_inputs()[0].shape[1]
        if found != OUTPUTS or width != len(self.names):
            raise ExplainError(f"{reasons}: gives {found} for {width} features, wanted {OUTPUTS} for {len(names)}")
        self._run = self._session.run

    def explain(self, x_1f: NDArray[np.float32]) -> Explained:
        """Return score and contributions of one row, float32 [1, features]."""
        score, log_odds, base, contributions, gap = self._run(None, {"features": x_1f})
        return Explained(float(score[0]), float(log_odds[0]), float(base[0]), contributions[0], float(gap[0]))

    def reasons(self, explained: Explained, x_f: NDArray[np.float32], count: int) -> list[dict[str, Any]]:
        """Return the `count` largest contributions, most important first; a null's value is None."""
        contributions = explained.contributions
        order = (-np.abs(contributions)).argsort(kind="stable")[:count].tolist()
        values, parts = x_f.tolist(), contributions.tolist()
        return [
            {
                "feature": self.names[at],
                "value": None if values[at] != values[at] else values[at],
                "contribution": parts[at],
            }
            for at in order
        ]


def check_same_score(explainer: Explainer, model: Path, rows: NDArray[np.float32]) -> None:
    """Return if model.onnx, which the gate judged, gives the scores of reasons.onnx; ExplainError otherwise."""
    judged = session(model)
    for row in rows:
        x_1f = row[None, :]
        (expected,) = judged.run(None, {"features": x_1f})
        found = explainer.explain(x_1f).score
        if abs(found - float(np.ravel(expected)[0])) > SAME_SCORE:
            raise ExplainError(f"{model}: scores {float(np.ravel(expected)[0])}, reasons.onnx {found}: keep it again")


def medians(reference: Mapping[str, Any], names: Sequence[str]) -> NDArray[np.float32]:
    """Return the training medians in the order of `names`, float32 [features], out of what reference.json holds."""
    try:
        return np.array([reference["features"][name]["median"] for name in names], dtype=np.float32)
    except (KeyError, TypeError) as error:
        raise ExplainError(f"reference.json lacks the median of {error}: keep the version again") from error


def session(path: Path) -> ort.InferenceSession:
    """Return a session on one thread that does not spin; ExplainError where the file is no graph."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises a type of its own for each status, none of them documented
        raise ExplainError(
            f"{path}: {type(error).__name__}: no graph that can be run; fetch the version again"
        ) from error
