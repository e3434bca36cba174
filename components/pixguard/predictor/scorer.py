"""The core: payments in, answers out. Validate, read state, compute features, score, explain, decide, log.

It knows no protocol. `ascore` shares an event loop, `score` blocks; both do the same around the read of the store.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from pixguard.decision_log import LATE, STALE, DecisionLog, record_line
from pixguard.decision_log.record import utc_text
from pixguard.explain import Explained
from pixguard.online import StateKey
from pixguard.payment import Payment, PaymentError, check_one
from pixguard.predictor.batcher import Batcher
from pixguard.predictor.errors import InputError, NotReadyError
from pixguard.predictor.memory import Memory, digest
from pixguard.predictor.metrics import Metrics
from pixguard.predictor.served import Served, case_of
from pixguard.predictor.states import StateReader, States
from pixguard.state import StateError
from pixguard.state.blob import NEVER

log = logging.getLogger(__name__)
REASONS = 5
TURN = 8  # payments scored before others on the event loop get their turn


class Asked(NamedTuple):
    """A payment that keeps the contract, as JSON too: its digest, the log and the answer need it written."""

    payment: Payment
    json: bytes
    digest: bytes


class _Input(NamedTuple):
    """What the model reads of one payment, and how far it is to be trusted."""

    x_1f: NDArray[np.float32]
    newest_us: int | None
    degraded: list[str]


class _Found(NamedTuple):
    """The same, and what the model says."""

    x_f: NDArray[np.float32]
    explained: Explained
    newest_us: int | None
    degraded: list[str]


class Scorer:
    """Answers payments with one version of a model."""

    def __init__(
        self, model: str, served: Served, *, reader: StateReader, log: DecisionLog, metrics: Metrics, memory: Memory
    ) -> None:
        self.model, self.served, self.metrics = model, served, metrics
        self._reader, self._log, self._memory = reader, log, memory
        self._find = Batcher(self._afind)

    async def ascore(self, asked: Sequence[Asked], *, replay: bool = False, began_ns: int | None = None) -> list[bytes]:
        """Return an answer as JSON for each payment; ConflictError where one id stands for two payments.

        The same payment again, also while the first is being worked on, gets the first one's bytes. A replay is scored
        anew, logged as such, and neither remembered nor counted as a decision.
        """
        began_ns = began_ns or time.perf_counter_ns()
        if replay:
            return await self._anew(asked, began_ns, replay=True)
        promises: dict[str, asyncio.Future[bytes]] = {}
        try:
            fresh, answers = self._remembered(asked, promises)
            if fresh:
                for each, answer in zip(fresh, await self._anew(fresh, began_ns, replay=False), strict=True):
                    self._keep(each, answer, promises)
        except BaseException:
            self._break(promises)
            raise
        return [answer if isinstance(answer, bytes) else await answer for answer in answers]

    def score(self, asked: Sequence[Asked]) -> list[bytes]:
        """Return the answers of payments scored again, for tools without an event loop; logged as replays."""
        began_ns = time.perf_counter_ns()
        inputs = self._inputs(asked, self._reader.read(self._keys(asked)))
        found = [self._found(one) for one in inputs]
        return [self._answer(each, one, began_ns, replay=True) for each, one in zip(asked, found, strict=True)]

    def _remembered(
        self, asked: Sequence[Asked], promises: dict[str, asyncio.Future[bytes]]
    ) -> tuple[list[Asked], list[bytes | asyncio.Future[bytes]]]:
        """Return the payments to work on, and for each asked its answer or the promise of one."""
        now, fresh = time.monotonic(), []
        answers: list[bytes | asyncio.Future[bytes]] = []
        for each in asked:
            name = each.payment.end_to_end_id
            answer = self._memory.get(name, each.digest, now)
            if answer is None:
                answer = promises[name] = asyncio.get_running_loop().create_future()
                self._memory.put(name, each.digest, answer, now)
                fresh.append(each)
            else:
                self.metrics.repeats.inc()
            answers.append(answer)
        return fresh, answers

    def _keep(self, asked: Asked, answer: bytes, promises: dict[str, asyncio.Future[bytes]]) -> None:
        name = asked.payment.end_to_end_id
        promises.pop(name).set_result(answer)
        self._memory.put(name, asked.digest, answer, time.monotonic())

    def _break(self, promises: dict[str, asyncio.Future[bytes]]) -> None:
        """Tell those who wait for the same payment that it got no answer, and forget it."""
        for name, promise in promises.items():
            self._memory.forget(name)
            promise.set_exception(NotReadyError("the first request of this payment ended without an answer: ask again"))
            promise.exception()  # nobody has to wait for it

    async def _anew(self, asked: Sequence[Asked], began_ns: int, *, replay: bool) -> list[bytes]:
        answers: list[bytes] = []
        for each, one in zip(asked, await self._find(asked), strict=True):
            if answers:
                await asyncio.sleep(0)  # single payments need not wait for a whole batch
            answers.append(self._answer(each, one, began_ns, replay=replay))
        return answers

    def _keys(self, asked: Sequence[Asked]) -> list[StateKey | None]:
        return [key for each in asked for key in self.served.features.keys(each.payment)]

    async def _afind(self, asked: list[Asked]) -> list[_Found]:
        """Return what is found for each payment; the model's weights stay in the processor's cache meanwhile."""
        found: list[_Found] = []
        for one in self._inputs(asked, await self._reader.aread(self._keys(asked))):
            if len(found) % TURN == TURN - 1:
                await asyncio.sleep(0)
            found.append(self._found(one))
        return found

    def _found(self, given: _Input) -> _Found:
        return _Found(given.x_1f[0], self.served.explainer.explain(given.x_1f), given.newest_us, given.degraded)

    def _inputs(self, asked: Sequence[Asked], states: States) -> list[_Input]:
        """Return the model's inputs, from state, or with training medians where that cannot be had."""
        if states.degraded is not None:
            return self._without_state(asked, states.degraded)
        try:
            vectors = self.served.with_state([each.payment for each in asked], states.found)
        except StateError as error:
            if len(asked) > 1:  # whoever has damaged state has it alone
                width = len(states.found) // len(asked)
                parts = [states._replace(found=states.found[at * width : (at + 1) * width]) for at in range(len(asked))]
                return [one for each, own in zip(asked, parts, strict=True) for one in self._inputs([each], own)]
            log.error("online state: %s", error)
            return self._without_state(asked, "state_damaged")
        stale = [STALE] if states.is_stale else []
        newest, late = vectors.newest_event_us.tolist(), vectors.is_ahead.tolist()
        return [
            _Input(vectors.x_rf[row : row + 1], None if at == NEVER else at, [LATE, *stale] if late[row] else stale)
            for row, at in enumerate(newest)
        ]

    def _without_state(self, asked: Sequence[Asked], why: str) -> list[_Input]:
        x_rf = self.served.without_state([each.payment for each in asked])
        return [_Input(x_rf[row : row + 1], None, [why]) for row in range(len(asked))]

    def _answer(self, asked: Asked, seen: _Found, began_ns: int, *, replay: bool) -> bytes:
        """Decide, log and count one payment."""
        payment, served, explained = asked.payment, self.served, seen.explained
        probability = served.calibration.apply_one(explained.score)
        case = case_of(payment, probability, seen.x_f, served.device_day, seen.degraded)
        outcome = served.policy.decide(case)
        found = {
            "decided_at": utc_text(datetime.now(UTC)),
            "end_to_end_id": payment.end_to_end_id,
            "model": self.model,
            "version": served.name,
            "score": explained.score,
            "probability": probability,
            "decision": outcome.decision.value,
            "rules": outcome.rules,
            "reasons": served.explainer.reasons(explained, seen.x_f, REASONS),
            "base": explained.base,
            "degraded": seen.degraded,
            "newest_event_us": seen.newest_us,
        }
        self._record(asked, {**found, "propensity": outcome.propensity}, seen.x_f, began_ns, replay)
        self._count(payment, found, replay)
        return orjson.dumps({**found, "log_odds": explained.log_odds})

    def _record(
        self, asked: Asked, found: Mapping[str, Any], x_f: NDArray[np.float32], began_ns: int, replay: bool
    ) -> None:
        values = {
            **found,
            "latency_us": (time.perf_counter_ns() - began_ns) // 1000,
            "replay": replay,
            "payment": orjson.Fragment(asked.json),
            "features": {"names_sha256": self.served.names_sha256, "values": x_f},
        }
        self._log.put(record_line(values))

    def _count(self, payment: Payment, found: Mapping[str, Any], replay: bool) -> None:
        metrics = self.metrics
        if replay:
            metrics.replays.inc()
            return
        metrics.decisions[found["decision"]].inc()
        metrics.score.observe(found["probability"])
        for reason in found["degraded"]:
            metrics.degraded[reason].inc()
        if found["newest_event_us"] is not None:
            metrics.state_age_seconds.observe(payment.event_time.timestamp() - found["newest_event_us"] / 1e6)


def asked_of(values: Any, where: str = "") -> Asked:
    """Return the payment in a parsed JSON object; InputError names the field, after `where`, and never a value."""
    if not isinstance(values, dict):
        raise InputError(f"{where or 'payment'}: found {type(values).__name__}, wanted an object", where or "payment")
    try:
        payment = check_one(values)
    except PaymentError as error:
        field = f"{where}.{error.field}" if where else error.field
        raise InputError(f"{where}.{error}" if where else str(error), field) from error
    written = orjson.dumps(payment)
    return Asked(payment, written, digest(written))
