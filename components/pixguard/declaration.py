"""What a feature declaration is: aggregates over windows of hops, request-time features, and sets of both.

An `Aggregate` is (key, column, operation, window, hop, delay). Time is cut into hops; the window of a payment at `t`
is `[floor(t / hop) * hop - window + hop, t)`: it begins at a hop boundary, ends strictly before the payment and is
never longer than `window`; a hop is a twelfth of the window where nothing else is declared. An event belongs to it
when `event_time + delay` lies inside; a label is an event at the moment it became known. All aggregates are int64 and
0 where the window is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pixguard.errors import PixguardError

Entity = Literal["account", "device", "pair"]
Role = Literal["sent", "received"]
Source = Literal["payments", "labels"]
Key = Literal["payer", "payee", "device", "pair"]
Operation = Literal["count", "sum", "max", "min", "distinct", "first", "last"]

MICROSECONDS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
HOPS_PER_WINDOW = 12


class DeclarationError(PixguardError):
    """A declaration that has no meaning; the message names the field, what it holds and what it may hold."""


@dataclass(frozen=True)
class Measure:
    """One column that can be aggregated: where its events come from and what a payment needs to have it.

    `entity` is the key of the state (an account pays and is paid), `role` says on which side of the payment the
    entity stands, `only` keeps the labels of one verdict, `counterparty` is what a distinct count counts, `requires`
    names the optional payment columns needed.
    """

    entity: Entity
    role: Role
    value: Literal["one", "amount_centavos", "counterparty"] = "one"
    source: Source = "payments"
    only: Literal["", "fraud", "honest"] = ""
    requires: tuple[str, ...] = ()


def _side(role: Role, counterparties: str) -> dict[str, Measure]:
    return {
        role: Measure("account", role),
        f"{role}_centavos": Measure("account", role, "amount_centavos"),
        f"{role}_{counterparties}": Measure("account", role, "counterparty"),
        f"{role}_labels": Measure("account", role, source="labels"),
        f"{role}_frauds": Measure("account", role, source="labels", only="fraud"),
        f"{role}_fraud_centavos": Measure("account", role, "amount_centavos", source="labels", only="fraud"),
        f"{role}_honest": Measure("account", role, source="labels", only="honest"),
    }


_ACCOUNT_MEASURES = _side("sent", "payees") | _side("received", "payers")
MEASURES: Mapping[str, Mapping[str, Measure]] = {
    "payer": _ACCOUNT_MEASURES,
    "payee": _ACCOUNT_MEASURES,
    "device": {
        "payments": Measure("device", "sent", requires=("device_id",)),
        "centavos": Measure("device", "sent", "amount_centavos", requires=("device_id",)),
        "payers": Measure("device", "sent", "counterparty", requires=("device_id",)),
    },
    "pair": {
        "payments": Measure("pair", "sent"),
        "centavos": Measure("pair", "sent", "amount_centavos"),
    },
}
_VALUES_OF: Mapping[str, tuple[str, ...]] = {
    "count": ("one",),
    "sum": ("amount_centavos",),
    "max": ("amount_centavos",),
    "min": ("amount_centavos",),
    "distinct": ("counterparty",),
    "first": ("one",),
    "last": ("one",),
}


def duration_us(text: str) -> int:
    """Return the microseconds of a duration such as `5m`, `24h` or `30d`; DeclarationError for anything else."""
    match = re.fullmatch(r"([1-9]\d*)([smhd])", text)
    if match is None:
        raise DeclarationError(f"duration {text!r}: write a whole number and s, m, h or d, such as 5m or 30d")
    return int(match[1]) * MICROSECONDS[match[2]]


@dataclass(frozen=True)
class Aggregate:
    """One windowed number about the past of a payment's payer, payee, device or (payer, payee) pair."""

    key: Key
    column: str
    operation: Operation
    window: str
    hop: str = ""
    delay: str = ""

    def __post_init__(self) -> None:
        if not self.hop:
            object.__setattr__(self, "hop", f"{duration_us(self.window) // HOPS_PER_WINDOW // MICROSECONDS['s']}s")
        if self.column not in MEASURES.get(self.key, {}):
            known = ", ".join(MEASURES.get(self.key, MEASURES))
            raise DeclarationError(f"{self.key} has no column {self.column!r}: choose one of {known}")
        if self.measure.value not in _VALUES_OF.get(self.operation, ()):
            raise DeclarationError(f"{self.key} {self.column}: {self.operation} of {self.measure.value} has no meaning")
        if self.window_us % self.hop_us or self.hop_us > self.window_us:
            raise DeclarationError(f"{self.name}: hop {self.hop} does not divide the window {self.window}")
        if self.delay and self.measure.source == "labels":
            raise DeclarationError(f"{self.name}: a label already comes at the time it became known; drop the delay")

    @property
    def measure(self) -> Measure:
        """The measure that is aggregated."""
        return MEASURES[self.key][self.column]

    @property
    def view(self) -> str:
        """The feature view that holds it, which is its key."""
        return self.key

    @property
    def feature(self) -> str:
        """The name inside its view, such as `sent_centavos_sum_24h`."""
        delayed = f"_delayed_{self.delay}" if self.delay else ""
        return f"{self.column}_{self.operation}_{self.window}{delayed}"

    @property
    def name(self) -> str:
        """The full name, such as `payer_sent_centavos_sum_24h`."""
        return f"{self.key}_{self.feature}"

    @property
    def window_us(self) -> int:
        """Length of the window, microseconds."""
        return duration_us(self.window)

    @property
    def hop_us(self) -> int:
        """Length of a hop, microseconds."""
        return duration_us(self.hop)

    @property
    def delay_us(self) -> int:
        """How long after its payment an event becomes visible, microseconds."""
        return duration_us(self.delay) if self.delay else 0


