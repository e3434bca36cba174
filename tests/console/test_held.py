from datetime import UTC, datetime, timedelta

from pixguard.console.held import KEPT, Held
from pixguard.console.verdicts import Verdict

from .world import record, text_of

NOON = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # 12 h in Brasília
NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # 23 h the day before


def hold(number: int, at: datetime = NOON, probability: float = 0.5, amount: int = 10_000) -> dict:
    made = record(number, at, decision="hold", probability=probability)
    return made | {"payment": made["payment"] | {"amount_centavos": amount}}


def held(*records: dict) -> Held:
    queue = Held()
    for each in records:
        queue.add(each)
    return queue


def numbers(queue: Held, now: datetime, **verdicts: Verdict) -> list[int]:
    return [int(each["end_to_end_id"][-11:]) for each in queue.queue(verdicts, text_of(now))["shown"]]


def test_the_most_money_at_risk_comes_first_and_what_may_no_longer_be_held_last() -> None:
    queue = held(
        hold(1, NOON - timedelta(minutes=31), 0.9, 900_000), hold(2, NOON, 0.2, 10_000), hold(3, NOON, 0.1, 90_000)
    )
    assert numbers(queue, NOON) == [3, 2, 1]
    found = queue.queue({}, text_of(NOON))
    assert (found["waiting"], found["overdue"], found["at_risk_centavos"]) == (3, 1, 810_000 + 2_000 + 9_000)


def test_a_payment_may_be_held_half_an_hour_by_day_and_an_hour_by_night() -> None:
    for at, minutes in ((NOON, 30), (NIGHT, 60)):
        (found,) = held(hold(1, at)).queue({}, text_of(at))["shown"]
        assert found["until"] == text_of(at + timedelta(minutes=minutes))


def test_a_newer_decision_replaces_an_older_one_whatever_order_they_are_read_in() -> None:
    old, new = hold(1), hold(1) | {"decided_at": text_of(NOON + timedelta(seconds=5)), "decision": "approve"}
    assert old["end_to_end_id"] not in held(old, new)
    later = hold(1, probability=0.7) | {"decided_at": text_of(NOON + timedelta(seconds=5))}
    assert numbers(held(later, old), NOON) == [1]
    assert held(later, old).queue({}, text_of(NOON))["shown"][0]["probability"] == 0.7


def test_replays_and_other_decisions_are_not_held() -> None:
    assert numbers(held(hold(1) | {"replay": True}, hold(2) | {"decision": "reject"}), NOON) == []


def test_a_verdict_takes_a_payment_out_of_the_queue() -> None:
    one, other = hold(1), hold(2)
    verdict = Verdict(one["end_to_end_id"], True, "SCAM", text_of(NOON), "ana")
    queue = held(one, other)
    found = queue.queue({one["end_to_end_id"]: verdict}, text_of(NOON))
    assert [each["end_to_end_id"] for each in found["shown"]] == [other["end_to_end_id"]]
    assert found["given"] == [
        {"end_to_end_id": one["end_to_end_id"], "is_fraud": True, "situation": "SCAM",
         "known_at": text_of(NOON), "by": "ana"}
    ]  # fmt: skip


def test_the_queue_is_bounded_and_says_what_it_let_go() -> None:
    queue = held(*(hold(n) for n in range(KEPT + 3)))
    found = queue.queue({}, text_of(NOON))
    assert (found["waiting"], found["dropped"]) == (KEPT, 3)
    assert len(found["shown"]) < 50
