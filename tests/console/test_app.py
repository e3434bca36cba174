"""The real process: who gets in, what a page gets, what a verdict leaves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from pixguard.console.hub import MOST_PAGES

from .process import TOKEN, console, signed_in
from .world import SECOND, World


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with signed_in(url) as made:
        yield made


@contextmanager
def following(client: httpx.Client) -> Iterator[Iterator[tuple[str, Any]]]:
    """Yield the events of a stream that is closed at the end of the block."""
    with client.stream("GET", "/api/stream") as answer:
        assert answer.status_code == 200
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    name, deadline = "", time.monotonic() + 20
    for line in answer.iter_lines():
        assert time.monotonic() < deadline
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


def until(client: httpx.Client, section: str, what: Callable[[Any], bool]) -> Any:
    """Return a section as soon as it is so."""
    with following(client) as stream:
        for name, data in stream:
            if name == section and what(data):
                return data
    raise AssertionError("the stream ended")


def test_the_page_is_anyones_and_what_it_shows_is_not(url: str) -> None:
    assert httpx.get(url).headers["content-type"].startswith("text/html")
    for path in ("/api/session", "/api/stream"):
        answer = httpx.get(url + path)
        assert answer.status_code == 401
        assert answer.headers["cache-control"] == "no-store"
    assert httpx.post(f"{url}/api/verdicts", json={}).status_code == 401


def test_every_answer_forbids_what_is_not_ours(url: str) -> None:
    for path in ("/", "/static/app.js", "/api/session", "/nowhere", "/healthz"):
        headers = httpx.get(url + path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_the_session_is_a_cookie_that_no_script_reads_and_no_other_site_sends(url: str) -> None:
    answer = httpx.post(f"{url}/api/login", json={"token": TOKEN})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in answer.text + cookie
    assert httpx.post(f"{url}/api/login", json={"token": "x" * 43}).status_code == 401


def test_who_signs_out_is_out(client: httpx.Client) -> None:
    assert client.get("/api/session").status_code == 200
    assert client.post("/api/logout", json={}).status_code == 200
    assert client.get("/api/session").status_code == 401


def test_a_page_gets_every_section_at_once(client: httpx.Client) -> None:
    found: dict[str, Any] = {}
    with following(client) as stream:
        for name, data in stream:
            found.setdefault(name, data)
            if len(found) == 4:
                break
    assert found["live"]["standing"]["kind"] == "rolled_back"
    assert found["live"]["problems"] == []
    assert found["releases"][0]["what"] == "rollback"
    assert found["held"]["shown"]
    assert found["watch"] == {"drift": {"missing": True}, "performance": {"missing": True}}


def test_a_decision_is_on_the_page_within_two_seconds(busy: World, client: httpx.Client) -> None:
    with following(client) as stream:
        next(stream)
        began = time.monotonic()
        made = busy.hold()
        next(data for name, data in stream if name == "held" and made["end_to_end_id"] in json.dumps(data))
    assert time.monotonic() - began < 2


def test_a_verdict_is_kept_once_and_leaves_the_queue(busy: World, client: httpx.Client) -> None:
    made = busy.hold()
    verdict = {"end_to_end_id": made["end_to_end_id"], "is_fraud": True, "situation": "SCAM"}
    until(client, "held", lambda held: made["end_to_end_id"] in [each["end_to_end_id"] for each in held["shown"]])
    assert client.post("/api/verdicts", json=verdict).status_code == 201
    assert client.post("/api/verdicts", json=verdict).status_code == 200
    other = verdict | {"is_fraud": False, "situation": None}
    assert client.post("/api/verdicts", json=other).status_code == 409
    assert client.post("/api/verdicts", json=other | {"correct": True}).status_code == 201
    kept = [
        json.loads(line)
        for path in (busy.state / "outcomes" / "verdicts").glob("*.jsonl")
        for line in path.read_text().splitlines()
        if made["end_to_end_id"] in line
    ]
    assert [each["is_fraud"] for each in kept] == [True, False]
    assert set(kept[0]) == {"end_to_end_id", "source", "is_fraud", "situation", "known_at", "by"}
    assert kept[0]["known_at"].endswith("Z")
    held = until(client, "held", lambda held: held["given"][0]["end_to_end_id"] == made["end_to_end_id"])
    assert made["end_to_end_id"] not in [each["end_to_end_id"] for each in held["shown"]]


def test_pages_that_were_closed_make_room_for_others(client: httpx.Client) -> None:
    for _ in range(MOST_PAGES + 10):
        with following(client) as stream:
            next(stream)


def test_nobody_gives_a_verdict_on_a_payment_that_was_not_held(client: httpx.Client) -> None:
    verdict = {"end_to_end_id": "E1234567820261124150012345678901", "is_fraud": False, "situation": None}
    assert client.post("/api/verdicts", json=verdict).status_code == 404


def test_a_plane_that_went_away_is_said_and_the_rest_goes_on(busy: World, client: httpx.Client) -> None:
    busy.write("plane.json", {"versions_url": "http://127.0.0.1:9/versions"})
    try:
        live = until(client, "live", lambda live: live["standing"]["kind"] == "away")
        assert "pixguard up" in live["problems"][0]
        assert live["versions"][SECOND.name]["decided"]["total"] > 0
    finally:
        busy.plane()
    until(client, "live", lambda live: live["standing"]["kind"] == "rolled_back")


def test_behind_a_proxy_its_header_is_the_user_and_others_have_none(busy: World) -> None:
    environment = {"PIXGUARD_CONSOLE_PROXY": "127.0.0.1", "PIXGUARD_CONSOLE_HOSTS": "console.example"}
    with console(busy.state, **environment) as url:
        header = {"x-auth-request-email": "ana@bank.example", "host": "console.example"}
        found = httpx.get(f"{url}/api/session", headers=header).json()
        assert (found["user"], found["proxied"]) == ("ana@bank.example", True)
        assert httpx.get(f"{url}/api/session").status_code == 401
        assert httpx.post(f"{url}/api/login", json={"token": TOKEN}).status_code == 404
        assert httpx.get(url, headers={"host": "other.example"}).status_code == 421


def test_a_forged_proxy_changes_nothing(url: str) -> None:
    forged = {"x-auth-request-email": "ana@bank.example", "x-forwarded-for": "10.0.0.1", "forwarded": "for=10.0.0.1"}
    assert httpx.get(f"{url}/api/session", headers=forged).status_code == 401
