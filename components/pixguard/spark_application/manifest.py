"""A job's name and arguments → the SparkApplication to create. Pure."""

import copy
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pixguard.spark_application.errors import SparkApplicationError

Object = dict[str, Any]

DIGEST = "pixguard.io/spec"
RUN = "pixguard.io/run"
_PACKAGE = "local:///opt/pixguard/lib/python3.11/site-packages/pixguard/jobs"
_LONGEST = 50  # the operator puts suffixes behind it, and a pod's name ends at 63


@dataclass(frozen=True, slots=True)
class Request:
    """Which job to run, with which arguments, as part of which run; `owner` is the pod it must not outlive.

    `image` and `events` (where Spark's event log lies) are the environment's; empty, they are the template's.
    """

    job: str
    arguments: tuple[str, ...]
    run: str
    namespace: str
    image: str = ""
    events: str = ""
    max_executors: int = 0
    owner: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """The same for each try of the same work, so that a second try finds the first."""
        work = hashlib.sha256(json.dumps([self.job, self.arguments, self.run]).encode()).hexdigest()[:10]
        return f"{self.job.replace('_', '-')}"[: _LONGEST - 11].rstrip("-") + f"-{work}"


def application(request: Request) -> Object:
    """Return the application that does what is asked; SparkApplicationError for a job that is no module of ours."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", request.job):
        raise SparkApplicationError(f"job {request.job!r}: wanted the name of a module in pixguard.jobs")
    made = copy.deepcopy(_template())
    spec = made["spec"]
    spec["mainApplicationFile"] = f"{_PACKAGE}/{request.job}.py"
    spec["arguments"] = list(request.arguments)
    if request.image:
        spec["image"] = request.image
    if request.events:
        spec["sparkConf"]["spark.eventLog.dir"] = request.events
    if request.max_executors:
        spec["dynamicAllocation"]["maxExecutors"] = request.max_executors
        spec["dynamicAllocation"]["initialExecutors"] = min(
            spec["dynamicAllocation"]["initialExecutors"], request.max_executors
        )
    made["metadata"] |= {
        "name": request.name,
        "namespace": request.namespace,
        "annotations": {DIGEST: digest(spec), RUN: request.run},
    }
    if request.owner:
        name, uid = request.owner
        owner = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}
        made["metadata"]["ownerReferences"] = [owner]
    return made


def digest(spec: Mapping[str, Any]) -> str:
    """A short hash of a specification: what an application of the same name must share to be the same work."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _template() -> Object:
    made: Object = yaml.safe_load(Path(__file__).with_name("template.yaml").read_text(encoding="utf-8"))
    return made
