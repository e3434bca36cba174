"""Numbers of a story that was written by hand."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from pixguard.laptop.story.numbers import numbers
from pixguard.laptop.story.play import Event, What
from pixguard.laptop.story.world import Plan


@dataclass
class Told:
    """What `numbers` reads of a story."""

    events: list[Event]
    world: Any = field(default_factory=lambda: type("World", (), {"plan": Plan(days=8, new_day=3)}))
    lost_brl: list[float] = field(default_factory=lambda: [1.0, 2.0, 3.0, 10.0, 20.0, 30.0, 4.0, 6.0])
    fired: list[tuple[str, ...]] = field(
        default_factory=lambda: [(), ("loss",), ("schedule",), (), ("schedule", "loss"), ("loss",), (), ()]
    )
    alarms: list[int] = field(default_factory=lambda: [0, 2, 0, 0, 0, 0, 0, 0])


ANSWERED = [
    Event(2, What.TRAINED, "v1, trained for schedule"),
    Event(3, What.TYPOLOGY),
    Event(3, What.PROMOTED, "v1"),
    Event(4, What.TRAINED, "v2, trained for schedule and loss"),
    Event(5, What.PROMOTED, "v2"),
    Event(7, What.REFUSED, "trained for loss: floor_roc_auc"),
]


def test_the_change_is_answered_by_a_version_that_was_trained_after_it_was_noticed() -> None:
    found = numbers(Told(ANSWERED), change=True)  # type: ignore[arg-type]
    assert (found.detection_delay_days, found.promoted_day) == (2, 6)
    assert found.value_lost_per_day_before == pytest.approx(2.0)
    assert found.value_lost_per_day_during == pytest.approx(20.0)
    assert found.value_lost_per_day_after == pytest.approx(5.0)
    assert (found.false_alarms, found.drift_alarm_days, found.runs, found.refused) == (1, 1, 3, 1)


def test_a_successor_from_before_is_no_answer() -> None:
    found = numbers(Told(ANSWERED[:3]), change=True)  # type: ignore[arg-type]
    assert (found.promoted_day, found.value_lost_per_day_after) == (None, None)
    assert found.value_lost_per_day_during == pytest.approx(14.0)


def test_an_alarm_that_was_on_before_is_no_detection() -> None:
    told = Told(ANSWERED, fired=[(), (), ("loss",), ("loss",), (), ("loss",), (), ()])
    found = numbers(told, change=True)  # type: ignore[arg-type]
    assert (found.detection_delay_days, found.false_alarms) == (3, 1)


def test_where_nothing_changes_every_alarm_is_false() -> None:
    found = numbers(Told(ANSWERED), change=False)  # type: ignore[arg-type]
    assert found.false_alarms == 2
    assert (found.detection_delay_days, found.promoted_day, found.value_lost_per_day_during) == (None, None, None)
