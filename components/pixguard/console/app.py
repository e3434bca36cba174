"""The console's addresses: a page that holds no data, a stream of what it shows, and the one thing that it writes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from pixguard.console.access import SESSION_S, Access, same_origin
from pixguard.console.errors import RefusedError
from pixguard.console.guard import Guard
from pixguard.console.hub import Hub
from pixguard.console.settings import Settings
from pixguard.console.watcher import Watcher

STATIC = Path(__file__).with_name("static")
STREAM_S = 3600.0  # then the browser connects again, and is asked again who it is
Handler = Callable[[Request], Awaitable[Response]]


class Console:
    """What the addresses do."""

    def __init__(self, settings: Settings, watcher: Watcher, hub: Hub) -> None:
        self._settings, self._watcher, self._hub = settings, watcher, hub
        self._access = Access(settings, time.time)

    def app(self) -> ASGIApp:
        """Return the application, guarded."""
        routes = [
            Route("/", self.page),
            Route("/healthz", self.health),
            Route("/api/login", _told(self.login), methods=["POST"]),
            Route("/api/logout", _told(self.logout), methods=["POST"]),
            Route("/api/session", _told(self.session)),
            Route("/api/stream", _told(self.stream)),
            Route("/api/verdicts", _told(self.verdict), methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        found = Starlette(routes=routes, exception_handlers={HTTPException: _no_such})
        return Guard(found, self._settings.hosts)

    async def page(self, _request: Request) -> Response:
        """Answer the page; what it shows comes by the stream, to who may see it."""
        return FileResponse(STATIC / "index.html", headers={"cache-control": "no-cache"})

    async def health(self, _request: Request) -> Response:
        """Answer that the console runs."""
        return PlainTextResponse("ok\n")

    async def session(self, request: Request) -> Response:
        """Answer who asks, and the token that what this page writes must carry."""
        user, session = self._access.who(_peer(request), request.headers, request.cookies)
        return JSONResponse({"user": user, "csrf": self._access.csrf(session), "proxied": bool(self._settings.proxy)})

    async def login(self, request: Request) -> Response:
        """Open a session for the right token."""
        same_origin(request.headers)
        data = await _json(request)
        session = self._access.login(data.get("token") if isinstance(data, dict) else None)
        answer = JSONResponse({})
        answer.set_cookie(self._settings.cookie, session, max_age=SESSION_S, httponly=True, samesite="strict")
        return answer

    async def logout(self, request: Request) -> Response:
        """End the session in this browser."""
        self._writer(request)
        answer = JSONResponse({})
        answer.delete_cookie(self._settings.cookie, httponly=True, samesite="strict")
        return answer

    async def stream(self, request: Request) -> Response:
        """Answer with server-sent events, one a section that changed."""
        self._access.who(_peer(request), request.headers, request.cookies)
        self._hub.room()
        return StreamingResponse(self._events(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    async def verdict(self, request: Request) -> Response:
        """Take a verdict; 201 for a new one, 200 for one that stood already."""
        user = self._writer(request)
        _, new = await asyncio.to_thread(self._watcher.give, await _json(request), user)
        self._hub.wake()
        return JSONResponse({"new": new}, status_code=201 if new else 200)

    def _writer(self, request: Request) -> str:
        return self._access.writer(_peer(request), request.headers, request.cookies)

    async def _events(self) -> AsyncIterator[str]:
        until = time.monotonic() + STREAM_S
        async for sections in self._hub.follow():
            for name, text in sections.items():
                yield f"event: {name}\ndata: {text}\n\n"
            if time.monotonic() > until:
                return


def _told(handler: Handler) -> Handler:
    """Return the handler with its refusals as answers."""

    @wraps(handler)
    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as error:
            return JSONResponse({"error": str(error)}, status_code=error.status)

    return answered


async def _no_such(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": "there is nothing here"}, status_code=status)


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "this is no JSON") from error


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""
