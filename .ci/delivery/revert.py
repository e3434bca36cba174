"""Take back what was merged when an alarm goes off after it: watch the alarms, then revert by a commit.

`revert watch` waits a while and reverts on the first alarm that went off after the commit; one that rang before is not
the commit's doing. `revert now` reverts at once. Reverting twice changes nothing.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from delivery.shell import DeliveryError, git, main, output, run, summarise

TRIES = 3


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that is ringing, and since when."""

    name: str
    since: datetime


Look = Callable[[str], list[Alarm]]


def blamed(alarms: Sequence[Alarm], merged: datetime) -> list[str]:
    """Return the names of the alarms that went off after the merge."""
    return sorted(alarm.name for alarm in alarms if alarm.since > merged)


def ringing(prefix: str) -> list[Alarm]:
    """Return the alarms of CloudWatch that ring now."""
    query = ["--alarm-name-prefix", prefix, "--state-value", "ALARM", "--output", "json"]
    said = json.loads(run(["aws", "cloudwatch", "describe-alarms", *query]))
    found = [*said.get("MetricAlarms", []), *said.get("CompositeAlarms", [])]
    return [Alarm(a["AlarmName"], datetime.fromisoformat(a["StateUpdatedTimestamp"])) for a in found]


def watch(commit: str, prefix: str, seconds: float, every: float = 15, look: Look | None = None) -> list[str]:
    """Watch the alarms so long and return those to blame at the first look that finds any, or nothing."""
    merged = datetime.fromisoformat(git("show", "--no-patch", "--format=%cI", commit))
    end = time.monotonic() + seconds
    while True:
        found = blamed((look or ringing)(prefix), merged)
        left = end - time.monotonic()
        if found or left <= 0:
            return found
        time.sleep(min(every, left))


def revert(commit: str, reason: str, *, branch: str = "main", cwd: Path | None = None) -> bool:
    """Push a commit that takes `commit` back; False if that was done before. Another's push in between is taken in."""
    for _ in range(TRIES):
        git("fetch", "--quiet", "origin", branch, cwd=cwd)
        git("switch", "--quiet", "--detach", f"origin/{branch}", cwd=cwd)
        if f"This reverts commit {commit}" in git("log", "--format=%B", f"{commit}..HEAD", cwd=cwd):
            return False
        _commit(commit, reason, cwd)
        try:
            git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}", cwd=cwd)
        except DeliveryError as error:
            if "protected branch" in str(error) or "rule violations" in str(error):
                _request(commit, branch, cwd)
            elif "fetch first" in str(error) or "non-fast-forward" in str(error):
                continue
            else:
                raise
        return True
    raise DeliveryError(f"{branch} moved {TRIES} times while {commit} was being reverted: run it again")


def _request(commit: str, branch: str, cwd: Path | None) -> None:
    """Open a pull request that merges as soon as the branch's rules let it: our token may not push past them."""
    name = f"revert/{commit[:12]}"
    git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{name}", cwd=cwd)
    request = ["gh", "pr", "create", "--base", branch, "--head", name, "--fill"]
    address = run(request, cwd=cwd).strip()
    run(["gh", "workflow", "run", "ci.yml", "--ref", name], cwd=cwd)
    run(["gh", "pr", "merge", address, "--auto", "--squash"], cwd=cwd)
    summarise(f"The rules of `{branch}` want a review even for a revert: {address}")


def _commit(commit: str, reason: str, cwd: Path | None) -> None:
    parents = git("show", "--no-patch", "--format=%P", commit, cwd=cwd).split()
    try:
        git("revert", "--no-commit", *(["--mainline", "1"] if len(parents) > 1 else []), commit, cwd=cwd)
    except DeliveryError as error:
        git("revert", "--abort", cwd=cwd)
        raise DeliveryError(f"{commit} cannot be reverted by itself, later commits build on it: {error}") from error
    subject = git("show", "--no-patch", "--format=%s", commit, cwd=cwd)
    trailers = f"Pixguard-Action: revert\nPixguard-Evidence: {reason}"
    git("commit", "--message", f'Revert "{subject}"\n\nThis reverts commit {commit}.\n\n{trailers}', cwd=cwd)


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["watch", "now"])
    parser.add_argument("--commit", required=True, help="the whole SHA of what was merged")
    parser.add_argument("--alarms", default="", metavar="PREFIX", help="names of the alarms to watch begin so")
    parser.add_argument("--seconds", type=float, default=900, help="how long to watch (default: %(default)s)")
    parser.add_argument("--reason", default="by hand", help="why, for `now` (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.action == "watch" and not options.alarms:
        raise DeliveryError("no prefix of alarms: watching nothing would always find everything well")
    reason = options.reason
    if options.action == "watch":
        found = watch(options.commit, options.alarms, options.seconds)
        reason = f"alarms {', '.join(found)}"
    if options.action == "watch" and not found:
        summarise(f"No alarm `{options.alarms}*` went off in {options.seconds:.0f} s after `{options.commit[:12]}`.")
        output(reverted="false")
        return 0
    done = revert(options.commit, reason)
    summarise(f"`{options.commit[:12]}` {'was reverted' if done else 'had been reverted before'}: {reason}.")
    output(reverted=str(done).lower())
    return 0


if __name__ == "__main__":
    main(_command)
