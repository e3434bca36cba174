"""The state folder of a plane as the console finds it: real Git, real segments, counters behind a real address."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pixguard import overlay
from pixguard.decision_log import record_line
from pixguard.overlay import Placed
from pixguard.release.desk import Desk
from pixguard.release.git import Branch
from pixguard.release.message import Note
from tests.release.repository import STABLE, make_repository

FIRST, SECOND, THIRD = (Placed(f"v{n:012x}", f"s3://models/pix-fraud/v{n:012x}/") for n in (0xA1, 0xB2, 0xC3))
EDGES = [0.5, 1, 5, 10, 25, 50, 100, 250]
REASONS = (
    ("payer_sent_centavos_sum_24h", 1_234_56.0, 1.42),
    ("payee_account_age_days", 12.0, 0.81),
    ("payer_sent_count_1h", 14.0, 0.66),
    ("payer_account_age_days", 2204.0, -0.35),
    ("a_feature_of_another_day", None, 0.2),
)


def text_of(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record(number: int = 0, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """A decision as a server logs it; every twentieth is held."""
    at = at or datetime.now(UTC)
    identity = f"E12345678{at:%Y%m%d%H%M}{number % 10**11:011d}"
    held = number % 20 == 0
    amount = 15_000 + 7_919 * number % 480_000
    payment = {
        "end_to_end_id": identity, "event_time": at.isoformat(), "amount_centavos": amount,
        "payer_id": f"k1.{number:032x}", "payee_id": f"k1.{number + 7:032x}", "key_type": "EVP",
        "initiation": "DICT", "purpose": "TRANSFER", "device_registered": number % 3 > 0, "payer_region": "BA",
        "payer_account_age_days": 2204, "payee_account_age_days": 12,
    }  # fmt: skip
    return {
        "decided_at": text_of(at), "end_to_end_id": identity, "model": "pix-fraud", "version": SECOND.name,
        "score": 0.4, "probability": 0.35 + number % 7 / 20 if held else 0.01,
        "decision": "hold" if held else "reject" if number % 331 == 7 else "approve",
        "rules": ["expected_loss"], "base": -3.0, "degraded": ["store_timeout"] if number % 97 == 3 else [],
        "reasons": [{"feature": f, "value": v, "contribution": c} for f, v, c in REASONS],
        "newest_event_us": int((at - timedelta(seconds=20 + number % 11)).timestamp() * 1e6),
        "latency_us": int(480 + 160 * math.sin(number / 9) + 1800 * (number % 53 == 0)), "replay": False,
        "payment": payment, "features": {"names_sha256": "ab", "values": [0.5]},
    } | changes  # fmt: skip


def counters(name: str, requests: int, errors: int, weight: int, ready: bool = True) -> dict[str, Any]:
    reached = [int(requests * share) for share in (0.2, 0.75, 0.96, 0.99, 0.996, 1, 1, 1)]
    histogram = [[edge, count] for edge, count in zip(EDGES, reached, strict=True)]
    return {
        "ready": ready, "weight": weight, "requests": requests, "errors": errors, "urls": [], "restarts": 0,
        "histogram": histogram, "latency_ms": {"p50": 0.8, "p99": 9.1}, "since": "2026-11-01T00:00:00Z",
    }  # fmt: skip


@dataclass
class World:
    """One state folder, and what happens in it."""

    state: Path
    versions: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    number: int = 0
    branch: Branch | None = None

    def __post_init__(self) -> None:
        self.state.mkdir(parents=True)
        (self.state / "decisions" / "replica-0").mkdir(parents=True)
        bare = make_repository(self.state.parent / "made")
        bare.rename(self.state / "release.git")

    def release(self, edit: Any, note: Note, author: str = "pixguard advance") -> str:
        """Commit an edit of the overlay as the desk does."""
        assert self.branch
        desk = Desk(self.branch, "laptop", author)
        written = desk.write(desk.standing(), edit, note)
        assert written
        return written.commit

    def story(self) -> str:
        """A first version, a second that was promoted, a third that was rolled back; returns the last commit."""
        self.release(
            lambda t: overlay.install(t, FIRST), Note("install", "laptop", FIRST.name, STABLE.name, 100), "pixguard up"
        )
        self.trial(SECOND, FIRST, "ana", (5, 25, 50))
        self.release(
            lambda t: overlay.promote(t, SECOND.name),
            Note("promote", "laptop", SECOND.name, FIRST.name, 100, ("errors: 0 of 1,204 against 0 of 1,198",)),
        )
        self.trial(THIRD, SECOND, "bruno", (5,))
        return self.release(
            lambda t: overlay.drop(t, THIRD.name),
            Note(
                "rollback", "laptop", THIRD.name, SECOND.name, 0,
                ("errors: 37 of 301 against 2 of 5,702; at least 6.41% where at most 0.61% is allowed",),
                {"errors": [0.123, 0.00035], "latency_p99": [24.1, 4.2]},
            ),
        )  # fmt: skip

    def trial(self, version: Placed, stable: Placed, author: str, stages: tuple[int, ...] = ()) -> str:
        commit = self.release(
            lambda t: overlay.propose(t, version), Note("propose", "laptop", version.name, stable.name, 0), author
        )
        for percent in stages:
            commit = self.release(
                lambda t, p=percent: overlay.shift(t, version.name, p),
                Note("advance", "laptop", version.name, stable.name, percent, ("requests: 512 of the 300",)),
            )
        return commit

    def began(self, commit: str, at: datetime) -> None:
        """Say that an advancer began to count, and that 300 payments were replayed."""
        folder = self.state / "advance"
        folder.mkdir(exist_ok=True)
        name = f"laptop-{commit[:16]}"
        (folder / f"{name}.json").write_text(json.dumps({"began": at.isoformat(), "mark": {}}))
        answer = {"ms": 1.5, "decision": "approve", "probability": 0.01}
        pairs = [{"end_to_end_id": f"X{i:031d}", "stable": answer, "canary": answer} for i in range(300)]
        (folder / f"{name}.pairs.jsonl").write_text("".join(json.dumps(each) + "\n" for each in pairs))

    def status(self, commit: str, **conditions: str) -> None:
        found = [{"type": name, "status": value} for name, value in conditions.items()]
        self.write("status.json", {"conditions": found, "observed": {"commit": commit, "error": None}})

    def plane(self) -> None:
        self.write("plane.json", {"versions_url": self.url})

    def write(self, name: str, data: Any) -> None:
        path = self.state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        hidden = path.with_suffix(".new")
        hidden.write_text(json.dumps(data))
        hidden.replace(path)

    def log(self, *records: dict[str, Any]) -> None:
        """Append decisions as a server does, in one write."""
        with (self.state / "decisions" / "replica-0" / "now.jsonl.open").open("ab") as file:
            file.write(b"".join(record_line(each) for each in records))

    def decide(self, count: int, at: datetime, **changes: Any) -> list[dict[str, Any]]:
        made = [record(self.number + i, at, **changes) for i in range(count)]
        self.number += count
        self.log(*made)
        return made

    def hold(self) -> dict[str, Any]:
        """Log a payment that is held now, with more money at risk than any before."""
        made = record(self.number, decision="hold", probability=0.99)
        self.number += 1
        made["payment"]["amount_centavos"] = 90_000_000 + 100 * self.number
        self.log(made)
        return made

    def past(self, seconds: int, per_second: float = 4) -> None:
        """Log a busy quarter of an hour that ended now."""
        now = datetime.now(UTC)
        for ago in range(seconds, 0, -1):
            wave = 1 + 0.35 * math.sin(ago / 55) + 0.15 * math.sin(ago / 7)
            self.decide(round(per_second * wave), now - timedelta(seconds=ago))

    def watched(self) -> None:
        names = [name for name, _, _ in REASONS]
        features = [
            {"name": name, "psi": psi, "missing": 0.01 * i, "missing_before": 0.008 * i, "state": state}
            for i, (name, psi, state) in enumerate(
                zip(names, (0.31, 0.14, 0.05, 0.02, 0.004), ("alarm", "watch", "ok", "ok", "ok"), strict=True)
            )
        ]
        features += [
            {"name": f"payee_amount_centavos_mean_{n}d", "psi": 0.001 * n, "missing": 0.0, "missing_before": 0.0,
             "state": "ok"} for n in range(1, 9)
        ]  # fmt: skip
        head = {"schema": 1, "computed_at": "2026-11-24T03:10:00Z", "version": SECOND.name}
        self.write("watch/drift.json", head | {"day": "2026-11-23", "rows": 41_208, "features": features})
        ages = [
            {"age_days": days, "payments": 40_000 + days, "frauds": frauds,
             "average_precision": {"estimate": ap, "low": ap - 0.06, "high": ap + 0.05},
             "recall": {"estimate": ap + 0.1, "low": ap + 0.03, "high": ap + 0.16}}
            for days, frauds, ap in ((7, 61, 0.38), (14, 93, 0.47), (30, 118, 0.55), (60, 124, 0.58))
        ]  # fmt: skip
        self.write("watch/performance.json", head | {"false_positive_rate": 0.01, "by_label_age": ages})


@contextmanager
def world(root: Path) -> Iterator[World]:
    """Yield a world whose counters answer at its `url`."""
    made = World(root / "state")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.versions).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/versions"
    try:
        with Branch(str(made.state / "release.git")) as made.branch:
            yield made
    finally:
        server.shutdown()
        server.server_close()
