"""Probability, amount and context in; approve, hold or reject out: the cheapest choice by expected loss in centavos.

    approve   p · amount · loss_share
    hold      hold_cost + p · amount · loss_share · (1 - hold_catches)
    reject    (1 - p) · (reject_cost + amount · reject_cost_share)

Each cost is a straight line in p and the slopes fall from line to line, so at one amount a higher probability never
makes a decision milder. Ties go to the milder one. Limits of the regulation come on top: a payment that breaks one gets
at least the limit's own decision. Every number comes from a version's policy.json with its source. Source of the rule:
Elkan 2001, The foundations of cost-sensitive learning.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from pixguard.errors import PixguardError

SCHEMA = 1
BRASILIA_OFFSET_S = -3 * 3600  # all year since decree 9.772/2019


class PolicyError(PixguardError):
    """A policy document that cannot be decided by; the message names the entry."""


class Decision(StrEnum):
    """What happens to a payment, from mild to severe."""

    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"


_SEVERITY = {decision: place for place, decision in enumerate(Decision)}


@dataclass(frozen=True)
class Sourced:
    """A number of the policy and where it comes from."""

    value: float
    source: str

    def __post_init__(self) -> None:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not math.isfinite(self.value):
            raise PolicyError(f"value {self.value!r}: wanted a finite number")
        if self.value < 0:
            raise PolicyError(f"value {self.value}: wanted 0 or more")
        if not isinstance(self.source, str) or not self.source.strip():
            raise PolicyError(f"value {self.value} has no source: say where the number comes from")


@dataclass(frozen=True)
class Costs:
    """What each decision costs, centavos and shares."""

    loss_share: Sourced = Sourced(0.93, "MED gave back 7 % of the money in 2024 (BCB, accepted notifications)")
    hold_cost_centavos: Sourced = Sourced(12_00, "a choice: ten minutes of an analyst and a customer kept waiting")
    hold_catches: Sourced = Sourced(0.90, "a choice: of ten frauds held, one talks the customer into confirming")
    reject_cost_centavos: Sourced = Sourced(25_00, "a choice: a complaint handled and some goodwill lost")
    reject_cost_share: Sourced = Sourced(0.01, "a choice: large payments that fail send customers to other banks")

    def __post_init__(self) -> None:
        for name in ("loss_share", "hold_catches", "reject_cost_share"):
            if getattr(self, name).value > 1:
                raise PolicyError(f"costs.{name}: {getattr(self, name).value} is no share: wanted 0 to 1")


@dataclass(frozen=True)
class Limits:
    """Limits of the regulation; `…_decision` is the least that happens to a payment beyond one."""

    device_payment_centavos: Sourced = Sourced(200_00, "Res. BCB 403/2024: an unregistered device, each payment")
    device_day_centavos: Sourced = Sourced(1_000_00, "Res. BCB 403/2024: an unregistered device, each day")
    device_decision: str = Decision.REJECT
    night_centavos: Sourced = Sourced(1_000_00, "Res. BCB 142/2021: natural persons at night, unless they raised it")
    night_from_hour: Sourced = Sourced(20, "Res. BCB 142/2021: 20 to 06 h unless the customer chose 22 h")
    night_until_hour: Sourced = Sourced(6, "Res. BCB 142/2021")
    night_decision: str = Decision.HOLD  # the contract does not tell persons from companies, nor raised limits

    def __post_init__(self) -> None:
        for name in ("device_decision", "night_decision"):
            if getattr(self, name) not in list(Decision):
                raise PolicyError(f"limits.{name}: {getattr(self, name)!r}, wanted one of {', '.join(Decision)}")
        for name in ("night_from_hour", "night_until_hour"):
            if not 0 <= getattr(self, name).value < 24:
                raise PolicyError(f"limits.{name}: {getattr(self, name).value} is no hour: wanted 0 to 23")


@dataclass(frozen=True)
class Case:
    """What a decision looks at. `device_day_centavos` is what the device sent in the 24 h before, None if unknown."""

    probability: float
    amount_centavos: int
    event_time_s: float  # since the epoch, UTC
    device_registered: bool | None = None
    device_day_centavos: float | None = None


@dataclass(frozen=True)
class Outcome:
    """A decision, the rules that led to it, and the expected loss of each choice in centavos."""

    decision: Decision
    rules: tuple[str, ...]
    expected_loss_centavos: Mapping[Decision, float]


@dataclass(frozen=True)
class Policy:
    """The costs and limits of one model version."""

    costs: Costs = Costs()
    limits: Limits = Limits()

    def decide(self, case: Case) -> Outcome:
        """Return the cheapest choice, raised to what a broken limit demands."""
        losses = expected_losses(self.costs, case.probability, case.amount_centavos)
        cheapest = min(losses, key=losses.__getitem__)  # the first of equals is the mildest
        broken = broken_limits(self.limits, case)
        strictest = max((cheapest, *broken.values()), key=_SEVERITY.__getitem__)
        rules = tuple(name for name, least in broken.items() if least is strictest)
        return Outcome(strictest, (("expected_loss",) if cheapest is strictest else ()) + rules, losses)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """Return the policy of a policy.json; PolicyError names an entry that is missing, unknown or wrong."""
        if data.get("schema") != SCHEMA:
            raise PolicyError(
                f"policy schema {data.get('schema')!r}: this version reads {SCHEMA}; keep the model again"
            )
        _same_names("policy", data, {"schema", "costs", "limits"})
        return cls(_part(Costs, "costs", data["costs"]), _part(Limits, "limits", data["limits"]))


def expected_losses(costs: Costs, probability: float, amount_centavos: int) -> dict[Decision, float]:
    """Return the expected loss of each choice, centavos; the probability is in [0, 1]."""
    if not 0 <= probability <= 1:
        raise PolicyError(f"probability {probability}: wanted 0 to 1")
    stolen = probability * amount_centavos * costs.loss_share.value
    refused = costs.reject_cost_centavos.value + amount_centavos * costs.reject_cost_share.value
    return {
        Decision.APPROVE: stolen,
        Decision.HOLD: costs.hold_cost_centavos.value + stolen * (1 - costs.hold_catches.value),
        Decision.REJECT: (1 - probability) * refused,
    }


def broken_limits(limits: Limits, case: Case) -> dict[str, Decision]:
    """Return the limits that the payment breaks, each with the least decision it demands."""
    broken: dict[str, Decision] = {}
    amount = case.amount_centavos
    if case.device_registered is False:
        if amount > limits.device_payment_centavos.value:
            broken["device_payment_limit"] = Decision(limits.device_decision)
        if amount + (case.device_day_centavos or 0) > limits.device_day_centavos.value:
            broken["device_day_limit"] = Decision(limits.device_decision)
    if amount > limits.night_centavos.value and is_night(limits, case.event_time_s):
        broken["night_limit"] = Decision(limits.night_decision)
    return broken


def is_night(limits: Limits, event_time_s: float) -> bool:
    """Tell whether a time lies in the limits' night, Brasília time; the night may pass midnight."""
    hour = (event_time_s + BRASILIA_OFFSET_S) // 3600 % 24
    first, end = limits.night_from_hour.value, limits.night_until_hour.value
    return (hour - first) % 24 < (end - first) % 24


def _part(kind: type[Any], name: str, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise PolicyError(f"policy {name}: {type(data).__name__}, wanted an object")
    _same_names(name, data, {field.name for field in fields(kind)})
    try:
        return kind(**{key: _entry(value) for key, value in data.items()})
    except PolicyError as error:
        raise PolicyError(f"policy {name}: {error}") from error


def _entry(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping) or set(value) != {"value", "source"}:
        raise PolicyError(f'{value!r}: wanted {{"value": number, "source": text}}')
    return Sourced(**value)


def _same_names(where: str, data: Mapping[str, Any], wanted: set[str]) -> None:
    if set(data) != wanted:
        raise PolicyError(f"{where}: entries differ by {sorted(set(data) ^ wanted)}; wanted {sorted(wanted)}")
