"""A model server for the plane's tests: quick to start, and as bad as the version's policy.json tells it to be.

`{"test": {"status": 500, "slow_s": 3, "crash_after": 10, "ready": false, "exit": 3}}`; without it, it is good.
"""

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any

import uvicorn

parser = argparse.ArgumentParser()
for name in ("model_dir", "model_name"):
    parser.add_argument(f"--{name}", required=True)
for name in ("http_port", "grpc_port"):
    parser.add_argument(f"--{name}", type=int, required=True)
OPTIONS = parser.parse_args()
FOLDER = Path(OPTIONS.model_dir)
VERSION = FOLDER.name
BEHAVIOUR = json.loads((FOLDER / "policy.json").read_text()).get("test", {})
served = 0


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    global served  # noqa: PLW0603
    if scope["type"] != "http":
        return
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message.get("more_body"):
            break
    status, answer = 200, b"{}"
    if scope["path"] == "/v2/health/ready" and BEHAVIOUR.get("ready") is False:
        status = 503
    if scope["path"] == "/metrics":
        answer = f'pixguard_requests_total{{model="pix-fraud",version="{VERSION}",outcome="ok"}} {served}\n'.encode()
        answer = b"# TYPE pixguard_requests_total counter\n" + answer
    if scope["path"] == "/environment":
        answer = json.dumps(dict(os.environ)).encode()
    if scope["path"].endswith(":predict"):
        served += 1
        if BEHAVIOUR.get("crash_after", served) < served:
            os._exit(11)
        await asyncio.sleep(BEHAVIOUR.get("slow_s", 0))
        status = BEHAVIOUR.get("status", 200)
        payments = json.loads(body)["instances"]
        replica = os.environ["PIXGUARD_REPLICA"]
        answer = json.dumps({
            "predictions": [{"end_to_end_id": each["end_to_end_id"], "score": 0.5} for each in payments],
            "model_version": VERSION, "replica": replica,
        }).encode()  # fmt: skip
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    if "exit" in BEHAVIOUR:
        raise SystemExit(BEHAVIOUR["exit"])
    uvicorn.run(app, host="127.0.0.1", port=OPTIONS.http_port, log_level="warning", access_log=False, lifespan="off")
