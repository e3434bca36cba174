"""The HTTP front, plain ASGI: KServe V1, Open Inference Protocol v2, health, metrics and the OpenAPI document."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import orjson

from pixguard.predictor.errors import InputError, OverloadError, RequestError, TooLargeError
from pixguard.predictor.openapi import document
from pixguard.predictor.service import Phase, Service

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

MAX_BODY_BYTES = 1 << 20
REPLAY = b"x-pixguard-replay"
JSON = (b"content-type", b"application/json")
_RETRY = (b"retry-after", b"1")
_CLOSE = (b"connection", b"close")
_INFER_LENGTH = b"inference-header-content-length"


class Front:
    """Routes of one model; everything that is not a plain look-up goes through the service."""

    def __init__(self, service: Service, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._service, self._max_body_bytes = service, max_body_bytes
        name = service.model
        self._posts = {f"/v1/models/{name}:predict": self._predict, f"/v2/models/{name}/infer": self._infer}
        self._gets: dict[str, Callable[[], tuple[int, Any]]] = {
            "/": lambda: (200, {"status": "alive"}),
            "/v1/models": lambda: (200, {"models": [name]}),
            f"/v1/models/{name}": self._v1_model,
            "/v2": lambda: (200, {"name": "pixguard", "version": "2", "extensions": ["binary_tensor_data"]}),
            "/v2/health/live": lambda: (200, {"live": True}),
            "/v2/health/ready": self._ready,
            f"/v2/models/{name}": self._v2_model,
            f"/v2/models/{name}/ready": self._ready,
            "/openapi.json": lambda: (200, document(name, service.version, service.admission.max_batch)),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            return
        try:
            work = self._posts.get(scope["path"])
            if work is not None and scope["method"] == "POST":
                body: bytes = await self._service.counted(lambda began_ns: work(scope, receive, began_ns))
                await self._send(send, 200, body)
            else:
                await self._look_up(scope, send)
        except RequestError as error:
            await self._send(send, error.status, _error(error), [_RETRY] if isinstance(error, OverloadError) else [])
        except Exception:
            log.exception("a request failed")
            await self._send(send, 500, b'{"error":"internal error; the log of this replica says more"}')

    async def _predict(self, scope: Scope, receive: Receive, began_ns: int) -> bytes:
        """V1: {"instances": [payment, …]} → {"predictions": [answer, …]}."""
        headers = scope["headers"]
        body = _object(await self._body(headers, receive))
        if body.keys() != {"instances"}:
            raise InputError('body: found other entries, wanted {"instances": [payment, …]}', "instances")
        replay = _is_replay(headers)
        answers = await self._service.answer(body["instances"], replay=replay, began_ns=began_ns)
        return b'{"predictions":[' + b",".join(answers) + b"]}"

    async def _infer(self, scope: Scope, receive: Receive, began_ns: int) -> bytes:
        """V2: tensors in, tensors out as JSON."""
        from pixguard.predictor import v2  # noqa: PLC0415 - the SDK's import takes a second, V1 needs none of it

        headers = scope["headers"]
        request = v2.request_of(
            await self._body(headers, receive), _header(headers, _INFER_LENGTH), self._service.model
        )
        payments = v2.payments_of(request)
        answers = await self._service.answer(payments, replay=_is_replay(headers), began_ns=began_ns, where="payments")
        tensors, _ = v2.response(request, self._service.model, self._service.version, answers).to_rest()
        return orjson.dumps(tensors)

    async def _look_up(self, scope: Scope, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path in self._posts:
            await self._send(send, 405, b'{"error":"POST only"}', [(b"allow", b"POST")])
        elif path == "/metrics" and method in ("GET", "HEAD"):
            await self._send(send, 200, self._service.metrics.text(), kind=b"text/plain; version=0.0.4; charset=utf-8")
        elif path not in self._gets and path != "/metrics":
            await self._send(send, 404, b'{"error":"no such path; see /openapi.json"}')
        elif method not in ("GET", "HEAD"):
            await self._send(send, 405, b'{"error":"GET only"}', [(b"allow", b"GET, HEAD")])
        else:
            status, content = self._gets[path]()
            await self._send(send, status, orjson.dumps(content))

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """Return the body; TooLargeError before more than the limit is held, at once where its length is announced."""
        announced = _header(headers, b"content-length")
        if announced is not None and announced.isdigit() and int(announced) > self._max_body_bytes:
            raise TooLargeError(f"body: found more than {self._max_body_bytes} bytes, wanted at most that")
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise InputError("body: the client left before its end")
            part: bytes = message.get("body", b"")
            body += part
            if len(body) > self._max_body_bytes:
                raise TooLargeError(f"body: found more than {self._max_body_bytes} bytes, wanted at most that")
            if not message.get("more_body", False):
                return body

    async def _send(
        self, send: Send, status: int, body: bytes, more: Headers | None = None, kind: bytes | None = None
    ) -> None:
        headers = [JSON if kind is None else (b"content-type", kind), (b"content-length", b"%d" % len(body))]
        if more:
            headers += more
        if status == 413 or self._service.phase is Phase.ENDING:
            headers.append(_CLOSE)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _ready(self) -> tuple[int, Any]:
        service = self._service
        if service.is_ready:
            return 200, {"name": service.model, "version": service.version, "ready": True}
        return 503, {"name": service.model, "ready": False, "phase": service.phase.value, "reason": service.why}

    def _v1_model(self) -> tuple[int, Any]:
        ready = self._service.is_ready
        return (200 if ready else 503), {"name": self._service.model, "ready": ready}

    def _v2_model(self) -> tuple[int, Any]:
        from pixguard.predictor import v2  # noqa: PLC0415 - as above

        names = {"name": self._service.model, "versions": [self._service.version], "platform": "onnx"}
        return 200, {**names, "inputs": v2.INPUTS, "outputs": v2.OUTPUTS}


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError(f"body: found no JSON (at character {error.pos}), wanted an object") from error
    if not isinstance(found, dict):
        raise InputError(f"body: found {type(found).__name__}, wanted an object")
    return found


def _header(headers: Headers, name: bytes) -> bytes | None:
    return next((value for key, value in headers if key == name), None)


def _is_replay(headers: Headers) -> bool:
    return _header(headers, REPLAY) == b"1"


def _error(error: RequestError) -> bytes:
    return orjson.dumps({"error": str(error)} | ({"field": error.field} if error.field else {}))
