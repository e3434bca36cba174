"""Twelve days with all real parts but Spark: a model is trained again, tried and promoted, and all is on record."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pixguard.baseline import BaselineConfig, train_baseline
from pixguard.decision_log import read_segments
from pixguard.gate.rules import Bound
from pixguard.jobs import show_history, train_model
from pixguard.laptop.story.books import Books
from pixguard.laptop.story.numbers import estimate, numbers
from pixguard.laptop.story.play import Play, Story, What
from pixguard.laptop.story.plot import picture, write_page
from pixguard.laptop.story.teaching import School
from pixguard.laptop.story.world import World
from pixguard.registry import Registry
from pixguard.release.place import Place
from pixguard.retraining import Ledger, RetrainingRules
from pixguard.rollout import RolloutRules
from tests.laptop.story.small import PLAN, SCHOOL, lenient, small_world

FEW = Bound(10, "a test's world is small")
ROLLOUT = replace(RolloutRules(), min_requests=FEW, min_pairs=FEW, error_tolerance=Bound(0.5, "ten requests show"),
                  flips=Bound(1.0, "two epochs"), score_shift=Bound(50.0, "two epochs"))  # fmt: skip
AT_ONCE = replace(RetrainingRules(), max_age_days=Bound(1, "a test does not wait"))


@pytest.fixture(scope="module")
def world() -> World:
    return small_world()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("story")


@pytest.fixture(scope="module")
def told(world: World, folder: Path) -> Story:
    school = School(folder, **SCHOOL, gate_rules=lenient(folder))
    with pytest.MonkeyPatch.context() as patch:  # a day's rows teach trees more than a network: no matter here
        patch.setattr(train_model, "train_baseline", partial(train_baseline, config=BaselineConfig(rounds=1)))
        first, why = school.teach(world, Books(world), PLAN.begins, "first")
        assert first is not None, why
        return Play(world, folder, school, AT_ONCE, lambda _event: None, ROLLOUT).run(first)


def test_the_old_champion_is_replaced_step_by_step(told: Story, folder: Path) -> None:
    happened = [event.what for event in told.events if event.what is not What.ALARM]
    begins = happened.index(What.TYPOLOGY)
    assert happened[:2] == [What.FIRED, What.TRAINED]
    happened.pop(begins)
    first = happened.index(What.PROMOTED)
    assert happened[2:first] == [What.STEP] * 3
    entries = show_history.run(place=Place("laptop", str(folder / "release.git")))
    actions = [entry.note.action for entry in reversed(entries) if entry.note]
    assert actions[:6] == ["install", "propose", "advance", "advance", "advance", "promote"]


def test_the_registry_follows_git(told: Story, folder: Path) -> None:
    promoted = [event.detail for event in told.events if event.what is What.PROMOTED]
    champion = Registry(f"sqlite:///{folder / 'mlflow' / 'mlflow.db'}", "pixguard").champion("pix-fraud")
    assert champion is not None
    assert champion.kept == promoted[-1]


def test_every_night_has_its_record_of_why(told: Story, folder: Path) -> None:
    records = Ledger(folder / "retraining").records()
    assert [record.day for record in records] == [PLAN.moment(n + 1).date() for n in range(PLAN.days)]
    assert (records[0].action, records[0].causes) == ("train", ("schedule",))
    assert any("is on trial" in reason for reason in records[1].reasons)


def test_every_payment_is_decided_once_and_logged(told: Story, world: World, folder: Path) -> None:
    logged = list(read_segments(folder / "decisions"))
    lived = np.concatenate([world.on(day) for day in range(PLAN.days)])
    assert {each.end_to_end_id for each in logged} == set(world.payments["end_to_end_id"].take(lived).to_pylist())
    assert len(logged) == len(lived) == len(told.books.outcomes())
    assert len({each.version for each in logged}) >= 2


def test_what_was_lost_is_the_money_of_victims_that_was_let_through(told: Story, world: World) -> None:
    decided = told.books.outcomes().decisions
    rows = np.concatenate([world.on(day) for day in range(PLAN.days)])
    through = np.array([each == "approve" for each in decided["decision"].to_pylist()])
    ids = decided["end_to_end_id"].to_pylist()
    assert ids == world.payments["end_to_end_id"].take(rows).to_pylist()
    lost = world.is_fraud[rows] & (world.hop[rows] == 0) & through
    amounts = world.payments["amount_centavos"].take(rows).to_numpy()
    assert sum(told.lost_brl) == pytest.approx(amounts[lost].sum() / 100)


def test_labels_come_late_and_of_what_was_stopped_from_analysts(told: Story, world: World) -> None:
    day = PLAN.moment(6)
    labels = told.books.labels(day)
    assert max(labels["known_at"].to_pylist()) <= day
    decided = told.books.outcomes().decisions
    pairs = zip(decided["end_to_end_id"].to_pylist(), decided["decision"].to_pylist(), strict=True)
    stopped = {one: decision != "approve" for one, decision in pairs}
    truth = dict(zip(world.payments["end_to_end_id"].to_pylist(), world.is_fraud.tolist(), strict=True))
    looked = [each for each in labels.to_pylist() if stopped.get(each["end_to_end_id"])]
    assert looked
    assert all(each["is_fraud"] == truth[each["end_to_end_id"]] for each in looked)


def test_numbers_and_the_picture_come_of_the_story(told: Story, folder: Path) -> None:
    found = numbers(told, change=True)
    assert found.runs >= 1
    assert found.value_lost_per_day_before == pytest.approx(np.mean(told.lost_brl[:4]))
    assert numbers(told, change=False).value_lost_per_day_after is None
    png = picture([("a", told), ("b", told)])
    assert png.startswith(b"\x89PNG")
    events = [{"day": 1, "what": "<script>", "detail": "a & b"}]
    write_page(folder / "story.html", png, [{"title": "a", "numbers": found.to_json(), "events": events}], [])
    page = (folder / "story.html").read_text()
    assert "&lt;script&gt;" in page
    assert "http" not in page
    json.dumps(found.to_json(), allow_nan=False)


def test_an_estimate_is_of_those_that_had_a_chance(told: Story) -> None:
    said = estimate(told, PLAN.moment(PLAN.days + 5), told.world.plan.moment(3) - told.world.plan.moment(0))
    assert 0 < said.rows <= len(told.books.outcomes())
    assert 0 <= said.truth <= 1
