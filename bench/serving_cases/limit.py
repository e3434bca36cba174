"""The limit: bare ASGI, one raw read of the same keys in Redis, one run of the ONNX session, a constant answer."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import uvicorn

from pixguard.explain import session
from pixguard.feast_format import PROJECT, entity_key, redis_field
from pixguard.feature_service import state_name
from pixguard.features import PIX
from pixguard.predictor.one_write import OneWrite
from serving_cases.raw_redis import RawRedis


def application(onnx: Path, port: int) -> Any:
    run, row = session(onnx).run, {"features": np.ones((1, len(PIX.names)), dtype=np.float32)}
    fields = {entity: redis_field(state_name(PIX, entity), "tiles") for entity in ("account", "device", "pair")}
    connection: list[RawRedis] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if not connection:
            connection.append(await RawRedis.connect(port))
        if scope["method"] == "GET":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        (payment,) = orjson.loads((await receive())["body"])["instances"]
        payer, payee = payment["payer_id"], payment["payee_id"]
        keys = [
            ("account", payer),
            ("account", payee),
            ("device", payment.get("device_id", "")),
            ("pair", f"{payer}|{payee}"),
        ]
        await connection[0].hgets(
            [(entity_key(entity, key) + PROJECT.encode(), fields[entity]) for entity, key in keys]
        )
        (score,) = run(None, row)
        body = b'{"predictions":[%f]}' % score[0]
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--http_port", type=int)
    parser.add_argument("--redis", type=int)
    parser.add_argument("--onnx", type=Path)
    told = parser.parse_args()
    uvicorn.run(
        application(told.onnx, told.redis), port=told.http_port, loop="uvloop", http=OneWrite, lifespan="off",
        access_log=False, log_level="warning",
    )  # fmt: skip
