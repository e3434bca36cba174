"""A local fake of GitHub's API: the few resources that pull requests need, over a real bare repository."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .repository import git

TOKEN = "ghp_secret"


class Fake:
    """Pull requests of acme/pixguard; `trouble` holds answers to give instead, each once, by method."""

    def __init__(self, bare: Path, scratch: Path) -> None:
        self.bare, self.scratch = bare, scratch
        self.pulls: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[str]] = {}
        self.trouble: dict[str, list[tuple[int, dict[str, str], dict[str, Any]]]] = {}
        self.calls: list[str] = []
        self.tokens: set[str] = set()
        self.protected = False
        self.url = ""

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        if match := re.fullmatch(r"/repos/acme/pixguard/pulls", path):
            return (200, self._listed(query)) if method == "GET" else self._created(body)
        if match := re.fullmatch(r"/repos/acme/pixguard/(?:pulls|issues)/(\d+)(/merge|/comments)?", path):
            number, rest = int(match[1]), match[2]
            if rest == "/comments":
                self.comments.setdefault(number, []).append(body["body"])
                return 201, {"id": 1, "body": body["body"]}
            if rest == "/merge":
                return self._merged(number, body)
            if method == "PATCH":
                self.pulls[number] |= body
            return 200, self.pulls[number]
        return 404, {"message": "Not Found"}

    def _listed(self, query: dict[str, str]) -> list[dict[str, Any]]:
        head = query.get("head", "").partition(":")[2]
        return [p for p in self.pulls.values() if p["state"] == query["state"] and head in ("", p["head"]["ref"])]

    def _created(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        number = len(self.pulls) + 1
        self.pulls[number] = {
            "number": number, "state": "open", "title": body["title"], "body": body["body"],
            "url": f"{self.url}/repos/acme/pixguard/pulls/{number}",
            "issue_url": f"{self.url}/repos/acme/pixguard/issues/{number}",
            "html_url": f"https://github.test/acme/pixguard/pull/{number}",
            "head": {"ref": body["head"]}, "base": {"ref": body["base"]},
        }  # fmt: skip
        return 201, self.pulls[number]

    def _merged(self, number: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.protected:
            return 405, {"message": "At least 1 approving review is required"}
        branch = self.pulls[number]["head"]["ref"]
        if git(self.bare, "rev-parse", branch) != body["sha"]:
            return 409, {"message": "Head branch was modified"}
        git(self.scratch, "clone", "--quiet", str(self.bare), f"merge-{number}")
        work = self.scratch / f"merge-{number}"
        git(work, "merge", "--quiet", "--no-ff", "-m", f"Merge pull request #{number}", f"origin/{branch}")
        git(work, "push", "--quiet", "origin", "HEAD:main")
        self.pulls[number]["state"] = "closed"
        return 200, {"merged": True, "sha": git(work, "rev-parse", "HEAD"), "message": "merged"}


@contextmanager
def github(bare: Path, scratch: Path) -> Iterator[Fake]:
    scratch.mkdir(exist_ok=True)
    fake = Fake(bare, scratch)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            parts = urlsplit(self.path)
            fake.calls.append(f"{self.command} {parts.path}")
            fake.tokens.add(self.headers.get("Authorization", ""))
            queue = fake.trouble.get(self.command, [])
            headers: dict[str, str] = {}
            if queue:
                status, headers, answer = queue.pop(0)
            else:
                query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
                status, answer = fake.answer(self.command, parts.path, query, body)
            text = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(text)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
