import numpy as np
import pytest

from pixguard.simulate.config import Story
from pixguard.simulate.randomness import stream
from pixguard.simulate.rhythm import DAY_US, local_hour
from pixguard.simulate.rings import Cases, open_cases, plan_rings, with_other_mules


@pytest.fixture(scope="module")
def rings(config, world):
    return plan_rings(config, world)[0]


def test_every_typology_has_rings_and_cases(config, world):
    rings, counts = plan_rings(config, world)
    assert set(counts) == {t.story for t in config.typologies}
    assert set(rings.story.tolist()) == set(counts)


def test_mules_had_an_account_before_their_ring_began_and_are_often_young(world, rings):
    age_days = (rings.from_us[:, None] - world.opened_us[rings.mules]) / DAY_US
    assert age_days.min() > 0
    everybody = (world.calendar.start_us - world.opened_us[: len(world.people)]) / DAY_US
    assert (age_days < 60).mean() > 2 * ((everybody > 0) & (everybody < 60)).mean()
    assert (age_days > 365).mean() > 0.2  # and often old ones, rented


def test_cases_have_victims_with_an_account_inside_the_days(world, rings):
    cases = open_cases(world, rings, Story.COERCION, 400, stream(1, "cases"))
    assert 200 < len(cases) <= 400
    assert (world.opened_us[cases.victim] < cases.start_us).all()
    assert (cases.victim != cases.mule).all()
    assert (cases.start_us < world.calendar.end_us).all()
    assert (cases.start_us >= world.calendar.start_us).all()


def test_call_centres_work_in_office_hours_and_robbers_at_night(world, rings):
    hours = {
        story: local_hour(open_cases(world, rings, story, 400, stream(1, "c")).start_us)
        for story in (Story.FAKE_CALL_CENTRE, Story.COERCION)
    }
    office = {story: ((hour >= 8) & (hour < 19)).mean() for story, hour in hours.items()}
    assert office[Story.FAKE_CALL_CENTRE] > 0.8
    assert office[Story.COERCION] < 0.4


def test_repeating_counts_within_each_case():
    numbers = np.arange(3)
    rows, position = Cases(numbers, numbers, numbers, numbers, numbers).repeated(np.array([2, 0, 3]))
    assert rows.chain.tolist() == [0, 0, 2, 2, 2]
    assert position.tolist() == [0, 1, 0, 1, 2]


def test_other_mules_are_of_the_same_ring_and_never_the_victim(world, rings):
    cases = open_cases(world, rings, Story.ACCOUNT_TAKEOVER, 300, stream(2, "cases"))
    moved = with_other_mules(rings, cases, stream(2, "mules"), 1.0)
    assert (moved.mule[:, None] == rings.mules[cases.ring]).any(axis=1).all()
    assert (moved.mule != moved.victim).all()
