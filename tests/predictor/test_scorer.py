import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from pixguard.candidate import onnx_scores
from pixguard.decision_log import open_decision_log, read_segments
from pixguard.online import StateKey
from pixguard.online_store import StoreError
from pixguard.payment import Payment
from pixguard.policy import Case, Costs, Exploration, Limits, Policy, Sourced
from pixguard.predictor.errors import ConflictError, InputError, NotReadyError
from pixguard.predictor.memory import Memory
from pixguard.predictor.metrics import Metrics
from pixguard.predictor.scorer import Asked, Scorer, asked_of
from pixguard.predictor.served import Served
from pixguard.predictor.states import StateReader
from tests.predictor.world import World, as_json


class Store:
    """The world's states in memory; it can fail, give rubbish and wait for a gate."""

    def __init__(self, world: World) -> None:
        self.world, self.fails, self.gate = world, False, asyncio.Event()
        self.gate.set()
        self.reads = 0

    def read(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        self.reads += 1
        if self.fails:
            raise StoreError("online store: away")
        return [self.world.states.get(key) if key else None for key in keys]

    async def aread(self, keys: Sequence[StateKey | None]) -> list[bytes | None]:
        await self.gate.wait()
        return self.read(keys)

    def write(self, entity: Any, states: Any) -> None: ...

    async def aclose(self) -> None: ...

    def close(self) -> None: ...


class Bench:
    """A scorer with everything around it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.served = Served.load(world.version.folder, world.public_key)
        self.store, self.metrics = Store(world), Metrics("pix-fraud", self.served.name)
        self.log = open_decision_log(f"file://{folder}", "r1")
        self.folder = folder
        self.reader = StateReader(self.store, deadline_s=5)
        self.scorer = Scorer(
            "pix-fraud", self.served, reader=self.reader, log=self.log, metrics=self.metrics, memory=Memory()
        )

    def answers(self, payments: Sequence[Payment], *, replay: bool = False) -> list[dict[str, Any]]:
        found = asyncio.run(self.scorer.ascore(asked(payments), replay=replay))
        return [orjson.loads(answer) for answer in found]

    def count(self, series: str) -> float:
        lines = self.metrics.text().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(series))


def asked(payments: Sequence[Payment]) -> list[Asked]:
    return [asked_of(as_json(payment)) for payment in payments]


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(world, tmp_path)
    yield made
    made.log.close()


def test_an_answer_is_the_models_score_of_the_state_the_policys_decision_and_the_reasons(
    world: World, bench: Bench
) -> None:
    payments = world.later(25)
    found = bench.answers(payments)
    states = [world.states.get(key) if key else None for each in payments for key in bench.served.features.keys(each)]
    x_rf = bench.served.with_state(payments, states).x_rf
    np.testing.assert_allclose([each["score"] for each in found], onnx_scores(world.version.onnx, x_rf), atol=1e-6)
    for payment, answer in zip(payments, found, strict=True):
        probability = float(world.version.calibration.apply(answer["score"]))
        assert answer["probability"] == pytest.approx(probability, rel=1e-9)
        case = Case(
            answer["probability"], payment.amount_centavos, payment.event_time.timestamp(), payment.device_registered
        )
        assert answer["decision"] == Policy.from_json(world.version.policy).decide(case).decision
        assert answer["log_odds"] == pytest.approx(np.log(answer["score"] / (1 - answer["score"])), abs=1e-3)
        sizes = [abs(reason["contribution"]) for reason in answer["reasons"]]
        assert len(sizes) == 5
        assert sizes == sorted(sizes, reverse=True)
        assert answer["degraded"] == []


def test_a_score_does_not_depend_on_who_came_with_it(world: World, bench: Bench) -> None:
    payments = world.later(9)
    together = bench.answers(payments, replay=True)
    alone = [bench.answers([payment], replay=True)[0] for payment in payments]
    again = [orjson.loads(answer) for answer in bench.scorer.score(asked(payments))]
    for one, other, third in zip(together, alone, again, strict=True):
        assert one["score"] == other["score"] == third["score"]
        assert one["reasons"] == other["reasons"] == third["reasons"]


def test_what_is_logged_recomputes_the_very_score(world: World, bench: Bench) -> None:
    answers = bench.answers(world.later(10))
    bench.log.close()
    records = list(read_segments(bench.folder))
    assert [record.end_to_end_id for record in records] == [answer["end_to_end_id"] for answer in answers]
    for record, answer in zip(records, answers, strict=True):
        explained = bench.served.explainer.explain(record.values[None, :])
        assert explained.score == record.score == answer["score"]
        assert bench.served.explainer.reasons(explained, record.values, 5) == record.reasons == answer["reasons"]
        assert record.features["names_sha256"] == bench.served.names_sha256
        assert asked_of(record.payment).payment.end_to_end_id == record.end_to_end_id
        assert record.latency_us > 0
        assert not record.replay


def test_what_exploration_drew_is_logged_with_its_propensity(world: World, bench: Bench) -> None:
    every_hold = Costs(hold_cost_centavos=Sourced(0, "test"), reject_cost_centavos=Sourced(10**9, "test"))
    exploration = Exploration(Sourced(0.3, "test"), Sourced(10**12, "test"))
    policy = Policy(every_hold, Limits(night_centavos=Sourced(10**13, "test")), exploration)
    bench.scorer.served = replace(bench.served, policy=policy)
    answers = bench.answers(world.later(60))
    bench.log.close()
    drawn = {record.end_to_end_id: (record.decision, record.propensity) for record in read_segments(bench.folder)}
    assert (
        {("approve", 0.3), ("hold", 0.7)} <= set(drawn.values()) <= {("approve", 0.3), ("hold", 0.7), ("reject", 1.0)}
    )
    for answer in answers:
        through = exploration.lets_through(answer["end_to_end_id"])
        if drawn[answer["end_to_end_id"]][0] != "reject":
            assert (answer["decision"] == "approve") == through
        assert "propensity" not in answer  # the client has no use for it


def test_the_same_payment_twice_gets_the_same_bytes_and_is_decided_once(world: World, bench: Bench) -> None:
    once = asked(world.later(1))

    async def twice() -> list[bytes]:
        bench.store.gate.clear()
        both = [asyncio.create_task(bench.scorer.ascore(once)) for _ in range(2)]
        await asyncio.sleep(0.01)
        bench.store.gate.set()
        return [(await each)[0] for each in both] + await bench.scorer.ascore(once)

    assert len(set(asyncio.run(twice()))) == 1
    bench.log.close()
    assert len(list(read_segments(bench.folder))) == 1
    assert bench.count("pixguard_decisions_total") == 1
    assert bench.count("pixguard_repeats_total") == 2
    assert bench.store.reads == 1


def test_the_same_payment_twice_in_one_batch_is_one_decision(world: World, bench: Bench) -> None:
    (payment,) = world.later(1)
    one, other = bench.answers([payment, payment])
    assert one == other
    assert bench.count("pixguard_decisions_total") == 1


def test_another_payment_under_the_same_id_is_refused_and_nothing_is_left_behind(world: World, bench: Bench) -> None:
    first, second = world.later(2)
    twin = replace(first, amount_centavos=first.amount_centavos + 1)
    bench.answers([first])
    with pytest.raises(ConflictError):
        bench.answers([second, twin])
    assert len(bench.answers([second])) == 1, "the payment that came with it was not decided, and can be"
    assert bench.count("pixguard_decisions_total") == 2


def test_those_who_wait_for_a_request_that_ends_without_an_answer_are_told(world: World, bench: Bench) -> None:
    once = asked(world.later(1))

    async def story() -> None:
        bench.store.gate.clear()
        first = asyncio.create_task(bench.scorer.ascore(once))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(bench.scorer.ascore(once))
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(NotReadyError, match="ask again"):
            await second
        bench.store.gate.set()
        assert len(await bench.scorer.ascore(once)) == 1

    asyncio.run(story())


def test_a_replay_is_scored_anew_and_counts_as_no_decision(world: World, bench: Bench) -> None:
    (payment,) = world.later(1)
    decided = bench.answers([payment])[0]
    replayed = bench.answers([payment], replay=True)[0]
    assert replayed["decided_at"] > decided["decided_at"]
    assert replayed["score"] == decided["score"]
    bench.log.close()
    assert [record.replay for record in read_segments(bench.folder)] == [False, True]
    assert bench.count("pixguard_decisions_total") == 1
    assert bench.count("pixguard_replays_total") == 1


def test_without_the_store_the_answer_comes_from_medians_flagged_and_counted(world: World, bench: Bench) -> None:
    bench.store.fails = True
    payments = world.later(2)
    found = bench.answers(payments)
    assert [answer["degraded"] for answer in found] == [["store_error"]] * 2
    assert [answer["newest_event_us"] for answer in found] == [None, None]
    expected = onnx_scores(world.version.onnx, bench.served.without_state(payments))
    np.testing.assert_allclose([answer["score"] for answer in found], expected, atol=1e-6)
    assert bench.count('pixguard_degraded_total{model="pix-fraud",reason="store_error"') == 2


def test_state_that_cannot_be_read_is_degraded_too(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.store, "read", lambda keys: [b"rubbish" for _ in keys])
    assert bench.answers(world.later(1))[0]["degraded"] == ["state_damaged"]


def test_damaged_state_degrades_nobody_else(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = world.later(3)
    read = bench.store.read
    damaged = next(key for key in bench.served.features.keys(second) if key is not None)
    monkeypatch.setattr(
        bench.store,
        "read",
        lambda keys: [b"rubbish" if key == damaged else blob for key, blob in zip(keys, read(keys), strict=True)],
    )
    asked_of_it = [damaged in bench.served.features.keys(each) for each in (first, second, third)]
    found = bench.answers([first, second, third])
    assert [answer["degraded"] == ["state_damaged"] for answer in found] == asked_of_it
    assert asked_of_it[1]
    assert not all(asked_of_it)


def test_a_payment_older_than_its_state_is_marked(world: World, bench: Bench) -> None:
    (later,) = world.later(1)
    old = replace(later, event_time=world.past[0].event_time, end_to_end_id="X" + "0" * 31)
    answer = bench.answers([old])[0]
    assert answer["degraded"] in ([], ["late_payment"])
    assert answer["newest_event_us"] is not None


class Behind:
    """A stream that is behind."""

    is_stale = True


def test_state_that_the_stream_does_not_keep_fresh_is_used_named_and_counted(world: World, bench: Bench) -> None:
    payments = world.later(4)
    fresh = bench.answers(payments, replay=True)
    bench.reader.freshness = Behind()  # type: ignore[assignment]
    stale = bench.answers(payments)
    assert [answer["degraded"] for answer in stale] == [["stale_state"]] * 4
    assert [(answer["score"], answer["rules"]) for answer in stale] == [
        (answer["score"], answer["rules"]) for answer in fresh
    ]
    assert bench.count('pixguard_degraded_total{model="pix-fraud",reason="stale_state"') == 4
    bench.store.fails = True
    (other,) = world.later(1, seed=9)
    assert bench.answers([other])[0]["degraded"] == ["store_error"]


def test_a_device_beyond_its_limits_is_rejected_by_the_state_of_its_day(world: World, bench: Bench) -> None:
    (payment,) = world.later(1)
    strange = replace(payment, device_registered=False, amount_centavos=150_00, device_id=None)
    assert bench.answers([strange])[0]["rules"] == ["expected_loss"]
    large = replace(strange, amount_centavos=250_00, end_to_end_id="X" + "1" * 31)
    found = bench.answers([large])[0]
    assert found["decision"] == "reject"
    assert "device_payment_limit" in found["rules"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_centavos": -5}, "amount_centavos"),
        ({"amount_centavos": float("nan")}, "amount_centavos"),
        ({"key_type": "IBAN"}, "key_type"),
        ({"payer_id": "12345678909"}, "payer_id"),
        ({"surprise": 1}, "surprise"),
        ({"event_time": "2026-03-02T12:00:00"}, "event_time"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(world: World, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        asked_of(as_json(world.past[0]) | change, "instances[3]")
    assert caught.value.field == f"instances[3].{field}"
    assert str(next(iter(change.values()))) not in str(caught.value)


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(InputError, match=r"instances\[0\]: found list, wanted an object"):
        asked_of([1], "instances[0]")
