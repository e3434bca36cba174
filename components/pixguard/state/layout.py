"""How the state of an entity is laid out: its kinds of event, and the segments that tiles belong to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pixguard.declaration import Aggregate, Entity, FeatureSet
from pixguard.kinds import Kind

FORMAT = 1
"""Raise it when the bytes of a blob change their meaning: older state is then refused and rebuilt from batch."""

# Columns of a tile, in the order in which they are merged: by sum, by maximum, by minimum, by OR.
COLUMNS = {"count": 0, "sum": 1, "max": 2, "last": 3, "min": 4, "first": 5, "distinct": 6}


@dataclass(frozen=True)
class Segment:
    """The tiles that one window of some kinds of event is merged from; `kinds` are places in the layout's kinds."""

    window_us: int
    hop_us: int
    kinds: tuple[int, ...]

    @property
    def reach(self) -> int:
        """Number of hops in the window, the open one included."""
        return self.window_us // self.hop_us


@dataclass(frozen=True)
class StateLayout:
    """Kinds of event and segments of one entity of a feature set."""

    entity: Entity
    kinds: tuple[Kind, ...]
    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, feature_set: FeatureSet, entity: Entity) -> StateLayout:
        """Return the layout that the entity's aggregates need, in order of declaration."""
        own = [a for a in feature_set.aggregates if a.measure.entity == entity]
        kinds = tuple(dict.fromkeys(kind for a in own for kind in Kind.of(a)))
        return cls(entity, kinds, tuple(dict.fromkeys(_segment(a, kinds) for a in own)))

    def place(self, aggregate: Aggregate) -> tuple[int, int]:
        """Return where an aggregate is read: the number of its segment, and the column of the tile."""
        return self.segments.index(_segment(aggregate, self.kinds)), COLUMNS[aggregate.operation]

    @cached_property
    def fingerprint(self) -> int:
        """An int64 that differs where state of one layout cannot be read as that of another.

        A further operation over a segment that exists changes nothing: every tile holds all operations.
        """
        meaning = repr((FORMAT, self.entity, self.kinds, self.segments))
        return int.from_bytes(hashlib.sha256(meaning.encode()).digest()[:8], "little", signed=True)

    @cached_property
    def segments_of_kind(self) -> NDArray[np.int64]:
        """Segments that an event of each kind belongs to, int64 [kinds, most], filled up with -1."""
        lists = [[n for n, s in enumerate(self.segments) if kind in s.kinds] for kind in range(len(self.kinds))]
        most = max(map(len, lists))
        return np.array([one + [-1] * (most - len(one)) for one in lists], dtype=np.int64)

    @cached_property
    def delay_us(self) -> NDArray[np.int64]:
        """How long after it happened an event of each kind becomes visible, microseconds."""
        return np.array([kind.delay_us for kind in self.kinds], dtype=np.int64)

    @cached_property
    def hop_us(self) -> NDArray[np.int64]:
        """Length of a hop of each segment, microseconds."""
        return np.array([s.hop_us for s in self.segments], dtype=np.int64)

    @cached_property
    def reach(self) -> NDArray[np.int64]:
        """Hops in the window of each segment."""
        return np.array([s.reach for s in self.segments], dtype=np.int64)


def layouts(feature_set: FeatureSet) -> dict[Entity, StateLayout]:
    """Return the layout of every entity that the set's aggregates need."""
    entities = dict.fromkeys(a.measure.entity for a in feature_set.aggregates)
    return {entity: StateLayout.of(feature_set, entity) for entity in entities}


def _segment(aggregate: Aggregate, kinds: tuple[Kind, ...]) -> Segment:
    places = tuple(sorted(kinds.index(kind) for kind in Kind.of(aggregate)))
    return Segment(aggregate.window_us, aggregate.hop_us, places)
