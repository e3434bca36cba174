"""What training knows and writes beside the weights as training.json: the gate and the model card read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from pixguard.provenance.errors import IncompleteVersionError
from pixguard.provenance.files import read_json

TRAINING = "training.json"


@dataclass(frozen=True)
class TrainingFacts:
    """Data, features and kind of a trained model; None means not measured, which the gate calls undecided.

    `training_from` and `training_until` are event times of the first and last training row, ISO 8601 with a zone.
    `feature_auc` is `gate.single_feature_auc` of training rows, `feature_importance` any share-like number by feature.
    """

    title: str
    data: str
    data_snapshot_sha256: str
    seed: int
    model: str
    training_from: str
    training_until: str
    training_rows: int
    training_frauds: int
    features: Sequence[str]
    features_left_out: Mapping[str, str] = field(default_factory=dict)  # name → why
    feature_auc: Mapping[str, float] | None = None
    feature_importance: Mapping[str, float] | None = None
    latency_p99_ms: float | None = None
    mlflow_run_id: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    intended_use: str = "Scores a Pix payment before it is sent, for the payer's institution."

    def __post_init__(self) -> None:
        for name in ("training_from", "training_until"):
            self._time(name)

    @property
    def trained_until(self) -> datetime:
        """Event time of the last training row."""
        return self._time("training_until")

    def _time(self, name: str) -> datetime:
        value = getattr(self, name)
        try:
            time = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise IncompleteVersionError(f"{TRAINING}: {name} {value!r} is no ISO 8601 time; train again") from error
        if time.tzinfo is None:
            raise IncompleteVersionError(f"{TRAINING}: {name} {value!r} has no zone; write UTC with +00:00")
        return time

    @classmethod
    def load(cls, model: Path) -> TrainingFacts:
        """Return the facts in a model's folder; IncompleteVersionError names the file and the wrong fields."""
        data = read_json(model / TRAINING)
        unknown = sorted(set(data) - {each.name for each in fields(cls)})
        if unknown:
            raise IncompleteVersionError(f"{model / TRAINING}: unknown fields {unknown}; train with this version")
        try:
            return cls(**data)
        except TypeError as error:
            raise IncompleteVersionError(f"{model / TRAINING}: {error}; train again") from error

    def to_json(self) -> dict[str, Any]:
        """Return what `load` reads."""
        return asdict(self)
