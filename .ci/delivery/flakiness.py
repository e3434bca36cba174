"""Which tests both passed and failed on the same commit: a report over JUnit files of repeated runs.

The folder holds one folder a run (`<commit>/<run>/**/*.xml`). A test is flaky when, on one commit, some runs passed and
some failed; one that always fails is broken, not flaky. Skipped runs say nothing and are not counted.
"""

import argparse
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from delivery.shell import DeliveryError, main, output, summarise


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one test."""

    commit: str
    test: str
    passed: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Flaky:
    """A test with its failures and runs on the commits where both were seen."""

    test: str
    failed: int
    runs: int
    commits: int


def results(folder: Path) -> Iterator[Result]:
    """Yield every counted result below a folder of `<commit>/<run>/**/*.xml`."""
    for file in sorted(folder.glob("*/*/**/*.xml")):
        commit = file.relative_to(folder).parts[0]
        try:
            cases = ET.parse(file).iter("testcase")  # noqa: S314  (our own pytest wrote it)
        except ET.ParseError as error:
            raise DeliveryError(f"{file} is no JUnit report ({error}): its run was cut off; run it again") from error
        for case in cases:
            if case.find("skipped") is None:
                passed = case.find("failure") is None and case.find("error") is None
                name = f"{case.get('classname', '')}::{case.get('name', '')}"
                yield Result(commit, name, passed, float(case.get("time", 0)))


def flaky(found: Iterable[Result]) -> list[Flaky]:
    """Return the flaky tests, most often failed first."""
    outcomes: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for result in found:
        outcomes[result.test][result.commit].append(result.passed)
    tests = []
    for test, commits in outcomes.items():
        mixed = [runs for runs in commits.values() if len(set(runs)) == 2]
        if mixed:
            flat = [passed for runs in mixed for passed in runs]
            tests.append(Flaky(test, flat.count(False), len(flat), len(mixed)))
    return sorted(tests, key=lambda t: (-t.failed / t.runs, t.test))


def describe(found: Sequence[Result]) -> str:
    """Return the report in Markdown, with its denominators."""
    if not found:
        raise DeliveryError("no JUnit report was found: a report over nothing would read as if nothing were flaky")
    tests, runs = len({r.test for r in found}), len(found)
    listed = flaky(found)
    seen = f"{runs:,} runs on {len({r.commit for r in found})} commits"
    lines = [f"### Flaky tests: {len(listed)} of {tests:,} ({seen})", ""]
    if listed:
        lines += ["| test | failed | of runs | commits |", "| --- | --: | --: | --: |"]
        lines += [f"| `{t.test}` | {t.failed} | {t.runs} | {t.commits} |" for t in listed]
        lines += [""]
    slow = sorted(found, key=lambda r: -r.seconds)[:5]
    lines += ["Slowest runs: " + ", ".join(f"`{r.test}` {r.seconds:.1f} s" for r in slow), ""]
    return "\n".join(lines)


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", required=True, type=Path, help="file for the report")
    options = parser.parse_args(arguments)
    found = list(results(options.folder))
    text = describe(found)
    options.out.write_text(text, encoding="utf-8")
    summarise(text)
    output(flaky=str(len(flaky(found))))
    return 0


if __name__ == "__main__":
    main(_command)
