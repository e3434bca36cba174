import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.payment import MAX_AMOUNT_CENTAVOS
from pixguard.policy import (
    Case,
    Costs,
    Decision,
    Exploration,
    Limits,
    Policy,
    PolicyError,
    Sourced,
    broken_limits,
    expected_losses,
    is_night,
)

SEVERITY = list(Decision)
POLICY = Policy()
NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC).timestamp()  # 12 h in Brasília
amounts = st.integers(1, MAX_AMOUNT_CENTAVOS)
probabilities = st.floats(0, 1)
shares = st.floats(0, 1).map(lambda value: Sourced(value, "drawn"))
prices = st.floats(0, 1e7).map(lambda value: Sourced(value, "drawn"))
costs = st.builds(Costs, shares, prices, shares, prices, shares)


def local(hour: int, minute: int = 0) -> float:
    """Return the time at that hour in Brasília."""
    return datetime(2026, 3, 2, 0, 0, tzinfo=UTC).timestamp() + (hour + 3) * 3600 + minute * 60


@given(costs, amounts, probabilities, probabilities)
def test_a_higher_probability_never_makes_a_decision_milder(
    drawn: Costs, amount: int, one: float, other: float
) -> None:
    policy = Policy(drawn)
    low, high = (policy.decide(Case(p, amount, NOON)).decision for p in sorted((one, other)))
    assert SEVERITY.index(low) <= SEVERITY.index(high)


@given(costs, amounts, probabilities)
def test_the_decision_is_the_cheapest_and_the_mildest_of_equals(drawn: Costs, amount: int, probability: float) -> None:
    losses = expected_losses(drawn, probability, amount)
    found = Policy(drawn).decide(Case(probability, amount, NOON))
    assert found.expected_loss_centavos == losses
    assert losses[found.decision] == min(losses.values())
    assert all(losses[milder] > losses[found.decision] for milder in SEVERITY[: SEVERITY.index(found.decision)])
    assert found.rules == ("expected_loss",)


@given(amounts, probabilities, st.floats(0, 2e9), st.none() | st.booleans(), st.none() | st.floats(0, 1e9))
def test_limits_only_make_a_decision_stricter(
    amount: int, probability: float, when: float, registered: bool | None, day: float | None
) -> None:
    case = Case(probability, amount, when, registered, day)
    free = POLICY.decide(Case(probability, amount, NOON)).decision
    found = POLICY.decide(case)
    least = max([free, *broken_limits(POLICY.limits, case).values()], key=SEVERITY.index)
    assert found.decision is least
    assert found.rules


def test_what_the_default_costs_mean_in_reais() -> None:
    """R$ 5,000: held from about 0.3 % on, rejected from about 12 % on; R$ 20 is never worth an analyst."""
    decided = [POLICY.decide(Case(p, 5_000_00, NOON)).decision for p in (0.001, 0.004, 0.1, 0.2)]
    assert decided == [Decision.APPROVE, Decision.HOLD, Decision.HOLD, Decision.REJECT]
    assert [POLICY.decide(Case(p, 20_00, NOON)).decision for p in (0.3, 0.5, 0.9)] == [
        Decision.APPROVE,
        Decision.APPROVE,
        Decision.REJECT,
    ]


@pytest.mark.parametrize(
    ("registered", "amount", "day", "broken"),
    [
        (False, 200_00, 0.0, []),
        (False, 200_01, 0.0, ["device_payment_limit"]),
        (False, 200_00, 800_00.0, []),
        (False, 200_00, 800_01.0, ["device_day_limit"]),
        (False, 100_00, None, []),
        (False, 1_000_01, None, ["device_payment_limit", "device_day_limit"]),
        (True, 900_000_00, 900_000_00.0, []),
        (None, 900_000_00, None, []),
    ],
)
def test_device_limits(registered: bool | None, amount: int, day: float | None, broken: list[str]) -> None:
    case = Case(0.0, amount, NOON, registered, day)
    assert list(broken_limits(Limits(), case)) == broken
    decided = POLICY.decide(case)
    assert decided.decision is (Decision.REJECT if broken else Decision.APPROVE)
    assert decided.rules == (tuple(broken) or ("expected_loss",))


@pytest.mark.parametrize(("hour", "minute", "night"), [(19, 59, False), (20, 0, True), (5, 59, True), (6, 0, False)])
def test_the_night_passes_midnight(hour: int, minute: int, night: bool) -> None:
    assert is_night(Limits(), local(hour, minute)) is night
    found = POLICY.decide(Case(0.0, 1_000_01, local(hour, minute)))
    assert found.decision is (Decision.HOLD if night else Decision.APPROVE)
    assert POLICY.decide(Case(0.0, 1_000_00, local(hour, minute))).decision is Decision.APPROVE


def test_both_reasons_are_told_where_they_agree() -> None:
    found = POLICY.decide(Case(0.99, 5_000_00, NOON, device_registered=False))
    assert found.rules == ("expected_loss", "device_payment_limit", "device_day_limit")


def exploring(share: float, cap: int = 500_00, salt: str = "test") -> Policy:
    return Policy(exploration=Exploration(Sourced(share, "test"), Sourced(cap, "test"), salt))


