import pytest

from pixguard.gate import Bound, Outcome
from pixguard.gate.comparisons import no_loss, no_veto
from pixguard.metrics import Interval


@pytest.mark.parametrize(
    ("estimate", "low", "high", "wanted"),
    [
        (0.05, 0.01, 0.09, Outcome.PASSED),  # better
        (0.00, -0.015, 0.02, Outcome.PASSED),  # the interval excludes a loss above the bound
        (-0.01, -0.015, -0.001, Outcome.PASSED),  # worse, but by less than the bound
        (-0.06, -0.09, -0.03, Outcome.FAILED),  # worse beyond the bound
        (-0.015, -0.05, -0.001, Outcome.FAILED),  # worse for sure, perhaps beyond the bound
        (-0.03, -0.09, 0.03, Outcome.FAILED),  # the best guess is beyond the bound
        (0.01, -0.05, 0.07, Outcome.UNDECIDED),  # too little evidence either way
    ],
)
def test_no_loss_needs_evidence_both_to_pass_and_to_fail(
    estimate: float, low: float, high: float, wanted: Outcome
) -> None:
    assert no_loss(Interval(estimate, low, high, 0.95, 500), Bound(0.02, "a test")) is wanted


@pytest.mark.parametrize(
    ("estimate", "low", "high", "wanted"),
    [
        (0.01, -0.10, 0.12, Outcome.PASSED),
        (-0.015, -0.04, -0.001, Outcome.PASSED),  # a loss, but within the bound
        (-0.06, -0.15, 0.03, Outcome.UNDECIDED),
        (-0.06, -0.09, -0.03, Outcome.FAILED),
    ],
)
def test_a_veto_needs_a_loss_that_is_shown(estimate: float, low: float, high: float, wanted: Outcome) -> None:
    assert no_veto(Interval(estimate, low, high, 0.95, 500), Bound(0.02, "a test")) is wanted
