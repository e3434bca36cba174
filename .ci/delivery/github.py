"""Comments and issues that are written once and then edited, through the `gh` program and its token in GH_TOKEN.

A marker, an HTML comment that nobody sees, says which of the comments or issues is ours: a rerun edits, never repeats.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from delivery.shell import DeliveryError, main, run

MAX_BODY = 65_000


def marker(name: str) -> str:
    """Return the invisible line that marks a text as ours."""
    return f"<!-- pixguard:{name} -->"


def comment(number: int, name: str, text: str) -> str:
    """Write or rewrite the comment `name` of a pull request or issue; return its address."""
    path = f"repos/{{owner}}/{{repo}}/issues/{number}/comments"
    mine = [old for old in _pages(path) if old["body"].startswith(marker(name)) and old["user"]["type"] == "Bot"]
    if mine:
        return _send("PATCH", f"repos/{{owner}}/{{repo}}/issues/comments/{mine[0]['id']}", body=_marked(name, text))
    return _send("POST", path, body=_marked(name, text))


def issue(name: str, title: str, text: str, label: str) -> str:
    """Open the issue `name`, or rewrite the one that is open; return its address."""
    body = _marked(name, text)
    if mine := _open_issues(name, label):
        return _send("PATCH", f"repos/{{owner}}/{{repo}}/issues/{mine[0]}", title=title, body=body)
    return _send("POST", "repos/{owner}/{repo}/issues", title=title, body=body, labels=[label])


def close(name: str, label: str) -> list[str]:
    """Close the open issue `name`, if there is one, and return the addresses of what was closed."""
    numbers = _open_issues(name, label)
    return [_send("PATCH", f"repos/{{owner}}/{{repo}}/issues/{number}", state="closed") for number in numbers]


def _open_issues(name: str, label: str) -> list[int]:
    found = _pages(f"repos/{{owner}}/{{repo}}/issues?state=open&labels={label}")
    return [entry["number"] for entry in found if (entry["body"] or "").startswith(marker(name))]


def _marked(name: str, text: str) -> str:
    body = f"{marker(name)}\n{text}"
    return body if len(body) <= MAX_BODY else body[:MAX_BODY] + "\n\n… cut here: the run's artifact has it all"


def _pages(path: str) -> list[dict[str, Any]]:
    pages = json.loads(run(["gh", "api", "--paginate", "--slurp", path]))
    return [entry for page in pages for entry in page]


def _send(method: str, path: str, **fields: Any) -> str:
    said = json.loads(run(["gh", "api", "--method", method, "--input", "-", path], stdin=json.dumps(fields)))
    return str(said["html_url"])


def _command(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["comment", "issue", "close"])
    parser.add_argument("--name", required=True, help="which comment or issue it is")
    parser.add_argument("--number", type=int, help="of the pull request, for a comment")
    parser.add_argument("--title", default="", help="of the issue")
    parser.add_argument("--label", default="pixguard", help="of the issue (default: %(default)s)")
    parser.add_argument("--body", type=Path, help="file with the text in Markdown")
    options = parser.parse_args(arguments)
    if options.action == "close":
        print("\n".join(close(options.name, options.label)) or "nothing to close")
        return 0
    if options.body is None or (options.action == "comment" and not options.number):
        raise DeliveryError("a comment needs --number and --body, an issue needs --body")
    text = options.body.read_text(encoding="utf-8")
    if options.action == "comment":
        print(comment(options.number, options.name, text))
    else:
        print(issue(options.name, options.title or options.name, text, options.label))
    return 0


if __name__ == "__main__":
    main(_command)
