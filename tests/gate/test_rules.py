from dataclasses import fields
from typing import Any

import pytest

from pixguard.gate import Bound, GateRules, RulesError


def test_every_number_has_a_reason() -> None:
    for field in fields(GateRules):
        bound = getattr(GateRules(), field.name)
        assert len(bound.reason) > 20, field.name


def test_a_file_may_replace_some_bounds_and_comes_back_whole() -> None:
    rules = GateRules.from_json({"ap_ceiling": {"value": 0.8, "reason": "perfect knowledge reaches .791"}})
    assert rules.ap_ceiling == Bound(0.8, "perfect knowledge reaches .791")
    assert rules.min_frauds == GateRules().min_frauds
    assert GateRules.from_json(rules.to_json()) == rules


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"ap_celing": {"value": 1, "reason": "typo"}},
            r"unknown gate rules \['ap_celing'\]: known .*'ap_ceiling'",
        ),
        ({"ap_ceiling": 0.8}, "rule ap_ceiling: 0.8, wanted"),
        ({"ap_ceiling": {"value": 0.8}}, "wanted"),
        ({"ap_ceiling": {"value": "0.8", "reason": "text"}}, "'0.8' is not a number"),
        ({"ap_ceiling": {"value": True, "reason": "bool"}}, "True is not a number"),
        ({"ap_ceiling": {"value": 0.8, "reason": " "}}, "has no reason"),
        ({"ap_ceiling": {"value": float("nan"), "reason": "nan"}}, "wanted a finite number"),
    ],
)
def test_a_broken_file_names_the_rule(data: dict[str, Any], message: str) -> None:
    with pytest.raises(RulesError, match=message):
        GateRules.from_json(data)
