"""The same server core over state that is an hour old: what a feature store refreshed by an hourly job would know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import orjson

from pixguard.client.answer import Answer, read_answer
from pixguard.decision_log import open_decision_log
from pixguard.declaration import Entity, FeatureSet
from pixguard.online import StateKey, times_us
from pixguard.online_store import OnlineStore
from pixguard.predictor.memory import Memory
from pixguard.predictor.metrics import Metrics
from pixguard.predictor.scorer import Asked, Scorer
from pixguard.predictor.served import Served
from pixguard.predictor.states import StateReader
from pixguard.state import header, layouts, rewound

MODEL = "pix-fraud"


class EarlierStore:
    """An online store as it was at `until_us`: what happened since is cut off the states that are read."""

    def __init__(self, store: OnlineStore, feature_set: FeatureSet) -> None:
        self._store, self._layouts = store, layouts(feature_set)
        self.until_us = 0
        self.inexact = 0  # states in which a tile hides something younger

    def read(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        """Return the earlier state of each key."""
        return [blob and self._earlier(key, blob) for key, blob in zip(keys, self._store.read(keys), strict=True)]

    async def aread(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        """Return the earlier state of each key."""
        return self.read(keys)

    def write(self, entity: Entity, states: Mapping[str, bytes]) -> None:
        """Refuse: the past does not change."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the store behind."""
        self._store.close()

    async def aclose(self) -> None:
        """Close the store behind."""
        await self._store.aclose()

    def _earlier(self, key: StateKey | None, blob: bytes) -> bytes | None:
        assert key is not None  # a store has no state of no key
        layout = self._layouts[key.entity]
        self.inexact += header(layout, blob).folded_until_us >= self.until_us
        return rewound(layout, blob, self.until_us)


class HourOld:
    """Decides payments with the version that serves, from state as of `age` before each of them."""

    def __init__(self, scorer: Scorer, store: EarlierStore, age: timedelta) -> None:
        self._scorer, self._store, self._age_us = scorer, store, age // timedelta(microseconds=1)

    def decide(self, asked: Asked) -> Answer:
        """Return what would be answered."""
        self._store.until_us = int(times_us([asked.payment])[0]) - self._age_us
        (answer,) = self._scorer.score([asked])
        return read_answer(orjson.loads(answer))

    @property
    def inexact(self) -> int:
        """Return how many states could not be brought back that far."""
        return self._store.inexact


@contextmanager
def hour_old(served: Served, store: OnlineStore, logs: Path, age: timedelta) -> Iterator[HourOld]:
    """Yield the scorer; its decisions are logged below `logs`, apart from those of servers."""
    earlier, log = EarlierStore(store, served.feature_set), open_decision_log(f"file://{logs}", "hour-old")
    metrics = Metrics(MODEL, served.name)
    scorer = Scorer(MODEL, served, reader=StateReader(earlier), log=log, metrics=metrics, memory=Memory())
    try:
        yield HourOld(scorer, earlier, age)
    finally:
        log.close()
