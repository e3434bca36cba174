"""The answer to a payment, typed: what was decided, how sure, why, and with what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from pixguard.client.errors import AnswerError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Decision(StrEnum):
    """What to do with the payment."""

    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Reason:
    """One feature's part in the score, in log-odds; the value is None where the server had none."""

    feature: str
    value: float | None
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One decision. `base` + the contributions of all features (the strongest are in `reasons`) = `log_odds`."""

    end_to_end_id: str
    decision: Decision
    probability: float
    score: float
    model: str
    version: str
    decided_at: datetime
    rules: tuple[str, ...]
    reasons: tuple[Reason, ...]
    base: float
    log_odds: float
    degraded: tuple[str, ...]
    newest_event: datetime | None

    @property
    def is_degraded(self) -> bool:
        """Say whether something was missing when this was decided; `degraded` says what."""
        return bool(self.degraded)


def read_answer(found: Any) -> Answer:
    """Return an answer out of its JSON; AnswerError names the part that is missing or of another kind.

    Parts that this client does not know are left alone: a newer server may say more.
    """
    if not isinstance(found, Mapping):
        raise AnswerError(f"the answer is {_kind(found)}, wanted an object")
    try:
        decision = Decision(_text(found, "decision"))
    except ValueError as error:
        raise AnswerError(f"decision: found another word, wanted one of {', '.join(Decision)}") from error
    return Answer(
        end_to_end_id=_text(found, "end_to_end_id"),
        decision=decision,
        probability=_share(found, "probability"),
        score=_share(found, "score"),
        model=_text(found, "model"),
        version=_text(found, "version"),
        decided_at=_time(found, "decided_at"),
        rules=_texts(found, "rules"),
        reasons=tuple(_reason(reason) for reason in _list(found, "reasons")),
        base=_number(found, "base"),
        log_odds=_number(found, "log_odds"),
        degraded=_texts(found, "degraded"),
        newest_event=_event(found),
    )


def _reason(found: Any) -> Reason:
    if not isinstance(found, Mapping):
        raise AnswerError(f"reasons: found {_kind(found)} among them, wanted objects")
    value = None if found.get("value") is None else _number(found, "value")
    return Reason(_text(found, "feature"), value, _number(found, "contribution"))


def _part(found: Mapping[str, Any], name: str) -> Any:
    if name not in found:
        raise AnswerError(f"{name}: the answer lacks it; is this the scoring API of pixguard, in a version we know?")
    return found[name]


def _text(found: Mapping[str, Any], name: str) -> str:
    value = _part(found, name)
    if not isinstance(value, str):
        raise AnswerError(f"{name}: found {_kind(value)}, wanted text")
    return value


def _number(found: Mapping[str, Any], name: str) -> float:
    value = _part(found, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AnswerError(f"{name}: found {_kind(value)}, wanted a number")
    return float(value)


def _share(found: Mapping[str, Any], name: str) -> float:
    value = _number(found, name)
    if not 0 <= value <= 1:
        raise AnswerError(f"{name}: found a number outside 0 to 1")
    return value


def _list(found: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = _part(found, name)
    if not isinstance(value, list):
        raise AnswerError(f"{name}: found {_kind(value)}, wanted a list")
    return value


def _texts(found: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = _list(found, name)
    if not all(isinstance(value, str) for value in values):
        raise AnswerError(f"{name}: found something else among the texts")
    return tuple(values)


def _time(found: Mapping[str, Any], name: str) -> datetime:
    try:
        when = datetime.fromisoformat(_text(found, name))
    except ValueError as error:
        raise AnswerError(f"{name}: found no time, wanted ISO 8601") from error
    if when.tzinfo is None:
        raise AnswerError(f"{name}: found a time without its offset, wanted UTC")
    return when.astimezone(UTC)


def _event(found: Mapping[str, Any]) -> datetime | None:
    value = _part(found, "newest_event_us")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise AnswerError(f"newest_event_us: found {_kind(value)}, wanted microseconds")
    return _EPOCH + timedelta(microseconds=value)


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
