import pytest

from pixguard.gate.rules import RulesError
from pixguard.retraining import RetrainingRules


def test_a_file_replaces_bounds_by_name_and_a_reason_is_needed() -> None:
    rules = RetrainingRules.from_json({"max_runs": {"value": 2, "reason": "reviewers are few"}})
    assert (rules.max_runs.value, rules.drift_days) == (2, RetrainingRules().drift_days)
    assert RetrainingRules.from_json(rules.to_json()) == rules
    for wrong in ({"max_run": {"value": 2, "reason": "x"}}, {"max_runs": {"value": 2}}, {"max_runs": 2}):
        with pytest.raises(RulesError):
            RetrainingRules.from_json(wrong)
