"""Who may look and who may write. Pure, but for the clock that is handed in.

On a laptop the token opens a session: a cookie that only this console can have made and no script can read. On a
cluster a proxy signs people in (OIDC), and its header is believed when it comes from the proxy's address alone.
What writes needs more: JSON, from our own page, with the session's CSRF token in a header.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping

from pixguard.console.errors import RefusedError
from pixguard.console.settings import Settings

SESSION_S = 12 * 3600
CSRF_HEADER = "x-csrf-token"
_SESSION = re.compile(r"([0-9]{1,12})\.[0-9a-f]{64}")
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+@-]{0,126}")


class Access:
    """Decides by the settings and by the time of day in seconds."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings, self._clock = settings, clock

    def login(self, token: object) -> str:
        """Return a new session for the right token."""
        if self._settings.proxy:
            raise RefusedError(404, "people sign in at the proxy")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self._settings.token.encode()):
            raise RefusedError(401, "this is not the token that `pixguard up` printed")
        return self._session(int(self._clock()) + SESSION_S)

    def who(self, peer: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> tuple[str, str]:
        """Return the user and the session; RefusedError when there is none. `headers` have small letters."""
        _same_page(headers)
        if self._settings.proxy:
            return self._proxied(peer, headers)
        session = cookies.get(self._settings.cookie, "")
        found = _SESSION.fullmatch(session)
        if not found or not hmac.compare_digest(session, self._session(int(found[1]))):
            raise RefusedError(401, "no session: sign in with the token")
        if int(found[1]) < self._clock():
            raise RefusedError(401, "the session ended: sign in again")
        return self._settings.owner, session

    def writer(self, peer: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
        """Return the user who may write with this request."""
        same_origin(headers)
        user, session = self.who(peer, headers, cookies)
        if not hmac.compare_digest(headers.get(CSRF_HEADER, "").encode(), self.csrf(session).encode()):
            raise RefusedError(403, f"no {CSRF_HEADER} of this session: load the page again")
        return user

    def csrf(self, session: str) -> str:
        """Return the token that this session's page sends with what it writes."""
        return self._signed("csrf", session)

    def _proxied(self, peer: str, headers: Mapping[str, str]) -> tuple[str, str]:
        try:
            trusted = any(ipaddress.ip_address(peer) in network for network in self._settings.proxy)
        except ValueError:
            trusted = False
        if not trusted:
            raise RefusedError(403, "come through the proxy that signs you in")
        user = headers.get(self._settings.user_header, "")
        if not _USER.fullmatch(user):
            raise RefusedError(401, f"the proxy names no user in {self._settings.user_header}")
        return user, user

    def _session(self, until: int) -> str:
        return f"{until}.{self._signed('session', str(until))}"

    def _signed(self, what: str, value: str) -> str:
        return hmac.new(self._settings.token.encode(), f"{what}\n{value}".encode(), hashlib.sha256).hexdigest()


def same_origin(headers: Mapping[str, str]) -> None:
    """Return when the request comes from our own page, or from no browser at all, as JSON; else RefusedError."""
    _same_page(headers)
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        raise RefusedError(403, "another site may not write here")
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise RefusedError(415, "wanted application/json")


def _same_page(headers: Mapping[str, str]) -> None:
    """Refuse what a browser says comes from another site; to a cookie every port of one machine is the same site."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise RefusedError(403, "another site may not ask here")
