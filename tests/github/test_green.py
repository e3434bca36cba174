"""Nothing but success is green; a skip must be allowed by name."""

import json

import pytest
from delivery import green
from delivery.shell import DeliveryError


def needs(**results: str) -> dict[str, dict[str, str]]:
    return {job: {"result": result} for job, result in results.items()}


def test_success_everywhere_is_green() -> None:
    assert green.not_green(needs(lint="success", test="success")) == []


@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped", "neutral", ""])
def test_anything_else_is_not(result: str) -> None:
    assert green.not_green(needs(lint="success", test=result)) == [f"test: {result}"]


def test_a_skip_is_green_where_it_is_allowed_and_a_failure_never() -> None:
    allowed = frozenset({"review"})
    assert green.not_green(needs(lint="success", review="skipped"), allowed) == []
    assert green.not_green(needs(lint="success", review="failure"), allowed) == ["review: failure"]


def test_a_check_of_nothing_is_an_error() -> None:
    with pytest.raises(DeliveryError, match="always be green"):
        green.not_green({})


def test_a_misspelt_permission_to_skip_is_an_error() -> None:
    with pytest.raises(DeliveryError, match="reveiw"):
        green.not_green(needs(review="skipped"), frozenset({"reveiw"}))


def test_the_command_ends_with_1_when_not_green(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEEDS", json.dumps(needs(lint="failure")))
    assert green._command([]) == 1
    monkeypatch.setenv("NEEDS", json.dumps(needs(lint="success")))
    assert green._command([]) == 0
