"""What differs between the account and the code, as the text of an issue: addresses and attributes, never a value."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from delivery import plan_text
from delivery.shell import main, output, summarise

Json = dict[str, Any]


def describe(document: Json, environment: str, commit: str) -> str:
    """Return the issue's text in Markdown, or "" when all agree; the document is that of `terraform show -json`."""
    outside = [_line(kind, address, document) for kind, address in plan_text.changes(document, "resource_drift")]
    planned = [f"- {kind} `{address}`" for kind, address in plan_text.changes(document)]
    if not outside and not planned:
        return ""
    return "\n".join(
        [
            f"`terraform plan` of `{environment}` at commit `{commit}` is not empty.",
            "",
            *_part("Changed outside Terraform", outside),
            *_part("What an apply would do", planned),
            "Either bring the change into the code, or apply the code again: run the workflow `terraform` on main. "
            "This issue is rewritten by every run and closed by the first one that finds no difference.",
            "",
        ]
    )


def _part(heading: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield from (f"#### {heading} ({len(lines)})", "", *lines, "")


def _line(kind: str, address: str, document: Json) -> str:
    names = next((_differing(d["change"]) for d in document["resource_drift"] if d["address"] == address), [])
    return f"- {kind} `{address}`" + (f": {', '.join(names)}" if names else "")


def _differing(change: Json) -> list[str]:
    before, after = change.get("before") or {}, change.get("after") or {}
    if not before or not after:
        return []
    return sorted(f"`{name}`" for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", required=True)
    parser.add_argument("--commit", required=True)
    parser.add_argument("--plan", required=True, type=Path, help="what `terraform show -json` said")
    parser.add_argument("--out", required=True, type=Path, help="file for the text")
    options = parser.parse_args(arguments)
    text = describe(json.loads(options.plan.read_text(encoding="utf-8")), options.environment, options.commit)
    options.out.write_text(text, encoding="utf-8")
    summarise(text or f"`{options.environment}`: account, state and code agree.")
    output(drift=str(bool(text)).lower())
    return 0


if __name__ == "__main__":
    main(_command)
