"""More than two hundred requests that mean no good: none changes anything, none gets what is not its own."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from pixguard.console.app import STATIC

from .process import TOKEN, signed_in
from .world import World

XSS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "'\"><svg/onload=alert(1)>",
    "{{7*7}}", "${7*7}", "\u202ereversed", "\x00", "%3Cscript%3E", "'; DROP TABLE payments; --", "../../etc/passwd",
    "\r\nSet-Cookie: a=b", "a" * 3000,
)  # fmt: skip
PATHS = (
    "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/%2e%2e%2f%2e%2e%2fcli.py",
    "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/..\\app.py", "/static/%5c..%5capp.py", "/static/.",
    "/static/", "/static", "/static/%00", "/static/app.js%00.html", "/static/app.js/..", "/static/texts.json/",
    "/../plane.json", "/%2e%2e/plane.json", "/plane.json", "/status.json", "/processes/console.json", "/.git/config",
    "/decisions/", "/outcomes/verdicts/", "//evil.example/%2f..", "/api", "/api/", "/api/verdicts/../session/x",
    "/api/stream/../../", "/API/session", "/api/session/", "/api/;session", "/docs", "/openapi.json", "/metrics",
    "/?" + "a" * 4000, "/%c0%ae%c0%ae/", "/static/%252e%252e/app.py", "/static/a/b/c/d/e", "/healthz/..;/plane.json",
)  # fmt: skip
GOOD = {"end_to_end_id": "E1234567820261124150012345678901", "is_fraud": True, "situation": "SCAM"}


def fingerprint(folder: Path) -> str:
    """Return a digest of all files of the state but for what the plane of the test itself writes."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return hashlib.sha256(b"".join(str(each).encode() + each.read_bytes() for each in files)).hexdigest()


@pytest.fixture(scope="module")
def held(busy: World, url: str) -> str:
    with signed_in(url) as client, client.stream("GET", "/api/stream") as answer:
        name = ""
        for line in answer.iter_lines():
            name = line[7:] if line.startswith("event: ") else name
            if name == "held" and line.startswith("data: "):
                return str(json.loads(line[6:])["shown"][-1]["end_to_end_id"])
    raise AssertionError("nothing is held")


Named = Iterator[tuple[str, httpx.Request]]


def hostile(client: httpx.Client, held: str) -> Named:
    """Yield requests by name; each has a good session unless it is about sessions."""
    good = GOOD | {"end_to_end_id": held}
    yield from wrong_values(client, good)
    yield from wrong_bodies(client, good)
    yield from wrong_pages(client, good)
    yield from wrong_sessions(client, good)
    for method in ("PUT", "DELETE", "PATCH", "GET", "OPTIONS", "TRACE", "HEAD", "MERGE"):
        yield f"method {method}", client.build_request(method, "/api/verdicts", json=good)
    for path in PATHS:
        yield f"path {path[:40]}", httpx.Request("GET", client.base_url.copy_with(raw_path=path.encode()))


def post(client: httpx.Client, **options: Any) -> httpx.Request:
    return client.build_request("POST", options.pop("path", "/api/verdicts"), **options)


def wrong_values(client: httpx.Client, good: dict[str, Any]) -> Named:
    for field in (*good, "by", "known_at", "source", "__proto__"):
        for text in XSS:
            yield f"{field} {text[:20]!r}", post(client, json=good | {field: text})
    for field in good:
        for value in (None, [], {}, 1.5, -1, 10**400, ["SCAM"], {"$ne": 1}):
            yield f"{field} {str(value)[:20]}", post(client, json=good | {field: value})


def wrong_bodies(client: httpx.Client, good: dict[str, Any]) -> Named:
    for body in (b"", b"{", b"[" * 3000, b"null", b"\xff\xfe", b"NaN", b'{"a":' * 400, b"end_to_end_id=1"):
        yield f"body {body[:10]!r}", post(client, content=body, headers={"content-type": "application/json"})
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/xml", ""):
        yield f"type {kind}", post(client, content=json.dumps(good), headers={"content-type": kind})
    for size in (4097, 100_000, 3_000_000):
        yield f"size {size}", post(client, json=good | {"pad": "a" * size})


def wrong_pages(client: httpx.Client, good: dict[str, Any]) -> Named:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "file://"):
        yield f"origin {origin}", post(client, json=good, headers={"origin": origin})
        login = {"path": "/api/login", "json": {"token": TOKEN}, "headers": {"origin": origin}}
        yield f"login {origin}", post(client, **login)
    for site in ("cross-site", "same-site", "nonsense"):
        yield f"site {site}", post(client, json=good, headers={"sec-fetch-site": site})
        yield f"read {site}", client.build_request("GET", "/api/stream", headers={"sec-fetch-site": site})
    for host in ("evil.example", "127.0.0.1.evil.example", "", "[::1]", "0.0.0.0", "127.0.0.1@evil.example"):
        yield f"host {host}", post(client, json=good, headers={"host": host})


def wrong_sessions(client: httpx.Client, good: dict[str, Any]) -> Named:
    csrf, name = client.headers["x-csrf-token"], next(iter(client.cookies))
    for token in ("", "0" * 64, csrf[:-1], csrf.upper(), TOKEN):
        yield f"csrf {token[:9]}", post(client, json=good, headers={"x-csrf-token": token})
    for cookie in ("", "x", "9999999999." + "0" * 64, TOKEN, "; ".join(["a=b"] * 40)):
        headers = {"cookie": f"{name}={cookie}", "x-csrf-token": csrf}
        url = client.base_url.copy_with(path="/api/verdicts")
        yield f"cookie {cookie[:12]}", httpx.Request("POST", url, json=good, headers=headers)


def test_two_hundred_hostile_requests_do_nothing(busy: World, url: str, held: str) -> None:
    public = {each.read_bytes() for each in STATIC.iterdir()}  # anyone's: they hold nothing
    before, count, secret = fingerprint(busy.state), 0, TOKEN.encode()
    with signed_in(url) as good, httpx.Client(timeout=10) as client:
        for name, request in hostile(good, held):
            count += 1
            answer = client.send(request)
            harmless = answer.status_code == 200 and name.startswith("path") and answer.content in public
            assert harmless or 400 <= answer.status_code < 500 or answer.status_code in {307, 405}, name
            assert secret not in answer.content, name
            assert b"<script>alert" not in answer.content, name
            assert b"root:" not in answer.content, name
            assert answer.headers["x-content-type-options"] == "nosniff", name
            location = answer.headers.get("location", "/")
            assert urlsplit(location).netloc in {"", urlsplit(url).netloc}, name
    assert fingerprint(busy.state) == before
    assert httpx.get(f"{url}/healthz").status_code == 200
    print(f"{count} hostile requests did nothing")  # noqa: T201
    assert count >= 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n" + b"a: " + b"b" * 100_000 + b"\r\n\r\n",
        b"POST /api/verdicts HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/verdicts HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"POST /api/verdicts HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\ncontent-length: 4\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /api/login HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
        + b"1000\r\n" + b"a" * 4096 + b"\r\n" + b"1000\r\n" + b"a" * 4096 + b"\r\n",
    ],
)  # fmt: skip
def test_what_is_no_proper_http_is_refused(url: str, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=10) as raw:
        raw.sendall(sent)
        answer = raw.recv(4096)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:60]
    assert httpx.get(f"{url}/healthz").status_code == 200
