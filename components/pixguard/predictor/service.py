"""One model as its fronts see it: whether it is ready and why not, and answers behind the bound on waiting payments."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, TypeVar

from pixguard.predictor.admission import Admission
from pixguard.predictor.errors import InputError, NotReadyError, RequestError
from pixguard.predictor.metrics import Metrics
from pixguard.predictor.scorer import Scorer, asked_of

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
UNKNOWN_VERSION = "none"


class Phase(StrEnum):
    """Where a process is in its life."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    ENDING = "ending"


class Service:
    """Answers for one model name, from the moment its version is loaded until the process is told to end."""

    def __init__(self, model: str, admission: Admission) -> None:
        self.model, self.admission = model, admission
        self.metrics = Metrics(model, UNKNOWN_VERSION)
        self.version = UNKNOWN_VERSION
        self.phase, self.why = Phase.LOADING, "the version is being verified and loaded"
        self.scorer: Scorer | None = None

    @property
    def is_ready(self) -> bool:
        """Tell whether new requests should come here."""
        return self.phase is Phase.READY

    def loaded(self, scorer: Scorer) -> None:
        """Begin to answer."""
        self.scorer, self.metrics, self.version = scorer, scorer.metrics, scorer.served.name
        if self.phase is Phase.LOADING:
            self.phase, self.why = Phase.READY, ""
            self.metrics.ready.set(1)

    def failed(self, why: str) -> None:
        """Stay alive and not ready, and say why."""
        self.phase, self.why = Phase.FAILED, why

    def ending(self) -> None:
        """Ask to be left out of new requests; those that come all the same are still answered."""
        self.phase, self.why = Phase.ENDING, "the process is ending"
        self.metrics.ready.set(0)

    async def answer(self, instances: Any, *, replay: bool, began_ns: int, where: str = "instances") -> list[bytes]:
        """Return an answer for each payment; a RequestError says why there is none for any of them."""
        if self.scorer is None:
            raise NotReadyError(f"model {self.model} is not ready: {self.why}")
        if not isinstance(instances, list) or not instances:
            raise InputError(f"{where}: found no list of payments, wanted at least one", where)
        count = len(instances)
        self.admission.check_batch(count)
        self.admission.enter(count)
        try:
            asked = [asked_of(values, f"{where}[{place}]") for place, values in enumerate(instances)]
            return await self.scorer.ascore(asked, replay=replay, began_ns=began_ns)
        finally:
            self.admission.leave(count)

    async def counted(self, work: Callable[[int], Awaitable[Answer]]) -> Answer:
        """Return what `work` returns, given the time it began; count its outcome and its seconds."""
        began_ns = time.perf_counter_ns()
        try:
            answer = await work(began_ns)
        except RequestError as error:
            self.metrics.requests[error.outcome].inc()
            raise
        except BaseException:
            self.metrics.requests["error"].inc()
            raise
        self.metrics.requests["ok"].inc()
        self.metrics.request_seconds.observe((time.perf_counter_ns() - began_ns) / 1e9)
        return answer
