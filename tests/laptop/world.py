"""A plane for tests: the checkout's own manifests with the tests' server in place of ours, versions that are signed."""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from pixguard.calibration import Calibration
from pixguard.laptop.plane import folder as files
from pixguard.laptop.plane import process
from pixguard.laptop.plane.commands import down, options, up
from pixguard.laptop.plane.folder import Folder
from pixguard.overlay import Placed
from pixguard.provenance import KeptVersion, Provenance, TrainingFacts, VersionParts, collect, keep_version
from pixguard.provenance.files import CONTENT
from pixguard.release.git import Branch
from pixguard.release.store import Store, StoreAccess

CHECKOUT = Path(__file__).parents[2]
OVERLAY = "kustomize/overlays/laptop"
MODEL = f"{OVERLAY}/model.yaml"
SERVER = Path(__file__).with_name("server.py")
FACTS = TrainingFacts(
    title="Pix fraud", data="simulated payments", data_snapshot_sha256="ab" * 32, seed=7,
    training_from="2025-01-01T00:00:00+00:00", training_until="2025-03-01T00:00:00+00:00",
    training_rows=123_456, training_frauds=789, model="none", features=["hour"],
)  # fmt: skip


def source(target: Path) -> Path:
    """Write the checkout's manifests and overlays, with the tests' server as the command of the runtime."""
    for name in ("manifests", "kustomize"):
        shutil.copytree(CHECKOUT / name, target / name)
    path = target / "manifests" / "serving" / "runtime.yaml"
    runtime = yaml.safe_load(path.read_text())
    runtime["spec"]["containers"][0]["command"] = ["python", str(SERVER)]
    path.write_text(yaml.safe_dump(runtime))
    return target


def placed(kept: KeptVersion) -> Placed:
    """Return where a version lies in the store of a plane."""
    return Placed(kept.name, f"s3://pixguard-models/pix-fraud/{kept.name}/")


def keep(folder: Path, name: str, behaviour: Mapping[str, Any] | None = None) -> KeptVersion:
    """Keep a signed version that behaves so; the key is `folder`/keys/signing.pem for all of them."""
    model = folder / "parts" / name
    model.mkdir(parents=True, exist_ok=True)
    for each in CONTENT:
        (model / each).write_text(name)  # weights, which the tests' server does not open; the rest follows
    (model / "calibration.json").write_text(json.dumps(Calibration(1.0, 1.0, -3.0, rows=1000, frauds=50).to_json()))
    contents = {"feature_service": {"name": name}, "policy": {"test": dict(behaviour or {})}, "reference": {}}
    for each, content in contents.items():
        (model / f"{each}.json").write_text(json.dumps(content))
    interval = {"estimate": 0.61, "low": 0.55, "high": 0.67, "level": 0.95, "resamples": 500}
    verdict = {
        "passed": True, "outcome": "passed", "rows": 20_000, "frauds": 116,
        "metrics": {"challenger": {"average_precision": interval}}, "cohorts": [], "checks": [],
    }  # fmt: skip

    def record(version: str) -> Provenance:
        return collect(version=version, data_snapshot_sha256="ab" * 32, seed=7, kept_by="tester")

    return keep_version(VersionParts(model, verdict, FACTS), folder / "versions", folder / "keys/signing.pem", record)


def model(stable: Placed, canary: Placed | None = None, percent: int = 0, replicas: int = 1) -> str:
    """Return an overlay's model.yaml."""
    operations: list[dict[str, Any]] = [
        {"op": "replace", "path": "/spec/predictor/name", "value": stable.name},
        {"op": "replace", "path": "/spec/predictor/model/storageUri", "value": stable.uri},
    ]
    if canary:
        trial = {"modelFormat": {"name": "pixguard"}, "storageUri": canary.uri}
        predictor = {"name": canary.name, "minReplicas": replicas, "model": trial}
        entry = {"trafficPercent": percent, "predictor": predictor}
        operations.append({"op": "add", "path": "/spec/canary", "value": [entry]})
    return yaml.safe_dump(operations, sort_keys=False)


class Plane:
    """One running plane, and what a test does to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = source(root / "source")
        self.folder = Folder.of(root / "state")
        self.kept: dict[str, KeptVersion] = {}

    def up(self, version: KeptVersion | None = None, wait_s: float = 60, *, stream: bool = False) -> int:
        arguments = ["--state", str(self.folder.root), "--source", str(self.source), "--wait", str(wait_s)]
        arguments += ["--version", str(version.folder)] if version else []
        return up.main(arguments if stream else [*arguments, "--no-stream"])

    def down(self) -> None:
        down.stop(self.folder)

    def keep(self, name: str, behaviour: Mapping[str, Any] | None = None) -> KeptVersion:
        return keep(self.root, name, behaviour)

    def put(self, kept: KeptVersion) -> Placed:
        """Upload a version beside the one that serves."""
        s3 = self.addresses["s3"]
        access = StoreAccess(s3["endpoint"], s3["access_key"], s3["secret_key"], s3["region"])
        return Store(placed(kept), access).put(kept, self.root / "keys/signing.pem.pub")

    def commit(self, text: str, path: str = MODEL) -> str:
        """Commit a file, and return the commit."""
        with Branch(str(self.folder.git)) as branch:
            head = branch.fetch()
            commit = branch.commit(head, {path: text}, "test\n", "tester")
            branch.push(commit, head)
        return commit

    def settle(self, kept: KeptVersion) -> None:
        """Serve this version alone, and wait until it does."""
        commit = self.commit(model(placed(kept)))
        until(lambda: self.status["observed"]["commit"] == commit)
        until(lambda: self.weights() == {kept.name: 100} and self.condition("Ready") == "True")
        until(lambda: len(self.recorded("server")) == 2)

    def recorded(self, role: str) -> list[str]:
        """Return the names of the recorded processes of a role."""
        return [each.name for each in process.recorded(self.folder) if each.facts.get("role") == role]

    @property
    def addresses(self) -> dict[str, Any]:
        return files.read(self.folder.plane)

    @property
    def status(self) -> dict[str, Any]:
        return files.read(self.folder.status)

    def condition(self, kind: str) -> str | None:
        return next((each["status"] for each in self.status.get("conditions", ()) if each["type"] == kind), None)

    def weights(self) -> dict[str, int]:
        traffic = self.status.get("components", {}).get("predictor", {}).get("traffic", ())
        return {each["revisionName"]: each["percent"] for each in traffic}

    def pid(self, name: str) -> int:
        return int(files.read(self.folder.processes / f"{name}.json")["pid"])

    def versions(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.addresses["versions_url"], timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def replicas(self, version: str) -> dict[str, int]:
        """Return the pids of a version's replicas by name."""
        found = (files.read(each) for each in sorted(self.folder.processes.glob(f"*{version}*.json")))
        return {each["name"]: each["pid"] for each in found}

    @property
    def running(self) -> bool:
        return options.plane(self.folder) is not None


def until(what: Callable[[], Any], wait_s: float = 30, step_s: float = 0.05) -> Any:
    """Wait until `what` is true, and return it; on a busy machine things take a while."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(step_s)
    raise AssertionError(f"not so within {wait_s} s")
