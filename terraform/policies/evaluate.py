#!/usr/bin/env python3
# ruff: noqa: T201 - it is a command
"""Judge a Terraform plan by the Rego rules beside this file: `evaluate.py PLAN.json` (by `terraform show -json`)."""

import argparse
import base64
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regopy import Interpreter, RegoError

POLICIES = Path(__file__).resolve().parent


def judge(plan: dict[str, Any], policies: Path = POLICIES) -> dict[str, list[str]]:
    """Return what the rules deny and what they warn of, each sorted."""
    interpreter = Interpreter()
    for rule in sorted(policies.glob("*.rego")):
        interpreter.add_module(rule.name, rule.read_text(encoding="utf-8"))
    interpreter.add_data_json((policies / "settings.json").read_text(encoding="utf-8"))
    interpreter.set_input(plan)
    return {name: _messages(interpreter, name) for name in ("deny", "warn")}


def _messages(interpreter: Interpreter, name: str) -> list[str]:
    """Return a rule's messages; in Base64 on the way, since regopy does not escape quotes in addresses like a["b"]."""
    answer = interpreter.query(f"[base64.encode(message) | some message in data.main.{name}]")
    if not answer.ok():
        raise RegoError(answer.node().json())
    return sorted(base64.b64decode(message).decode() for message in answer[0][0])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found; return 1 if anything is denied, 2 if the plan cannot be read or judged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path, metavar="PLAN.json", help="what `terraform show -json` wrote")
    options = parser.parse_args(arguments)
    try:
        plan = json.loads(options.plan.read_text(encoding="utf-8"))
        if "resource_changes" not in plan:
            raise ValueError("it has no resource_changes: `terraform show -json PLAN` writes them")
        found = judge(plan)
    except (OSError, ValueError, RegoError) as error:
        print(f"evaluate: {options.plan} cannot be judged: {error}", file=sys.stderr)
        return 2
    for name, messages in found.items():
        for message in messages:
            print(f"{name}: {message}")
    print(f"{len(plan['resource_changes'])} resources, {len(found['deny'])} denied, {len(found['warn'])} warnings")
    return 1 if found["deny"] else 0


if __name__ == "__main__":
    sys.exit(main())
