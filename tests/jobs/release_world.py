"""A place to release to: a real Git repository, a real S3 server, signed versions, and a small plane."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from pixguard import overlay
from pixguard.evidence import Gatherer, Plane
from pixguard.gate.rules import Bound
from pixguard.overlay import Placed, Release
from pixguard.provenance import KeptVersion
from pixguard.release.place import Place
from pixguard.release.store import Store, StoreAccess
from pixguard.rollout import RolloutRules
from tests.evidence.fake_plane import FakePlane, earlier, running
from tests.release.repository import make_repository, shown
from tests.release.versions import keep

QUICK = {
    "min_stage_s": Bound(0, "a test"), "min_pairs": Bound(60, "a test"), "min_requests": Bound(150, "a test"),
    "error_tolerance": Bound(0.12, "what so few requests can show"), "unready_s": Bound(1, "a test"),
    "latency_slack_ms": Bound(50, "a shared machine"),
}  # fmt: skip


def rules(**changes: float) -> RolloutRules:
    bounds = QUICK | {name: Bound(value, "a test") for name, value in changes.items()}
    return RolloutRules(**bounds)


@dataclass
class World:
    root: Path
    bare: Path
    place: Place
    plane: FakePlane
    stable: KeptVersion
    canary: KeptVersion
    key: Path

    @property
    def overlay(self) -> str:
        return shown(self.bare)

    @property
    def release(self) -> Release:
        return overlay.read(self.overlay)

    @property
    def state(self) -> Path:
        """A folder with the plane.json that `pixguard up` would leave."""
        folder = self.root / "state"
        folder.mkdir(exist_ok=True)
        access = self.place.access
        s3 = {"endpoint": access.endpoint, "access_key": access.access_key, "secret_key": access.secret_key,
              "region": access.region}  # fmt: skip
        data = {"git": str(self.bare), "s3": s3, "decisions": str(self.plane.decisions),
                "versions_url": self.plane.versions_url, "public_key": str(self.key)}  # fmt: skip
        (folder / "plane.json").write_text(json.dumps(data))
        return folder

    def gatherer(self) -> Gatherer:
        journal = self.root / "journal"
        return Gatherer(Plane(self.plane.versions_url), decisions=self.plane.decisions, journal=journal, batch=70)


@contextmanager
def world(root: Path, access: StoreAccess) -> Iterator[World]:
    bucket = f"bucket-{uuid.uuid4().hex}"
    stable, _ = keep(root / "stable", b"stable")
    canary, _ = keep(root / "canary", b"canary", key=root / "stable" / "key")
    placed = Placed(stable.name, f"s3://{bucket}/pix-fraud/{stable.name}/")
    text = f"""\
# Written by pixguard's release, never by hand.
- op: replace
  path: /spec/predictor/name
  value: {placed.name}
- op: replace
  path: /spec/predictor/model/storageUri
  value: {placed.uri}
"""
    bare = make_repository(root, text)
    client: Any = boto3.client("s3", endpoint_url=access.endpoint, aws_access_key_id=access.access_key,
                               aws_secret_access_key=access.secret_key, region_name="us-east-1")  # fmt: skip
    client.create_bucket(Bucket=bucket)
    key = root / "stable" / "key.pub"
    Store(placed, access).put(stable, key)
    place = Place("laptop", str(bare), author="Ana", access=access)
    with running(FakePlane(root / "decisions", lambda: overlay.read(shown(bare)))) as plane:
        earlier(plane, stable.name, 200)
        yield World(root, bare, place, plane, stable, canary, key)
    client.delete_bucket(Bucket=bucket)  # a bucket takes seven volumes, and the store has few on a full disk


def commits(bare: Path) -> list[str]:
    log = subprocess.run(
        ["git", "-C", str(bare), "log", "--format=%s", "main"], capture_output=True, text=True, check=True, timeout=30
    )
    return log.stdout.splitlines()
