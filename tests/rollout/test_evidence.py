import pytest

from pixguard.payment.schema import Initiation, KeyType, Purpose
from pixguard.rollout import EvidenceError, Histogram, Tally
from pixguard.rollout.cohorts import COHORTS, cohorts_of


def test_counts_that_cannot_be_are_refused() -> None:
    for make in (
        lambda: Tally(3, 2),
        lambda: Tally(-1, 2),
        lambda: Histogram((1.0, 1.0), (1, 1)),
        lambda: Histogram((1.0,), (1, 1)),
        lambda: Histogram((1.0,), (-1,)),
    ):
        with pytest.raises(EvidenceError):
            make()


def test_quantiles_are_edges_of_buckets() -> None:
    histogram = Histogram((1.0, 2.0, 4.0), (50, 49, 1))
    assert [histogram.quantile(share) for share in (0.5, 0.51, 0.99, 1.0)] == [1.0, 2.0, 2.0, 4.0]
    assert Histogram().quantile(0.5) is None
    assert Tally().share is None


def test_every_cohort_of_a_payment_was_declared() -> None:
    for kind in KeyType:
        for initiation in Initiation:
            for purpose in Purpose:
                for amount in (1, 9_999, 10_000, 99_999, 100_000, 10**13):
                    found = list(cohorts_of({"key_type": kind, "initiation": initiation, "purpose": purpose,
                                             "amount_centavos": amount, "device_registered": True}))  # fmt: skip
                    assert len(found) == 5
                    assert set(found) <= set(COHORTS)
    assert list(cohorts_of({"amount_centavos": 5, "key_type": None})) == [("amount", "below R$ 100")]
