"""The request-time features of a set, planned once: features that share a function are computed in one call.

The functions are those of the declarations, and all of them work element by element: given inputs [features, rows] and
keyword arguments [features, 1] they give [features, rows]. So training and serving cannot differ; what the plan saves
is NumPy's price per call, which for one payment is nearly all there is: what copies a column is no call at all, and
what reads only texts, of which there are few, is remembered. Numbers are kept as float64, in which float32 and whole
numbers below 2^53 (sums of R$ 90 trillion) are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixguard.declaration import DeclarationError, FeatureSet, RequestFeature
from pixguard.payment.schema import PAYMENT_FIELDS, Kind

Array = NDArray[Any]
Texts = tuple[str | None, ...]
TEXTS = frozenset(f.name for f in PAYMENT_FIELDS if f.kind in (Kind.CHOICE, Kind.ISPB, Kind.TOKENISED, Kind.ID))
TIME = "event_time"
_MOST_TEXTS = 4096  # combinations of values whose features are kept: those of choices are a few hundred


@dataclass(frozen=True)
class _Call:
    """One call of a function for several features: places of its inputs and outputs among the numbers."""

    function: Callable[..., Array]
    inputs: tuple[NDArray[np.intp], ...]
    keywords: Mapping[str, Array]
    outputs: NDArray[np.intp]
    feeds: bool  # others read a feature as float32; what only the model reads is rounded at the end

    def fill(self, numbers: Array) -> None:
        found = self.function(*(numbers[places] for places in self.inputs), **self.keywords)
        numbers[self.outputs] = found.astype(np.float32) if self.feeds else found


class VectorPlan:
    """Computes what `FeatureSet.vector` computes, float32 bit for bit, in fewer calls."""

    def __init__(self, feature_set: FeatureSet, aggregates: Sequence[str]) -> None:
        columns = feature_set.payment_columns
        self.numeric = tuple(name for name in columns if name not in TEXTS and name != TIME)
        self.texts = tuple(name for name in columns if name in TEXTS)
        # A feature may bear the name of the column it reads: it then takes that column's place, as in `vector` there.
        names = (*aggregates, *self.numeric, TIME, *(feature.name for feature in feature_set.request))
        self._place = {name: place for place, name in enumerate(dict.fromkeys(names))}
        self._aggregates = len(aggregates)
        self._time = self._place[TIME]
        declared = {feature.name for feature in feature_set.request}
        feeding = {name for feature in feature_set.request for name in feature.inputs if name != feature.name}
        copies = {
            feature.name: feature.inputs[0]
            for feature in feature_set.request
            if feature.function is np.asarray
            and feature.name not in feeding
            and (feature.inputs[0] == feature.name or feature.inputs[0] not in declared)
        }
        of_texts = [feature for feature in feature_set.request if TEXTS.intersection(feature.inputs)]
        for feature in of_texts:
            if not TEXTS.issuperset(feature.inputs):
                raise DeclarationError(f"{feature.name}: reads texts and numbers, wanted the one or the other")
        self._of_texts = np.array([self._place[feature.name] for feature in of_texts], dtype=np.intp)
        self._from_texts = lru_cache(_MOST_TEXTS)(partial(_from_texts, of_texts, self.texts))
        rest = [feature for feature in feature_set.request if feature.name not in copies and feature not in of_texts]
        self._calls = [self._call(group, feeding) for group in _groups(rest)]
        self._inputs = np.array([self._place[copies.get(name, name)] for name in feature_set.names], dtype=np.intp)

    def vector(
        self, aggregates: Array, numeric: Array, times_us: NDArray[np.int64], texts: Sequence[Texts]
    ) -> NDArray[np.float32]:
        """Return the model's input, float32 [rows, features].

        `aggregates` is int64 [aggregates, rows], `numeric` float64 [numeric columns, rows] with NaN for null,
        `times_us` [rows], `texts` holds for each row the values of `self.texts`.
        """
        numbers = np.empty((len(self._place), aggregates.shape[1]))
        numbers[: self._aggregates] = aggregates
        numbers[self._aggregates : self._time] = numeric
        numbers[self._time] = times_us
        if self._of_texts.size:
            numbers[self._of_texts] = np.array([self._from_texts(values) for values in texts]).T
        for call in self._calls:
            call.fill(numbers)
        return np.ascontiguousarray(numbers[self._inputs].T, dtype=np.float32)

    def _call(self, features: Sequence[RequestFeature], feeding: set[str]) -> _Call:
        function, keywords = _parts(features[0])
        places = [[self._place[name] for name in feature.inputs] for feature in features]
        return _Call(
            function,
            tuple(np.array(column, dtype=np.intp) for column in zip(*places, strict=True)),
            {name: np.array([[_parts(feature)[1][name]] for feature in features]) for name in keywords},
            np.array([self._place[feature.name] for feature in features], dtype=np.intp),
            any(feature.name in feeding for feature in features),
        )


def _groups(features: Sequence[RequestFeature]) -> list[list[RequestFeature]]:
    """Gather features that can be computed together: same function, and nothing in between that they wait for."""
    depth: dict[str, int] = {}
    groups: dict[Hashable, list[RequestFeature]] = {}
    for feature in features:
        depth[feature.name] = 1 + max((depth.get(name, 0) for name in feature.inputs), default=0)
        function, keywords = _parts(feature)
        groups.setdefault((depth[feature.name], function, tuple(keywords)), []).append(feature)
    return [groups[key] for key in sorted(groups, key=lambda key: key[0])]  # type: ignore[index]


def _parts(feature: RequestFeature) -> tuple[Callable[..., Array], dict[str, Any]]:
    """Return the function of a feature and the keyword arguments that its declaration fixes."""
    function = feature.function
    return (function.func, function.keywords) if isinstance(function, partial) else (function, {})


def _from_texts(features: Sequence[RequestFeature], names: Sequence[str], values: Texts) -> NDArray[np.float32]:
    """Return the features that read nothing but texts, float32 [features]."""
    columns = {name: np.array([value], dtype=object) for name, value in zip(names, values, strict=True)}
    return np.concatenate([feature.compute(columns) for feature in features])
