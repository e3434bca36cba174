"""All that is known of a canary at this moment: counts since its stage began, decisions, labels, paired replays."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixguard.evidence.decisions import Follower, recent
from pixguard.evidence.labels import known_labels
from pixguard.evidence.replays import Replayer
from pixguard.evidence.source import Counted, Now, Source, Trial
from pixguard.evidence.stage import Stage
from pixguard.evidence.tallies import Tallies
from pixguard.rollout.evidence import Arm, Evidence

BATCH = 100  # pairs a look: a fifth of a second of work
MOST_PAIRS = 2000  # of a stage
LABELS_EVERY_S = 60.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Gatherer:
    """Looks at a trial again and again; what it remembers of a stage lies in `journal`."""

    def __init__(
        self,
        source: Source,
        *,
        decisions: Path | None = None,
        labels: Path | None = None,
        journal: Path | None = None,
        batch: int = BATCH,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._source, self._decisions, self._labels, self._journal = source, decisions, labels, journal
        self._batch, self._clock = batch, clock
        self._stage: Stage | None = None
        self._follower: Follower | None = None
        self._tallies = Tallies()
        self._payments: deque[Mapping[str, Any]] = deque(maxlen=batch * 4)
        self._unready_since: datetime | None = None
        self._known: tuple[datetime, Mapping[str, bool]] | None = None

    def look(self, trial: Trial, *, stored: bool = True) -> Evidence:
        """Return what is known; SourceError where a source does not answer: then nothing may move."""
        stage = self._enter(trial)
        now = self._source.now(trial)
        moment = self._clock()
        self._unready_since = None if now.ready else self._unready_since or moment
        if stage.began is None and now.ready and now.applied:
            stage.begin(moment, self._source.mark(trial))
        notes = self._read(stage)
        notes += self._replay(stage, now)
        stable, canary = self._arms(stage)
        return Evidence(
            percent=trial.percent,
            asked_s=max(0.0, (moment - trial.asked_at).total_seconds()),
            stage_s=0.0 if stage.began is None else max(0.0, (moment - stage.began).total_seconds()),
            ready=now.ready,
            applied=now.applied,
            stable=stable,
            canary=canary,
            pairs=stage.journal.summary(),
            stored=stored,
            unready_s=0.0 if self._unready_since is None else (moment - self._unready_since).total_seconds(),
            crashes=now.canary_crashes,
            notes=notes,
        )

    def _enter(self, trial: Trial) -> Stage:
        if self._stage is None or self._stage.trial != trial:
            self._stage = Stage(trial, self._journal)
            self._follower, self._tallies = None, Tallies(keep_ids=self._labels is not None)
            self._unready_since = None
            self._payments.clear()
            if self._decisions is not None:
                newest = recent(self._decisions, self._batch * 4)
                self._payments.extend(record["payment"] for record in reversed(newest))
        return self._stage

    def _read(self, stage: Stage) -> tuple[str, ...]:
        """Count the decisions that the log has got since the last look."""
        if self._decisions is None or stage.began is None:
            return ()
        self._follower = self._follower or Follower(self._decisions, stage.began)
        for record in self._follower.new():
            self._tallies.add(record)
            if not record["replay"]:
                self._payments.append(record["payment"])
        lost = self._follower.unreadable
        return (f"{lost:,} lines of the decision log could not be read",) if lost else ()

    def _replay(self, stage: Stage, now: Now) -> tuple[str, ...]:
        """Send payments that were not sent yet, newest first, to both versions."""
        if not now.ready:
            return ()
        if not now.stable_endpoints or not now.canary_endpoints:
            return ("no direct address of both versions is known: no payment was replayed",)
        room = min(self._batch, MOST_PAIRS - len(stage.journal.pairs))
        unsent = {str(each["end_to_end_id"]): each for each in self._payments}
        fresh = [payment for one, payment in reversed(unsent.items()) if one not in stage.journal.pairs][: max(0, room)]
        with Replayer(now.stable_endpoints, now.canary_endpoints) as replayer:
            stage.journal.add(replayer.pair(payment) for payment in fresh)
        return ()

    def _arms(self, stage: Stage) -> tuple[Arm, Arm]:
        if stage.began is None:
            return Arm(), Arm()
        counts = self._source.counted(stage.trial, stage.began, stage.mark)
        labels = self._labels_now()
        stable, canary = (
            self._arm(name, counted, labels)
            for name, counted in zip((stage.trial.stable, stage.trial.canary), counts, strict=True)
        )
        return stable, canary

    def _arm(self, name: str, counted: Counted, labels: Mapping[str, bool]) -> Arm:
        """Return one version's counts: the decision log knows cohorts and labels, a source may know the rest."""
        arm = self._tallies.arm(name, counted.errors, counted.latency_ms, labels)
        if self._decisions is not None or counted.scores is None or counted.alerts is None or counted.degraded is None:
            return arm
        return replace(arm, scores=counted.scores, alerts=counted.alerts, degraded=counted.degraded)

    def _labels_now(self) -> Mapping[str, bool]:
        if self._labels is None:
            return {}
        now = self._clock()
        if self._known is None or (now - self._known[0]).total_seconds() >= LABELS_EVERY_S:
            self._known = (now, known_labels(self._labels, now))
        return self._known[1]
