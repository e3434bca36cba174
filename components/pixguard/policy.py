"""Probability, amount and context in; approve, hold or reject out: the cheapest choice by expected loss in centavos.

    approve   p · amount · loss_share
    hold      hold_cost + p · amount · loss_share · (1 - hold_catches)
    reject    (1 - p) · (reject_cost + amount · reject_cost_share)

Each cost is a straight line in p and the slopes fall from line to line, so at one amount a higher probability never
makes a decision milder. Ties go to the milder one. Limits of the regulation come on top: a payment that breaks one gets
at least the limit's own decision. Every number comes from a version's policy.json with its source. Source of the rule:
Elkan 2001, The foundations of cost-sensitive learning.

A blocked payment never shows what it would have been. So a small share of the payments that expected loss alone would
hold may be let through, below a value: chosen by a keyed hash of the id, and logged with the propensity of the choice.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from pixguard.errors import PixguardError

SCHEMA = 1
MAX_EXPLORED_SHARE = 0.5  # beyond it, letting through is the rule and no exploration
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
class Exploration:
    """Which would-be holds are let through: `share` of those up to the cap, drawn by a hash under the key `salt`.

    The same id has the same draw under every version of one salt, on every replica, and again tomorrow.
    """

    share: Sourced = Sourced(0.0, "a choice: off; whoever bears the losses turns it on, 0.02 to begin with")
    cap_centavos: Sourced = Sourced(500_00, "a choice: what one explored fraud may cost at most")
    salt: str = "pixguard"

    def __post_init__(self) -> None:
        if self.share.value > MAX_EXPLORED_SHARE:
            raise PolicyError(f"exploration.share: {self.share.value} is more than {MAX_EXPLORED_SHARE}: not a few")
        if not isinstance(self.salt, str) or not 0 < len(self.salt.encode()) <= hashlib.blake2b.MAX_KEY_SIZE:
            raise PolicyError(f"exploration.salt: wanted 1 to {hashlib.blake2b.MAX_KEY_SIZE} bytes of text")

    def covers(self, amount_centavos: int) -> bool:
        """Tell whether a would-be hold of this value takes part in the draw."""
        return self.share.value > 0 and amount_centavos <= self.cap_centavos.value

    def lets_through(self, end_to_end_id: str) -> bool:
        """Tell whether the draw of this payment is among the share."""
        drawn = hashlib.blake2b(end_to_end_id.encode(), digest_size=8, key=self.salt.encode()).digest()
        return int.from_bytes(drawn, "big") < self.share.value * 2**64


@dataclass(frozen=True)
class Case:
    """What a decision looks at. `device_day_centavos` is what the device sent in the 24 h before, None if unknown."""

    probability: float
    amount_centavos: int
    event_time_s: float  # since the epoch, UTC
    device_registered: bool | None = None
    device_day_centavos: float | None = None
    end_to_end_id: str = ""  # for the draw of exploration alone


@dataclass(frozen=True)
class Outcome:
    """A decision, the rules that led to it, the expected loss of each choice in centavos, and its propensity.

    The propensity is how likely the policy was to take this very decision: 1 unless exploration drew it.
    """

    decision: Decision
    rules: tuple[str, ...]
    expected_loss_centavos: Mapping[Decision, float]
    propensity: float = 1.0


@dataclass(frozen=True)
class Policy:
    """The costs, limits and exploration of one model version."""

    costs: Costs = Costs()
    limits: Limits = Limits()
    exploration: Exploration = Exploration()

    def decide(self, case: Case) -> Outcome:
        """Return the cheapest choice, raised to what a broken limit demands; a hold without one may be explored."""
        losses = expected_losses(self.costs, case.probability, case.amount_centavos)
        cheapest = min(losses, key=losses.__getitem__)  # the first of equals is the mildest
        broken = broken_limits(self.limits, case)
        if cheapest is Decision.HOLD and not broken and self.exploration.covers(case.amount_centavos):
            return self._explored(case, losses)
        strictest = max((cheapest, *broken.values()), key=_SEVERITY.__getitem__)
        rules = tuple(name for name, least in broken.items() if least is strictest)
        return Outcome(strictest, (("expected_loss",) if cheapest is strictest else ()) + rules, losses)

    def _explored(self, case: Case, losses: Mapping[Decision, float]) -> Outcome:
        share = self.exploration.share.value
        if self.exploration.lets_through(case.end_to_end_id):
            return Outcome(Decision.APPROVE, ("exploration",), losses, share)
        return Outcome(Decision.HOLD, ("expected_loss",), losses, 1 - share)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def load(cls, path: Path) -> Policy:
        """Return the policy in a file; PolicyError names the file or the entry."""
        return cls.from_json(_read(path))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """Return the policy of a policy.json; PolicyError names an entry that is missing, unknown or wrong.

        A document without exploration is of a version that has none.
        """
        if data.get("schema") != SCHEMA:
            raise PolicyError(
                f"policy schema {data.get('schema')!r}: this version reads {SCHEMA}; keep the model again"
            )
        whole = {"exploration": asdict(Exploration()), **data}
        _same_names("policy", whole, {"schema", "costs", "limits", "exploration"})
        kinds = {"costs": Costs, "limits": Limits, "exploration": Exploration}
        return cls(**{name: _part(kind, name, whole[name]) for name, kind in kinds.items()})


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PolicyError(f"{path}: {error}; give a version's policy.json") from error
    if not isinstance(data, dict):
        raise PolicyError(f"{path}: holds a {type(data).__name__}; give a version's policy.json")
    return data


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
