"""Releases of the story: a real repository and the product's own advancer; what it asks is answered by the story.

In place of Envoy's counters stand the story's decisions, a day at a time; in place of S3 the folder of kept versions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import pixguard
from pixguard.evidence import Gatherer, Trial
from pixguard.evidence.tallies import Tallies, score_bin
from pixguard.jobs import propose_version
from pixguard.jobs.advance_canary import Advancer, Step
from pixguard.laptop.plane import repository
from pixguard.laptop.story.serving import Answers
from pixguard.overlay import Placed, Release
from pixguard.provenance import KeptVersion
from pixguard.release.place import Place
from pixguard.release.store import Store
from pixguard.rollout import SCORE_EDGES, Arm, Evidence, Pairs, RolloutRules, Tally

ENVIRONMENT, AUTHOR = "laptop", "pixguard story"
DAY_S = 86_400.0


class FolderStore(Store):
    """Versions that lie in a folder: what is kept is stored."""

    def __init__(self, neighbour: Placed, versions: Path) -> None:
        self._neighbour, self._versions = neighbour, versions

    def put(self, kept: KeptVersion, public_key: Path) -> Placed:  # noqa: ARG002 - verified as it was loaded
        """Return where a version is said to lie."""
        return self._neighbour.beside(kept.name)

    def holds(self, name: str) -> bool:
        """Return whether the version was kept."""
        return (self._versions / name / "model.sig").is_file()


@dataclass(frozen=True)
class FolderPlace(Place):
    """The story's environment."""

    versions: Path = field(default=Path())

    def store(self, neighbour: Placed) -> Store:
        """Return the folder of versions as a store."""
        return FolderStore(neighbour, self.versions)


@dataclass
class _Stage:
    """What was counted since the canary has its present share."""

    trial: Trial
    tallies: Tallies = field(default_factory=lambda: Tallies(keep_ids=True))
    days: int = 0
    decided: dict[str, int] = field(default_factory=dict)
    flips: int = 0
    pairs: int = 0
    scores: dict[str, Any] = field(default_factory=dict)


class DayGatherer(Gatherer):
    """Answers the advancer from whole days of the story."""

    def __init__(self) -> None:
        self._days: _Stage | None = None
        self._known_now: Mapping[str, bool] = {}

    def serve(self, trial: Trial, decided: Sequence[Mapping[str, Any]], both: tuple[Answers, Answers]) -> None:
        """Count a day: what was decided, and what both versions say of all of its payments."""
        if self._days is None or self._days.trial != trial:
            self._days = _Stage(trial)
        stage = self._days
        stage.days += 1
        for record in decided:
            stage.tallies.add(record)
            stage.decided[record["version"]] = stage.decided.get(record["version"], 0) + 1
        differ = [a.decision is not b.decision for a, b in zip(both[0].outcomes, both[1].outcomes, strict=True)]
        stage.flips, stage.pairs = stage.flips + sum(differ), stage.pairs + len(differ)
        for each in both:
            found = np.bincount([score_bin(p) for p in each.probability.tolist()], minlength=len(SCORE_EDGES))
            stage.scores[each.version] = stage.scores.get(each.version, 0) + found

    def learn(self, labels: Mapping[str, bool]) -> None:
        """Take what is known by now."""
        self._known_now = labels

    def look(self, trial: Trial, *, stored: bool = True) -> Evidence:
        """Return the evidence of the days of this stage."""
        stage = self._days if self._days is not None and self._days.trial == trial else _Stage(trial)
        seconds = stage.days * DAY_S
        return Evidence(
            percent=trial.percent, asked_s=seconds, stage_s=seconds, ready=True, applied=True,
            stable=self._of(stage, trial.stable), canary=self._of(stage, trial.canary),
            pairs=self._paired(stage), stored=stored,
        )  # fmt: skip

    def _of(self, stage: _Stage, name: str) -> Arm:
        return stage.tallies.arm(name, Tally(0, stage.decided.get(name, 0)), None, self._known_now)

    def _paired(self, stage: _Stage) -> Pairs:
        none = Tally(0, stage.pairs)
        stable, canary = (tuple(int(n) for n in stage.scores.get(name, np.zeros(len(SCORE_EDGES))))
                          for name in (stage.trial.stable, stage.trial.canary))  # fmt: skip
        return Pairs(flips=Tally(stage.flips, stage.pairs), failures=none, stable_failures=none, scores=canary,
                     stable_scores=stable)  # fmt: skip


class Releases:
    """What serves, by Git: proposes, looks each night, and knows the present trial."""

    def __init__(self, folder: Path, versions: Path, public_key: Path, rules: RolloutRules) -> None:
        git = folder / "release.git"
        repository.create(git, Path(pixguard.__file__).resolve().parents[2])
        self._place = FolderPlace(ENVIRONMENT, str(git), author=AUTHOR, versions=versions)
        self._public_key = public_key
        self._gatherer = DayGatherer()
        self._advancer = Advancer(self._place, self._gatherer, rules)
        self.trial: Trial | None = None
        self.release = self._read()

    def propose(self, kept: KeptVersion, *, first: bool = False) -> None:
        """Commit a version as a canary at 0 %, or the first one as stable."""
        propose_version.run(version=kept.folder, place=self._place, public_key=self._public_key, first=first)
        self.release = self._read()

    def serve(self, decided: Sequence[Mapping[str, Any]], both: tuple[Answers, Answers]) -> None:
        """Count a day of the present trial."""
        assert self.trial is not None
        self._gatherer.serve(self.trial, decided, both)

    def step(self, labels: Mapping[str, bool]) -> Step:
        """Judge the canary by the days of its stage and take its next step."""
        self._gatherer.learn(labels)
        with self._place.desk() as desk:
            step = self._advancer.step(desk)
        self.release = self._read()
        return step

    def _read(self) -> Release:
        with self._place.desk() as desk:
            seen = desk.standing()
        canary = seen.release.canary
        self.trial = None
        if canary is not None:
            self.trial = Trial(ENVIRONMENT, seen.changed, seen.changed_at, seen.release.stable.name,
                               canary.version.name, canary.percent)  # fmt: skip
        return seen.release
