"""The request-time features of a set, planned once: features that share a function are computed in one call.

The functions are those of the declarations, and all of them work element by element: given inputs [features, rows] and
keyword arguments [features, 1] they give [features, rows]. So training and serving cannot differ; what the plan saves
is NumPy's price per call, which for one payment is nearly all there is. Numbers are kept as float64, in which float32
and whole numbers below 2^53 (sums of R$ 90 trillion) are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixguard.declaration import FeatureSet, RequestFeature
from pixguard.payment.schema import PAYMENT_FIELDS, Kind

Array = NDArray[Any]
TEXTS = frozenset(f.name for f in PAYMENT_FIELDS if f.kind in (Kind.CHOICE, Kind.ISPB, Kind.TOKENISED, Kind.ID))


@dataclass(frozen=True)
class _Call:
    """One call of a function for several features: places of its inputs and outputs among the numbers."""

    function: Callable[..., Array]
    inputs: tuple[NDArray[np.intp], ...]
    text: str | None
    keywords: Mapping[str, Array]
    outputs: NDArray[np.intp]

    def fill(self, numbers: Array, texts: Mapping[str, Array]) -> None:
        given = [texts[self.text]] if self.text else [numbers[places] for places in self.inputs]
        numbers[self.outputs] = np.asarray(self.function(*given, **self.keywords), dtype=np.float32)


class VectorPlan:
    """Computes what `FeatureSet.vector` computes, float32 bit for bit, in fewer calls."""

    def __init__(self, feature_set: FeatureSet, aggregates: Sequence[str]) -> None:
        columns = feature_set.payment_columns
        self.numeric = tuple(name for name in columns if name not in TEXTS)
        self.texts = tuple(name for name in columns if name in TEXTS)
        # A feature may bear the name of the column it reads: it then takes that column's place, as in `vector` there.
        names = dict.fromkeys((*aggregates, *self.numeric, *(feature.name for feature in feature_set.request)))
        self._place = {name: place for place, name in enumerate(names)}
        self._aggregates = len(aggregates)
        self._given = len(aggregates) + len(self.numeric)
        self._calls = [self._call(group) for group in _groups(feature_set)]
        self._inputs = np.array([self._place[name] for name in feature_set.names], dtype=np.intp)

    def vector(self, aggregates: Array, numeric: Array, texts: Mapping[str, Array]) -> NDArray[np.float32]:
        """Return the model's input, float32 [rows, features].

        `aggregates` is int64 [aggregates, rows], `numeric` float64 [numeric columns, rows] with NaN for null, `texts`
        holds object arrays [rows] by name.
        """
        numbers = np.empty((len(self._place), aggregates.shape[1]))
        numbers[: self._aggregates] = aggregates
        numbers[self._aggregates : self._given] = numeric
        for call in self._calls:
            call.fill(numbers, texts)
        return np.ascontiguousarray(numbers[self._inputs].T, dtype=np.float32)

    def _call(self, features: Sequence[RequestFeature]) -> _Call:
        function, keywords = _parts(features[0])
        text = next((name for name in features[0].inputs if name in TEXTS), None)
        places = [[self._place[name] for name in feature.inputs if name in self._place] for feature in features]
        stacked = {name: np.array([[_parts(feature)[1][name]] for feature in features]) for name in keywords}
        if text:
            stacked = {name: values.astype(object) for name, values in stacked.items()}
        return _Call(
            function,
            tuple(np.array(column, dtype=np.intp) for column in zip(*places, strict=True)),
            text,
            stacked,
            np.array([self._place[feature.name] for feature in features], dtype=np.intp),
        )


def _groups(feature_set: FeatureSet) -> list[list[RequestFeature]]:
    """Gather features that can be computed together: same function, and nothing in between that they wait for."""
    depth: dict[str, int] = {}
    groups: dict[Hashable, list[RequestFeature]] = {}
    for feature in feature_set.request:
        depth[feature.name] = 1 + max((depth.get(name, 0) for name in feature.inputs), default=0)
        function, keywords = _parts(feature)
        text = tuple(name for name in feature.inputs if name in TEXTS)
        key = (depth[feature.name], function, tuple(keywords), text)
        groups.setdefault(key, []).append(feature)
    return [groups[key] for key in sorted(groups, key=lambda key: key[0])]  # type: ignore[index]


def _parts(feature: RequestFeature) -> tuple[Callable[..., Array], dict[str, Any]]:
    """Return the function of a feature and the keyword arguments that its declaration fixes."""
    function = feature.function
    return (function.func, function.keywords) if isinstance(function, partial) else (function, {})
