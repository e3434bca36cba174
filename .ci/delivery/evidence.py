"""What a promotion rests on, as the body of its pull request: out of Git alone, so that a reader can check it.

The release writes its commits with trailers (`Pixguard-Action`, `Pixguard-Version`, `Pixguard-Evidence`, …). A commit
that moves a model without them, or touches anything beside the overlay's model.yaml, is named and fails the check.
"""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from delivery.shell import DeliveryError, git, main, summarise

HEADING = """\
### Evidence

| commit | environment | action | version | evidence | by |
| --- | --- | --- | --- | --- | --- |"""
MODEL = re.compile(r"kustomize/overlays/([a-z0-9-]+)/model\.yaml")
REQUIRED = ("Pixguard-Action", "Pixguard-Version", "Pixguard-Evidence")
_RECORD, _UNIT = "\x1e", "\x1f"


@dataclass(frozen=True, slots=True)
class Step:
    """One commit that moves a model: who, when, what, and why as its trailers say."""

    commit: str
    author: str
    date: str
    subject: str
    trailers: dict[str, list[str]]
    files: list[str]
    problems: list[str] = field(default_factory=list)

    @property
    def environments(self) -> list[str]:
        """The environments whose model it moves."""
        return sorted({found[1] for file in self.files if (found := MODEL.fullmatch(file))})


def steps(base: str, head: str, cwd: Path | None = None) -> list[Step]:
    """Return the commits of base..head that touch a model.yaml, oldest first, each with what is wrong with it."""
    pretty = _RECORD + _UNIT.join(("%H", "%an", "%cI", "%s", "%(trailers:unfold,only)")) + _UNIT
    said = git("log", "--reverse", "--no-merges", "--name-only", f"--format={pretty}", f"{base}..{head}", cwd=cwd)
    found = [_step(record) for record in said.split(_RECORD) if record.strip()]
    return [step for step in found if step.environments]


def describe(found: Sequence[Step]) -> str:
    """Return the evidence in Markdown."""
    if not found:
        return "No commit here moves a model."
    lines = [HEADING]
    for step in found:
        cells = [" ".join(_cell(text) for text in step.trailers.get(name, ["—"])) for name in REQUIRED]
        who = f"{_cell(step.author)}, {step.date}"
        lines.append(f"| {step.commit[:12]} | {', '.join(step.environments)} | {' | '.join(cells)} | {who} |")
    problems = [f"- {step.commit[:12]}: {problem}" for step in found for problem in step.problems]
    if problems:
        lines += ["", f"#### Not fit to merge ({len(problems)})", "", *problems]
    return "\n".join([*lines, ""])


def _step(record: str) -> Step:
    commit, author, date, subject, trailers, files = record.split(_UNIT)
    step = Step(commit, author, date, subject, _trailers(trailers), [f for f in files.splitlines() if f])
    if not step.environments or subject.startswith("Revert "):
        return step
    step.problems.extend(f"lacks the trailer {name}" for name in REQUIRED if not step.trailers.get(name))
    step.problems.extend(f"also touches {file}" for file in step.files if not MODEL.fullmatch(file))
    if len(step.environments) > 1:
        step.problems.append(f"moves {len(step.environments)} environments at once: one commit, one environment")
    return step


def _trailers(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip(), []).append(value.strip())
    return found


def _cell(text: str) -> str:
    """Return a text that cannot break out of its cell: commits are written by anybody who may open a pull request."""
    return "`" + re.sub(r"[`|<>\r\n]", " ", text)[:200] + "`"


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True)
    parser.add_argument("--head", default="HEAD")
    parser.add_argument("--out", required=True, type=Path, help="file for the text")
    options = parser.parse_args(arguments)
    found = steps(options.base, options.head)
    text = describe(found)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    summarise(text)
    if any(step.problems for step in found):
        raise DeliveryError("a commit that moves a model is not fit to merge: the evidence says which and why")
    return 0


if __name__ == "__main__":
    main(_command)
