"""The one job that a branch rule asks for: every job it needs succeeded, or was skipped where skipping is allowed.

GitHub counts a skipped required check as passed; here a skip must be named, so a job cannot fall out unseen.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from delivery.shell import DeliveryError, main


def not_green(needs: Mapping[str, Any], may_skip: frozenset[str] = frozenset()) -> list[str]:
    """Return `job: result` of every needed job that stands in the way; DeliveryError when nothing is needed at all."""
    if not needs:
        raise DeliveryError("no job is needed: a check of nothing would always be green")
    if unknown := may_skip - needs.keys():
        raise DeliveryError(f"may be skipped, but is not needed: {', '.join(sorted(unknown))}")
    return [
        f"{job}: {facts['result']}"
        for job, facts in needs.items()
        if facts["result"] != "success" and not (facts["result"] == "skipped" and job in may_skip)
    ]


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--may-skip", action="append", default=[], metavar="JOB")
    options = parser.parse_args(arguments)
    found = not_green(json.loads(os.environ.get("NEEDS", "{}")), frozenset(options.may_skip))
    print("\n".join(found) or "all green")
    return 1 if found else 0


if __name__ == "__main__":
    main(_command)
