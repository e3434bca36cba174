"""Counts from Envoy's own text; sums that never go back."""

import math

from hypothesis import given
from hypothesis import strategies as st

from pixguard.laptop.plane.counters import Counts, Ledger, read_counts

TEXT = """
# TYPE envoy_cluster_upstream_rq_completed counter
envoy_cluster_upstream_rq_completed{envoy_cluster_name="v1"} 90
envoy_cluster_upstream_rq_completed{envoy_cluster_name="v1_grpc"} 10
envoy_cluster_upstream_rq_xx{envoy_response_code_class="2",envoy_cluster_name="v1"} 88
envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",envoy_cluster_name="v1"} 2
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="v1",le="1"} 40
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="v1",le="5"} 80
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="v1",le="+Inf"} 88
envoy_cluster_upstream_rq_time_sum{envoy_cluster_name="v1"} 123.4
"""


def test_a_version_is_its_two_clusters() -> None:
    assert read_counts(TEXT) == {"v1": Counts(100, 2, {1.0: 40, 5.0: 80, math.inf: 88})}


def test_quantiles_lie_within_their_bucket() -> None:
    counts = read_counts(TEXT)["v1"]
    assert counts.quantile_ms(0.25) == 0.55
    assert counts.quantile_ms(0.5) == 1.4
    assert counts.quantile_ms(0.99) == 5.0  # beyond the last bound nothing is known
    assert Counts().quantile_ms(0.5) is None


counts = st.integers(0, 50)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), counts, counts), max_size=20))
def test_totals_never_go_back_and_lose_nothing_that_was_seen(steps: list[tuple[bool, bool, int, int]]) -> None:
    """Steps of (Envoy starts anew, the cluster is gone, more requests, errors among them)."""
    ledger, life, now, total = Ledger(), 0, Counts(), Counts()
    for anew, gone, requests, errors in steps:
        if anew or gone:
            life, now = life + anew, Counts()
        more = Counts(requests, errors, {1.0: requests})
        now, total = now + more, total + more
        if gone:
            ledger.update(str(life), {}, "then")
        ledger.update(str(life), {"v1": now}, "now")
        ledger = Ledger(ledger.to_json())  # as after a restart of the plane
        assert ledger.totals()["v1"] == total
    assert all(since in {"now", "then"} for since in ledger.since.values())
