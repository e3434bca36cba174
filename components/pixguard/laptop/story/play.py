"""Ninety days, one after the other: serve, decide, watch, decide on retraining, train, judge, try, promote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import numpy as np

from pixguard.decision_log import record_line, write_segment
from pixguard.jobs.decide_retraining import follow_git
from pixguard.laptop.story.books import Books
from pixguard.laptop.story.serving import Answers, answers, on_trial, records
from pixguard.laptop.story.teaching import School
from pixguard.laptop.story.trial import Releases
from pixguard.laptop.story.watching import Watch
from pixguard.laptop.story.world import Int64s, World
from pixguard.provenance import KeptVersion, TrainingFacts
from pixguard.retraining import Action, Decision, Ledger, RetrainingRules, decide, evidence_of
from pixguard.rollout import RolloutRules


class What(StrEnum):
    """What happened on a day."""

    FIRST = "serves, the first"
    TYPOLOGY = "a new typology begins"
    ALARM = "drift alarms begin"
    FIRED = "trigger"
    TRAINED = "passed the gate"
    REFUSED = "refused by the gate"
    STEP = "canary"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True)
class Event:
    """Something that happened at the end of a day; day 0 is the first that is lived through."""

    day: int
    what: What
    detail: str = ""

    @property
    def told_day(self) -> int:
        """The day as it is told: how many have been lived through."""
        return self.day + (self.what is not What.TYPOLOGY)


@dataclass
class Story:
    """What was lived through so far."""

    world: World
    first: str = ""  # the version that served on day 0
    events: list[Event] = field(default_factory=list)
    lost_brl: list[float] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    fired: list[tuple[str, ...]] = field(default_factory=list)  # causes that held at the end of each day
    alarms: list[int] = field(default_factory=list)  # drift alarms of each day
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        self.books = Books(self.world)


class Play:
    """Lives through the days of a world."""

    def __init__(  # noqa: PLR0917
        self,
        world: World,
        folder: Path,
        school: School,
        rules: RetrainingRules,
        said: Callable[[Event], None],
        rollout: RolloutRules | None = None,
    ) -> None:
        self.story = Story(world)
        self._world, self._folder, self._school, self._rules, self._said = world, folder, school, rules, said
        self._rollout = rollout or RolloutRules()
        self._watch = Watch(timedelta(days=school.maturity_days))
        self._ledger = Ledger(folder / "retraining")
        self._versions: dict[str, KeptVersion] = {}

    def run(self, first: KeptVersion) -> Story:
        """Serve `first` from day 0 and return what came of it."""
        self._versions[first.name] = first
        school = self._school
        self._releases = Releases(self._folder, school.versions, school.public_key, self._rollout)
        self._releases.propose(first, first=True)
        follow_git(school.registry, first.name)
        self.story.first = first.name
        for day in range(self._world.plan.days):
            if self._world.changes and day == self._world.plan.new_day:
                self._tell(day, What.TYPOLOGY)
            self._live(day)
        return self.story

    def _live(self, day: int) -> None:
        """Serve a day, and at its end look, learn and decide."""
        rows, story = self._world.on(day), self.story
        decided = self._serve(day, rows)
        story.books.add(rows, decided)
        story.lost_brl.append(story.books.lost_brl(day))
        story.stopped.append(sum(each["decision"] != "approve" for each in decided))
        self._watch.look(decided, self._versions)
        if self._releases.trial is not None:
            self._advance(day)
        decision = self._decide(day)
        if decision.action is Action.TRAIN:
            self._retrain(day, decision)

    def _serve(self, day: int, rows: Int64s) -> list[dict[str, object]]:
        """Decide a day's payments, some of them by the canary, and log them."""
        release = self._releases.release
        stable = answers(self._world, rows, self._versions[release.stable.name])
        canary: Answers | None = None
        chosen = np.zeros(len(rows), dtype=np.bool_)
        if release.canary is not None:
            canary = answers(self._world, rows, self._versions[release.canary.version.name])
            ids = self._world.payments["end_to_end_id"].take(rows).to_pylist()
            chosen = on_trial(ids, release.canary.percent)
        decided = records(self._world, rows, stable, canary, chosen)
        if canary is not None:
            self._releases.serve(decided, (stable, canary))
        lines = [record_line(each) for each in sorted(decided, key=lambda each: str(each["decided_at"]))]
        name = f"{self._world.plan.moment(day):%Y%m%dT%H%M%S.%fZ}"
        write_segment(self._folder / "decisions" / "story", name, lines, {"story": self._world.plan.seed})
        return decided

    def _advance(self, day: int) -> None:
        now = self._world.plan.moment(day + 1)
        step = self._releases.step(self.story.books.known(now, self._school.maturity_days * 3))
        if step.action == "promote":
            follow_git(self._school.registry, step.version)
            self._tell(day, What.PROMOTED, step.version)
        elif step.action == "rollback":
            self._tell(day, What.ROLLED_BACK, f"{step.version}: {'; '.join(step.reasons)}")
        elif step.action == "advance":
            self._tell(day, What.STEP, f"{step.version} at {step.percent} %")

    def _decide(self, day: int) -> Decision:
        """Decide on retraining with what is known at the day's end, and write down why."""
        now = self._world.plan.moment(day + 1)
        champion = self._versions[self._releases.release.stable.name]
        report = self._watch.report(champion.name, self.story.books, now)
        evidence = evidence_of(
            report, champion.metrics, day=now.date(), champion=champion.name,
            taught_until=TrainingFacts.load(champion.folder).trained_until.date(),
            past=[each.past for each in self._ledger.records()],
            on_trial=self._releases.trial.canary if self._releases.trial else "",
        )  # fmt: skip
        decision = decide(evidence, self._rules)
        self._ledger.write(evidence, self._rules, decision, f"day-{day + 1}")
        fired = tuple(str(each.cause) for each in decision.triggers if each.fired)
        for cause in fired:
            if not self.story.fired or cause not in self.story.fired[-1]:
                self._tell(day, What.FIRED, next(reason for reason in decision.reasons if reason.startswith(cause)))
        self.story.fired.append(fired)
        newest = self._watch.verdicts[champion.name][-1]
        self.story.alarms.append(len(newest.alarms))
        if newest.began:
            self._tell(day, What.ALARM, "; ".join(str(each) for each in newest.began[:3]))
        return decision

    def _retrain(self, day: int, decision: Decision) -> None:
        """Train with what is known, and put on trial what passes the gate."""
        now, causes = self._world.plan.moment(day + 1), " and ".join(decision.causes)
        kept, why = self._school.teach(self._world, self.story.books, now, f"{self._folder.name}-day-{day + 1}")
        if kept is None:
            self._tell(day, What.REFUSED, f"trained for {causes}: {', '.join(why)}")
            return
        self._versions[kept.name] = kept
        self._tell(day, What.TRAINED, f"{kept.name}, trained for {causes}")
        self._releases.propose(kept)

    def _tell(self, day: int, what: What, detail: str = "") -> None:
        event = Event(day, what, detail)
        self.story.events.append(event)
        self._said(event)