@dataclass(frozen=True)
class RequestFeature:
    """A number computed at request time: a NumPy function of payment columns, aggregates and earlier request features.

    `function` takes one array [rows] for each of `inputs` and returns an array [rows]; a null input arrives as NaN.
    """

    name: str
    inputs: tuple[str, ...]
    function: Callable[..., NDArray[Any]]

    def compute(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the feature, float32 [rows]; DeclarationError names a column that is missing."""
        missing = [name for name in self.inputs if name not in columns]
        if missing:
            raise DeclarationError(f"{self.name} needs {', '.join(missing)}, which the input lacks")
        return np.asarray(self.function(*(columns[name] for name in self.inputs)), dtype=np.float32)


@dataclass(frozen=True)
class FeatureSet:
    """The inputs of one model: aggregates and request-time features, in the order of the model's columns.

    `helpers` names aggregates and request features that only feed others; times of a first or last event always do.
    """

    name: str
    aggregates: tuple[Aggregate, ...]
    request: tuple[RequestFeature, ...] = ()
    helpers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [*(a.name for a in self.aggregates), *(r.name for r in self.request)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DeclarationError(f"{self.name}: declared twice: {', '.join(twice)}")
        unknown = sorted(set(self.helpers) - set(names))
        if unknown:
            raise DeclarationError(f"{self.name}: helpers that are not declared: {', '.join(unknown)}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Model inputs in column order: the aggregates that a model reads as they are, then the request features."""
        raw = (a.name for a in self.aggregates if a.operation not in ("first", "last"))
        return tuple(name for name in (*raw, *(r.name for r in self.request)) if name not in self.helpers)

    @cached_property
    def payment_columns(self) -> tuple[str, ...]:
        """Columns of the payment that the request features read, sorted."""
        known = {a.name for a in self.aggregates}
        columns: set[str] = set()
        for feature in self.request:
            columns.update(name for name in feature.inputs if name not in known)
            known.add(feature.name)
        return tuple(sorted(columns))

    def by_view(self) -> dict[str, tuple[Aggregate, ...]]:
        """Return the aggregates of each feature view, in order of declaration."""
        views = dict.fromkeys(a.view for a in self.aggregates)
        return {view: tuple(a for a in self.aggregates if a.view == view) for view in views}

    def available(self, columns: Iterable[str]) -> FeatureSet:
        """Return the set without the features that need payment columns which are not among `columns`."""
        have = set(columns)
        aggregates = tuple(a for a in self.aggregates if have.issuperset(a.measure.requires))
        have |= {a.name for a in aggregates}
        request: list[RequestFeature] = []
        for feature in self.request:
            if have.issuperset(feature.inputs):
                request.append(feature)
                have.add(feature.name)
        helpers = tuple(name for name in self.helpers if name in have)
        return replace(self, aggregates=aggregates, request=tuple(request), helpers=helpers)

    def left_out(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the features that `available(columns)` drops."""
        kept = set(self.available(columns).names)
        return tuple(name for name in self.names if name not in kept)

    def vector(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the model's input, float32 [rows, features], from payment columns and aggregates by name."""
        known = dict(columns)
        for feature in self.request:
            known[feature.name] = feature.compute(known)
        return np.stack([np.asarray(known[name], dtype=np.float32) for name in self.names], axis=1)


def aggregates(
    key: Key, column: str, operation: Operation, *windows: str, hop: str = "", delay: str = ""
) -> tuple[Aggregate, ...]:
    """Return one aggregate for each window."""
    return tuple(Aggregate(key, column, operation, window, hop, delay) for window in windows)