def would_be_hold(number: int, amount: int = 400_00) -> Case:
    return Case(0.1, amount, NOON, end_to_end_id=f"E{number:031d}")


@given(costs, amounts, probabilities, st.text("0123456789abcdef", min_size=32, max_size=32), st.floats(0, 0.5))
def test_exploration_touches_nothing_but_holds_by_expected_loss_below_the_cap(
    drawn: Costs, amount: int, probability: float, name: str, share: float
) -> None:
    case = Case(probability, amount, NOON, end_to_end_id=name)
    without = Policy(drawn).decide(case)
    policy = Policy(drawn, exploration=Exploration(Sourced(share, "test")))
    found = policy.decide(case)
    assert found == policy.decide(case)
    if without.decision is Decision.HOLD and amount <= 500_00 and share > 0:
        explored = found.decision is Decision.APPROVE
        assert (found.propensity, found.rules) == (
            (share, ("exploration",)) if explored else (1 - share, without.rules)
        )
        assert explored or found.decision is Decision.HOLD
    else:
        assert found == without
        assert found.propensity == 1.0


def test_the_share_is_let_through_and_a_larger_share_only_adds() -> None:
    cases = [would_be_hold(number) for number in range(20_000)]
    through = {
        share: {c.end_to_end_id for c in cases if exploring(share).decide(c).decision is Decision.APPROVE}
        for share in (0.02, 0.1)
    }
    assert abs(len(through[0.02]) / 20_000 - 0.02) < 0.004
    assert abs(len(through[0.1]) / 20_000 - 0.1) < 0.009
    assert through[0.02] < through[0.1]
    other = {c.end_to_end_id for c in cases if exploring(0.1, salt="another").decide(c).decision is Decision.APPROVE}
    assert len(other & through[0.1]) < 400  # independent draws: about 200 in common


def test_nothing_is_explored_beyond_the_cap_or_a_limit() -> None:
    policy, whole_share = exploring(0.5), [would_be_hold(number, 500_01) for number in range(200)]
    assert {policy.decide(case).decision for case in whole_share} == {Decision.HOLD}
    night = exploring(0.5, cap=10**9)
    held = [night.decide(Case(0.01, 1_000_01, local(22), end_to_end_id=f"E{n:031d}")) for n in range(200)]
    assert {(each.decision, each.propensity) for each in held} == {(Decision.HOLD, 1.0)}


def test_a_policy_from_before_exploration_explores_nothing() -> None:
    document = exploring(0.1).to_json()
    del document["exploration"]
    assert Policy.from_json(document) == POLICY
    assert POLICY.exploration.share.value == 0


@given(costs)
def test_a_policy_is_read_as_it_was_written(drawn: Costs) -> None:
    explored = Exploration(Sourced(0.02, "the risk committee, 2026-11"), salt="a key")
    policy = Policy(drawn, Limits(night_from_hour=Sourced(22, "the customer's choice")), explored)
    assert Policy.from_json(policy.to_json()) == policy


def test_every_number_of_the_document_has_a_source() -> None:
    document = POLICY.to_json()
    parts = ("costs", "limits", "exploration")
    numbers = [entry for part in parts for entry in document[part].values() if isinstance(entry, dict)]
    assert len(numbers) == 12
    assert all(entry["source"] for entry in numbers)


@pytest.mark.parametrize(
    ("part", "name", "entry", "message"),
    [
        ("costs", "loss_share", 0.9, "wanted {"),
        ("costs", "loss_share", {"value": 0.9, "source": " "}, "has no source"),
        ("costs", "loss_share", {"value": 1.5, "source": "x"}, "costs.loss_share: 1.5 is no share"),
        ("costs", "hold_cost_centavos", {"value": -1, "source": "x"}, "wanted 0 or more"),
        ("costs", "hold_cost_centavos", {"value": float("nan"), "source": "x"}, "finite number"),
        ("costs", "surprise", {"value": 1, "source": "x"}, "entries differ by ['surprise']"),
        ("exploration", "share", {"value": 0.6, "source": "x"}, "exploration.share: 0.6 is more than 0.5"),
        ("exploration", "salt", "", "exploration.salt: wanted 1 to 64 bytes"),
        ("limits", "night_decision", "maybe", "limits.night_decision: 'maybe'"),
        ("limits", "night_from_hour", {"value": 24, "source": "x"}, "is no hour"),
    ],
)
def test_a_wrong_document_is_named(part: str, name: str, entry: Any, message: str) -> None:
    document = POLICY.to_json()
    document[part][name] = entry
    with pytest.raises(PolicyError, match=re.escape(message)):
        Policy.from_json(document)


def test_a_policy_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(exploring(0.02).to_json()))
    assert Policy.load(path) == exploring(0.02)
    for text in ("[]", "{nothing"):
        path.write_text(text)
        with pytest.raises(PolicyError, match=r"policy\.json"):
            Policy.load(path)


def test_other_schemas_and_shapes_are_refused() -> None:
    with pytest.raises(PolicyError, match="policy schema None"):
        Policy.from_json({"hold_above": 0.05})
    with pytest.raises(PolicyError, match="policy costs: list"):
        Policy.from_json({**POLICY.to_json(), "costs": []})
    with pytest.raises(PolicyError, match=r"probability 1\.5"):
        expected_losses(Costs(), 1.5, 1)
