import pytest

from pixguard.gate.rules import RulesError
from pixguard.rollout import RolloutRules


def test_rules_that_differ_are_read_and_written() -> None:
    rules = RolloutRules.from_json({"min_stage_s": {"value": 5, "reason": "a laptop's demo"}})
    assert rules.min_stage_s.value == 5
    assert RolloutRules.from_json(rules.to_json()) == rules


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"min_stag": {"value": 5, "reason": "x"}}, "unknown rollout rules"),
        ({"flips": 5}, "rule flips: 5, wanted"),
        ({"flips": {"value": True, "reason": "x"}}, "value True, wanted a number"),
        ({"flips": {"value": -1, "reason": "x"}}, "value -1"),
        ({"flips": {"value": 1, "reason": " "}}, "no reason"),
        ({"false_alarm_rate": {"value": 0, "reason": "never"}}, "false_alarm_rate"),
    ],
)
def test_wrong_rules_are_refused(data: dict[str, object], complaint: str) -> None:
    with pytest.raises(RulesError, match=complaint):
        RolloutRules.from_json(data)
