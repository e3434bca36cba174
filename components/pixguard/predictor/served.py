"""A version folder → everything an answer needs, verified and tried out before the first payment comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pixguard.calibration import Calibration
from pixguard.decision_log import OF_STATE
from pixguard.decision_log.record import names_sha256
from pixguard.declaration import FeatureSet
from pixguard.errors import PixguardError
from pixguard.explain import Explainer, check_same_score, medians
from pixguard.features import FEATURE_SETS
from pixguard.online import OnlineFeatures, Vectors
from pixguard.payment import Payment
from pixguard.policy import Case, Policy
from pixguard.provenance import load_version

DEVICE_DAY = "device_centavos_sum_24h"


class ServedError(PixguardError):
    """A verified version that this code cannot serve: it was made by other declarations."""


@dataclass(frozen=True)
class Served:
    """One version, ready to answer; arrays are in the order of its inputs."""

    name: str
    feature_set: FeatureSet  # as declared: the stream writes state for all of it
    features: OnlineFeatures
    columns: NDArray[np.int64] | None  # of the declared features, those that the version reads; None if all
    explainer: Explainer
    calibration: Calibration
    policy: Policy
    medians_f: NDArray[np.float32]
    of_state_f: NDArray[np.bool_]  # which inputs need state: these are medians where there is none
    device_day: int | None  # column of what the device sent in 24 h
    names_sha256: str

    @classmethod
    def load(cls, folder: Path, public_key: Path) -> Served:
        """Verify and open the version in `folder`; a PixguardError says why it must not be served."""
        kept = load_version(folder, public_key)
        declared, inputs = declared_set(kept.feature_service), tuple(kept.feature_service["inputs"])
        medians_f = medians(kept.reference, inputs)
        explainer = Explainer(kept.reasons, inputs)
        check_same_score(explainer, kept.onnx, np.stack([medians_f, np.zeros_like(medians_f), medians_f * 2]))
        places = np.array([declared.names.index(name) for name in inputs])
        return cls(
            name=kept.name,
            feature_set=declared,
            features=OnlineFeatures(declared),
            columns=None if inputs == declared.names else places,
            explainer=explainer,
            calibration=kept.calibration,
            policy=Policy.from_json(kept.policy),
            medians_f=medians_f,
            of_state_f=needs_state(declared)[places],
            device_day=inputs.index(DEVICE_DAY) if DEVICE_DAY in inputs else None,
            names_sha256=names_sha256(inputs),
        )

    def with_state(self, payments: Sequence[Payment], states: Sequence[bytes | None]) -> Vectors:
        """Return the version's inputs, float32 [rows, inputs]; StateError where a state cannot be read."""
        vectors = self.features.vectors(payments, states)
        return vectors if self.columns is None else vectors._replace(x_rf=vectors.x_rf[:, self.columns])

    def without_state(self, payments: Sequence[Payment]) -> NDArray[np.float32]:
        """Return inputs with the training medians in place of everything that needs state."""
        nothing = [None] * (len(payments) * len(self.features.views))
        return np.where(self.of_state_f, self.medians_f, self.with_state(payments, nothing).x_rf)


def declared_set(service: Mapping[str, Any]) -> FeatureSet:
    """Return the declared set that the version reads a part of; ServedError where the declarations moved on."""
    declared = FEATURE_SETS.get(service["feature_set"])
    if declared is None:
        raise ServedError(f"feature set {service['feature_set']!r} is not declared here; serve it with its own release")
    missing = sorted(set(service["inputs"]) - set(declared.names))
    if missing:
        raise ServedError(
            f"the version reads {missing[:5]}, which are not declared here; serve it with its own release"
        )
    return declared


class Judged(Protocol):
    """What of a payment the policy looks at."""

    @property
    def end_to_end_id(self) -> str:
        """Draws what is explored."""

    @property
    def amount_centavos(self) -> int:
        """Centavos."""

    @property
    def event_time(self) -> datetime:
        """UTC."""

    @property
    def device_registered(self) -> bool | None:
        """None where it is not known."""


def case_of(
    payment: Judged, probability: float, x_f: NDArray[np.float32], device_day: int | None, degraded: Sequence[str]
) -> Case:
    """Return what the policy looks at; what the device sent is unknown where its state was not read."""
    sent = None if device_day is None or not OF_STATE.issuperset(degraded) else float(x_f[device_day])
    return Case(
        probability,
        payment.amount_centavos,
        payment.event_time.timestamp(),
        payment.device_registered,
        sent,
        payment.end_to_end_id,
    )


def needs_state(feature_set: FeatureSet) -> NDArray[np.bool_]:
    """Tell for each feature of a set whether it is an aggregate or computed from one, bool [features]."""
    of_state = {one.name for one in feature_set.aggregates}
    for feature in feature_set.request:
        if of_state.intersection(feature.inputs):
            of_state.add(feature.name)
    return np.array([name in of_state for name in feature_set.names])
