from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pixguard.evidence.tallies import LATENCY_EDGES_MS, Latencies, Tallies, score_bin
from pixguard.rollout import SCORE_EDGES, Tally

from .test_decisions import record


def counted(*records: dict[str, Any], keep_ids: bool = False) -> Tallies:
    tallies = Tallies(keep_ids=keep_ids)
    for each in records:
        tallies.add(each)
    return tallies


def test_alerts_scores_cohorts_and_degradations_are_counted_per_version() -> None:
    payment = {"end_to_end_id": "x", "amount_centavos": 99_999, "key_type": "CPF"}
    tallies = counted(
        record(1, payment=payment, decision="hold", probability=0.2),
        record(2, payment=payment, degraded=["device"], probability=0.0),
        record(3, payment=payment, decision="reject", probability=1.0, version="v2"),
    )
    arm = tallies.arm("v1", Tally(1, 3), None, {})
    assert (arm.errors, arm.alerts, arm.degraded) == (Tally(1, 3), Tally(1, 2), Tally(1, 2))
    assert arm.cohorts == {("key_type", "CPF"): Tally(1, 2), ("amount", "R$ 100 to 1,000"): Tally(1, 2)}
    assert (sum(arm.scores), arm.scores[0], arm.scores[score_bin(0.2)]) == (2, 1, 1)
    assert (arm.server_latency_ms.total, arm.latency_ms.total) == (2, 0)
    assert tallies.arm("v2", Tally(), None, {}).scores[-1] == 1
    assert tallies.arm("v3", Tally(), None, {}).alerts == Tally()


def test_replays_and_repeats_are_no_decisions() -> None:
    tallies = counted(record(1), record(1), record(2, replay=True), record(1, version="v2"))
    assert tallies.arm("v1", Tally(), None, {}).alerts == Tally(0, 1)
    assert tallies.arm("v2", Tally(), None, {}).alerts == Tally(0, 0)


def test_labels_that_arrived_tell_missed_frauds_and_wronged_payments() -> None:
    tallies = counted(
        record(1), record(2, decision="hold"), record(3), record(4, decision="reject"), record(5), keep_ids=True
    )
    arm = tallies.arm("v1", Tally(), None, {"E1": True, "E2": True, "E3": False, "E4": False, "E9": True})
    assert (arm.missed, arm.wronged) == (Tally(1, 2), Tally(1, 2))


@given(st.floats(0, 1))
def test_every_probability_has_its_bin(probability: float) -> None:
    found = score_bin(probability)
    assert probability <= SCORE_EDGES[found]
    assert found == 0 or probability > SCORE_EDGES[found - 1]


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_every_latency_is_counted(values: list[float]) -> None:
    latencies = Latencies()
    for value in values:
        latencies.add(value)
    histogram = latencies.histogram()
    assert histogram.total == len(values)
    largest = histogram.quantile(1.0)
    assert largest is not None
    assert max(values) <= largest * 1.0000001 or largest == LATENCY_EDGES_MS[-1]
