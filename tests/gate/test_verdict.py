import json

from hypothesis import given
from hypothesis import strategies as st

from pixguard.gate import Check, Outcome, Verdict


def verdict(*outcomes: Outcome) -> Verdict:
    checks = tuple(Check(f"c{i}", each, 0.0, 0.0, "a test") for i, each in enumerate(outcomes))
    return Verdict(checks, {}, (), rows=1, frauds=0)


@given(st.lists(st.sampled_from(Outcome), min_size=1))
def test_only_all_passed_passes_and_one_failure_fails(outcomes: list[Outcome]) -> None:
    whole = verdict(*outcomes)
    assert whole.passed == all(each is Outcome.PASSED for each in outcomes)
    assert (whole.outcome is Outcome.FAILED) == (Outcome.FAILED in outcomes)


def test_no_check_at_all_is_no_pass() -> None:
    assert not verdict().passed


def test_json_holds_the_derived_outcomes() -> None:
    data = json.loads(json.dumps(verdict(Outcome.PASSED, Outcome.UNDECIDED).to_json()))
    assert (data["passed"], data["outcome"]) == (False, "undecided")
    assert [check["passed"] for check in data["checks"]] == [True, False]
