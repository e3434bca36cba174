"""What the process is told: arguments as KServe passes them, addresses and keys by environment."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixguard.errors import UsageError
from pixguard.predictor.admission import MAX_BATCH, MAX_WAITING
from pixguard.predictor.freshness import STALE_AFTER_S
from pixguard.predictor.rest import MAX_BODY_BYTES
from pixguard.predictor.states import DEADLINE_S


@dataclass(frozen=True, kw_only=True)
class Options:
    """Everything a process needs to begin."""

    model_dir: Path
    model_name: str
    host: str
    http_port: int
    grpc_port: int
    public_key: Path
    online_store: str
    decision_log: str
    replica: str
    store_deadline_s: float = DEADLINE_S
    stale_after_s: float = STALE_AFTER_S
    max_waiting: int = MAX_WAITING
    max_batch: int = MAX_BATCH
    max_body_bytes: int = MAX_BODY_BYTES
    drain_s: float = 1.0
    grace_s: float = 10.0


def parse(argv: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> Options:
    """Return the options; UsageError names an environment variable that is missing."""
    environment = os.environ if environment is None else environment
    parsed = vars(_parser(environment).parse_args(argv))
    return Options(
        public_key=Path(_required(environment, "PIXGUARD_PUBLIC_KEY")),
        online_store=_required(environment, "PIXGUARD_ONLINE_STORE"),
        decision_log=_required(environment, "PIXGUARD_DECISION_LOG"),
        replica=environment.get("PIXGUARD_REPLICA") or f"{socket.gethostname()}-{os.getpid()}",
        store_deadline_s=parsed.pop("store_deadline_ms") / 1000,
        **parsed,
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise UsageError(f"the environment variable {name} is not set; see pixguard/predictor/README.md")
    return value


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    # In a pod the kubelet and the gateway come from outside; on a laptop nobody should.
    host = "0.0.0.0" if "KUBERNETES_SERVICE_HOST" in environment else "127.0.0.1"  # noqa: S104
    parser = argparse.ArgumentParser(prog="python -m pixguard.predictor", description="Serve one model version.")
    parser.add_argument("--model_dir", type=Path, required=True, help="folder of one kept, signed version")
    parser.add_argument("--model_name", default="pix-fraud")
    parser.add_argument("--host", default=host, help="address to listen on (default here: %(default)s)")
    parser.add_argument("--http_port", type=int, default=8080, help="0 takes a free one and prints it")
    parser.add_argument("--grpc_port", type=int, default=8081, help="0 takes a free one, -1 none")
    parser.add_argument("--store_deadline_ms", type=float, default=DEADLINE_S * 1000, help="then medians are used")
    parser.add_argument("--stale_after_s", type=float, default=STALE_AFTER_S, help="how far the stream may be behind")
    parser.add_argument("--max_waiting", type=int, default=MAX_WAITING, help="payments; beyond it 429")
    parser.add_argument("--max_batch", type=int, default=MAX_BATCH, help="payments of one request")
    parser.add_argument("--max_body_bytes", type=int, default=MAX_BODY_BYTES)
    parser.add_argument("--drain_s", type=float, default=1.0, help="not ready but answering, after SIGTERM")
    parser.add_argument("--grace_s", type=float, default=10.0, help="longest wait for requests in flight after that")
    return parser
