import ipaddress
from pathlib import Path
from typing import Any

import pytest

from pixguard.console.access import SESSION_S, Access, same_origin
from pixguard.console.errors import RefusedError
from pixguard.console.settings import Settings

TOKEN = "t" * 43
JSON = {"content-type": "application/json", "host": "127.0.0.1:8000"}


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def access(clock: Clock | None = None, **changes: Any) -> Access:
    values = {"state": Path(), "port": 8000, "token": TOKEN, "owner": "ana"} | changes
    return Access(Settings(**values), clock or Clock())


def cookies(session: str) -> dict[str, str]:
    return {"pixguard-console-8000": session}


def test_the_token_opens_a_session_that_ends() -> None:
    clock = Clock()
    door = access(clock)
    session = door.login(TOKEN)
    assert door.who("127.0.0.1", {}, cookies(session)) == ("ana", session)
    clock.now += SESSION_S + 1
    with pytest.raises(RefusedError, match="ended") as told:
        door.who("127.0.0.1", {}, cookies(session))
    assert told.value.status == 401


@pytest.mark.parametrize("token", ["", "t" * 42, "t" * 44, None, 7, ["t" * 43], "é" * 43])
def test_another_token_opens_nothing(token: object) -> None:
    with pytest.raises(RefusedError) as told:
        access().login(token)
    assert told.value.status == 401


def test_a_session_cannot_be_made_prolonged_or_taken_from_another_console() -> None:
    session = access().login(TOKEN)
    until, signature = session.split(".")
    other = access(token="u" * 43).login("u" * 43)
    for forged in ("", "x", until, f"{int(until) + 1}.{signature}", f"{until}.{'0' * 64}", other, session + "0"):
        with pytest.raises(RefusedError):
            access().who("127.0.0.1", {}, cookies(forged))


def test_writing_needs_the_sessions_own_csrf_token_and_json_from_our_page() -> None:
    door = access()
    session = door.login(TOKEN)
    good = JSON | {"x-csrf-token": door.csrf(session), "origin": "http://127.0.0.1:8000"}
    assert door.writer("127.0.0.1", good, cookies(session)) == "ana"
    later = Clock()
    later.now += 60
    for change in (
        {"x-csrf-token": ""},
        {"x-csrf-token": access(later).csrf(access(later).login(TOKEN))},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
    ):
        with pytest.raises(RefusedError) as told:
            door.writer("127.0.0.1", good | change, cookies(session))
        assert told.value.status in {403, 415}


def test_reading_from_another_sites_page_is_refused_though_the_cookie_came_along() -> None:
    door = access()
    with pytest.raises(RefusedError):
        door.who("127.0.0.1", {"sec-fetch-site": "same-site"}, cookies(door.login(TOKEN)))


def test_a_proxys_word_counts_from_its_address_alone() -> None:
    door = access(proxy=(ipaddress.ip_network("10.0.0.0/29"),))
    header = {"x-auth-request-email": "ana@bank.example"}
    assert door.who("10.0.0.6", header, {})[0] == "ana@bank.example"
    for peer in ("10.0.0.8", "127.0.0.1", "", "::1", "testclient"):
        with pytest.raises(RefusedError) as told:
            door.who(peer, header, {})
        assert told.value.status == 403


@pytest.mark.parametrize("user", ["", " ", "ana bank", "<script>", "a" * 200, "ana\nbruno", "-ana"])
def test_a_proxy_that_names_no_proper_user_lets_nobody_in(user: str) -> None:
    door = access(proxy=(ipaddress.ip_network("10.0.0.6"),))
    with pytest.raises(RefusedError) as told:
        door.who("10.0.0.6", {"x-auth-request-email": user}, {})
    assert told.value.status == 401


def test_behind_a_proxy_the_token_is_no_way_in_and_csrf_belongs_to_the_person() -> None:
    door = access(proxy=(ipaddress.ip_network("10.0.0.6"),))
    with pytest.raises(RefusedError) as told:
        door.login(TOKEN)
    assert told.value.status == 404
    headers = JSON | {"x-auth-request-email": "ana", "x-csrf-token": door.csrf("bruno")}
    with pytest.raises(RefusedError):
        door.writer("10.0.0.6", headers, {})
    assert door.writer("10.0.0.6", headers | {"x-csrf-token": door.csrf("ana")}, {}) == "ana"


def test_what_no_browser_sent_needs_no_origin() -> None:
    same_origin(JSON)
