"""Judge the canary and take its next step: `python -m pixguard.jobs.advance_canary --help`.

One decision a call, or one after the other until the canary was promoted or rolled back. Every step is a commit with
its evidence; what is not known holds. It may be killed at any moment and started again, twice at once too.
"""

from __future__ import annotations

import argparse
import logging
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml
from rich.console import Console

from pixguard import overlay
from pixguard.errors import UsageError
from pixguard.evidence import Gatherer, Plane, Prometheus, Source, SourceError, Trial
from pixguard.gate.rules import RulesError
from pixguard.jobs.release_arguments import STATE, add_place, place_of, status_of
from pixguard.jobs.roll_back import drop_canary
from pixguard.release.desk import REVIEWED, Desk, Standing, Written
from pixguard.release.errors import ForgeError, GitError, MovedError, StoreError
from pixguard.release.message import Note
from pixguard.release.place import Place
from pixguard.rollout import Action, Decision, Evidence, RolloutRules, decide

log = logging.getLogger(__name__)
_NOWHERE: Callable[[str], None] = lambda _point: None  # noqa: E731


@dataclass(frozen=True)
class Step:
    """What one look came to: none (no canary), hold, waiting (for a reviewer), advance, promote, rollback."""

    action: str
    version: str = ""
    percent: int = 0
    commit: str = ""
    url: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Return whether there is nothing more to do for this canary."""
        return self.action in {"none", "promote", "rollback"}

    def __str__(self) -> str:
        head = " ".join(part for part in (self.commit[:12], self.action, self.version) if part)
        share = f" at {self.percent} %" if self.version else ""
        why = f": {'; '.join(self.reasons[:4])}" if self.reasons else ""
        return f"{head}{share}{why} {self.url}".rstrip()


class Advancer:
    """Looks, decides, writes. `at` is called between two effects, so that a test may end the process there."""

    def __init__(
        self, place: Place, gatherer: Gatherer, rules: RolloutRules, at: Callable[[str], None] = _NOWHERE
    ) -> None:
        self._place, self._gatherer, self._rules, self._at = place, gatherer, rules, at

    def step(self, desk: Desk) -> Step:
        """Return what one look came to. MovedError: somebody else took the step; SourceError: nothing is known."""
        seen = desk.standing()
        self._at("read")
        if seen.release.canary is None:
            return Step("none", reasons=(f"no canary: {seen.release.stable.name} serves",))
        canary = seen.release.canary
        trial = Trial(desk.environment, seen.changed, seen.changed_at, seen.release.stable.name,
                      canary.version.name, canary.percent)  # fmt: skip
        evidence = self._gatherer.look(trial)
        self._at("gathered")
        decision = self._decide(seen, evidence)
        self._at("decided")
        reasons = (*decision.reasons, *evidence.notes)
        if decision.action is Action.HOLD:
            return Step("hold", trial.canary, trial.percent, reasons=reasons)
        written = self._write(desk, seen, trial, decision, reasons)
        self._at("written")
        if written is None or not written.merged:
            return Step("waiting", trial.canary, trial.percent, url=written.url if written else "", reasons=reasons)
        return Step(str(decision.action), trial.canary, decision.percent, written.commit, written.url, reasons)

    def _decide(self, seen: Standing, evidence: Evidence) -> Decision:
        """Return the decision; a canary moves on only while the store could start another server of it."""
        decision = decide(evidence, self._rules)
        if decision.action in {Action.HOLD, Action.ROLL_BACK} or seen.release.canary is None:
            return decision
        version = seen.release.canary.version
        try:
            stored = self._place.store(version).holds(version.name)
        except StoreError as error:
            log.warning("%s", error)
            stored = False
        return decision if stored else decide(replace(evidence, stored=False), self._rules)

    def _write(
        self, desk: Desk, seen: Standing, trial: Trial, decision: Decision, reasons: tuple[str, ...]
    ) -> Written | None:
        figures = decision.figures
        if decision.action is Action.ROLL_BACK:
            return drop_canary(desk, seen, reasons, figures)
        note = Note(
            str(decision.action), desk.environment, trial.canary, trial.stable, decision.percent, reasons, figures
        )
        if decision.action is Action.PROMOTE:
            return desk.write(seen, lambda text: overlay.promote(text, trial.canary), note)
        return desk.write(seen, lambda text: overlay.shift(text, trial.canary, decision.percent), note)


def run(
    *,
    place: Place,
    gatherer: Gatherer,
    rules: RolloutRules,
    watch_s: float = 0,
    every_s: float = 1,
    at: Callable[[str], None] = _NOWHERE,
    said: Callable[[Step], None] = lambda _step: None,
) -> Step:
    """Return the last step: of one decision, or of all within `watch_s` seconds until the canary has ended.

    While watching, a source, a store or a Git that does not answer is a hold; alone, it is an error.
    """
    advancer, until = Advancer(place, gatherer, rules, at), time.monotonic() + watch_s
    with place.desk(at) as desk:
        while True:
            step = _tried(advancer, desk, watch_s > 0, rules)
            said(step)
            if step.ended or time.monotonic() + every_s > until:
                return step
            time.sleep(every_s)


def _tried(advancer: Advancer, desk: Desk, watching: bool, rules: RolloutRules) -> Step:
    """Return a step; when somebody else was first, what is to do then, and when alone, what a short wait shows."""
    until = time.monotonic() + rules.unready_s.value + 1
    for _ in range(100):
        try:
            step = advancer.step(desk)
        except MovedError as error:
            log.warning("%s; reading it again", error)
            continue
        except (SourceError, GitError, StoreError, ForgeError) as error:
            if not watching:
                raise
            return Step("hold", reasons=(str(error),))
        if watching or step.action != "hold" or time.monotonic() > until or not _away(step):
            return step
        time.sleep(0.5)  # a canary that is away now: one call must tell a blip from a crash
    raise MovedError("the overlay is changed all the time by somebody else; nothing was done")


def _away(step: Step) -> bool:
    return any(reason.startswith("ready:") for reason in step.reasons)


def read_rules(path: Path | None) -> RolloutRules:
    """Return the rules, with the bounds that a file (JSON or YAML) sets otherwise."""
    if path is None:
        return RolloutRules()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RulesError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise RulesError(f"{path}: wanted bounds by name, each with value and reason")
    return RolloutRules.from_json(data)


def source_of(place: Place, versions_url: str, prometheus: str, endpoint: str) -> Source:
    """Return where counts come from: Prometheus on a cluster, else the plane."""
    if prometheus:
        return Prometheus(prometheus, endpoint)
    url = versions_url or place.plane.get("versions_url")
    if not url:
        raise UsageError("where are the counts? Give --versions-url, or on a cluster --prometheus")
    return Plane(str(url))


def main(argv: Sequence[str] | None = None) -> int:
    """Advance from the command line; PixguardError goes to the caller. Returns 3 when the canary was rolled back."""
    options = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _end)
    place = place_of(options)
    decisions = options.decisions or place.plane.get("decisions")
    gatherer = Gatherer(
        source_of(place, options.versions_url, options.prometheus, options.endpoint),
        decisions=Path(decisions) if decisions else None,
        labels=options.labels,
        journal=options.journal or options.state / "advance",
    )
    every_s = options.every or (60.0 if options.env in REVIEWED else 1.0)
    step = run(
        place=place, gatherer=gatherer, rules=read_rules(options.rules), watch_s=options.watch or 0, every_s=every_s,
        said=_Teller(),
    )  # fmt: skip
    return 3 if step.action == "rollback" else 0


def _end(number: int, _frame: object) -> None:
    """End as an exception does, so that what was opened is closed."""
    raise SystemExit(128 + number)


class _Teller:
    """Prints a step a line; a hold for the same causes is said once."""

    def __init__(self) -> None:
        self._console, self._last = Console(highlight=False, soft_wrap=True), ""

    def __call__(self, step: Step) -> None:
        causes = f"{step.action}{step.version}{step.percent}{[reason.partition(':')[0] for reason in step.reasons]}"
        if causes != self._last or step.ended:
            self._console.print(f"{datetime.now(UTC):%H:%M:%S} {step}", markup=False)
        self._last = causes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pixguard advance", description=__doc__.partition("\n")[0])
    parser.add_argument("--watch", type=float, nargs="?", const=86_400.0, metavar="SECONDS",
                        help="go on until the canary has ended (at most so long; alone: a day)")  # fmt: skip
    parser.add_argument("--every", type=float, help="seconds between looks (1; 60 where people review)")
    parser.add_argument("--versions-url", default="", help="what the proxy counted (default: the plane's)")
    parser.add_argument("--prometheus", default="", metavar="URL", help="take counts from Prometheus instead")
    parser.add_argument("--endpoint", default="", help="address of one version for replays, {version} in it")
    parser.add_argument("--decisions", type=Path, help="folder of the decision log (default: the plane's)")
    parser.add_argument("--labels", type=Path, help="Parquet of labels: end_to_end_id, is_fraud, known_at")
    parser.add_argument("--journal", type=Path, help=f"folder to remember a stage in (default: {STATE}/advance)")
    parser.add_argument("--rules", type=Path, help="JSON or YAML: bounds that differ, each with value and reason")
    add_place(parser)
    return parser


if __name__ == "__main__":
    raise SystemExit(status_of(main))
