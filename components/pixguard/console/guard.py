"""What holds for every request and every answer: known hosts, small bodies, and headers that forbid all but our own."""

from __future__ import annotations

import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 4096
HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            *(f"{kind} 'self'" for kind in ("script-src", "style-src", "img-src", "connect-src", "form-action")),
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Guard:
    """Stands before the application."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app, self._hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what must not reach the application; add the headers to every answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        if headers.get("host", "").partition(":")[0] not in self._hosts:
            await _refuse(answer, 421, "this console has another name")
            return
        body = await _body(receive) if headers.get("content-length", headers.get("transfer-encoding")) else b""
        if body is None:
            await _refuse(answer, 413, f"a body of more than {MAX_BODY} bytes")
            return
        await self._app(scope, _again(body, receive), answer)


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body, or None of one that is too long."""
    found = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return found
        part: bytes = message.get("body", b"")
        found += part
        if len(found) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return found


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body first, and then what comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(send: Send, status: int, message: str) -> None:
    body = json.dumps({"error": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
