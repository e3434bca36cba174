"""The feature stream: what is published to a folder → the online store, by Spark, in one more process of the plane.

It is small on purpose: one core, one partition, a heap that a laptop does not notice. What it has read it remembers
in its checkpoint, so whoever starts it next goes on from there; nothing published meanwhile is lost.
"""

from __future__ import annotations

import http.client
import shutil
import signal
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from pixguard.features import FEATURE_SETS
from pixguard.laptop.plane import folder as files
from pixguard.laptop.plane import process
from pixguard.laptop.plane.errors import PlaneError
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.kept import Kept
from pixguard.laptop.plane.process import Process
from pixguard.online_store import StoreError, open_online_store
from pixguard.pulse import open_pulses

NAME = "stream"
FEATURE_SET = "pix"
HEAP = "512m"  # Spark refuses less than 450 MB
EVERY_S = 0.25  # without a pause an idle stream would look into its folder a hundred times a second
KEEP_H = 24.0  # hours that segments stay: Spark lists the folder before each batch
JAVA = "-XX:TieredStopAtLevel=1"  # no second compiler: it would cost more than its code saves at a laptop's rates
OUTCOMES = ("accepted", "duplicate", "late", "dead")


def published(folder: Folder) -> str:
    """Return the address that `pixguard.producer` sends payments and labels to."""
    return f"file://{folder.stream / 'messages'}"


def take_over_from(folder: Folder, lake: Path | None) -> None:
    """Remember the lake whose backfill the stream takes over from; None leaves it as it was."""
    if lake is not None:
        files.write(folder.stream / "lake.json", {"lake": str(lake.absolute())})


def kept(folder: Folder, online_store: str, before: Process | None, *, wanted: bool) -> Kept | None:
    """Return the stream as a process that is kept running, or None where none is wanted: one that runs is ended.

    Nobody promises fresh state then, and servers call none stale. It is killed, which its checkpoint allows at any
    moment: a last pulse must not come after it was forgotten.
    """
    if wanted:
        return Kept(partial(start, folder, online_store), before)
    if before is not None:
        before.signal(signal.SIGKILL)
    with closing(open_pulses(online_store, FEATURE_SETS[FEATURE_SET])) as pulses:
        try:
            pulses.forget()
        except StoreError as error:
            raise PlaneError(str(error)) from error
    return None


def start(folder: Folder, online_store: str, _before: Process | None) -> Process:
    """Start the stream; it goes on from its checkpoint."""
    place = folder.stream
    shutil.rmtree(place / "scratch", ignore_errors=True)  # what a JVM that was killed left
    (place / "scratch").mkdir()
    lake = files.read(place / "lake.json").get("lake", str(folder.root / "lake"))
    _make_tables(online_store)
    (port,) = process.free_ports(1)
    command = [
        *(sys.executable, "-m", "pixguard.jobs.stream_features", "--source", published(folder)),
        *("--online-store", online_store, "--lake", lake, "--feature-set", FEATURE_SET),
        *("--checkpoint", str(place / "checkpoint"), "--dead-letters", f"file://{place / 'dead_letters'}"),
        *("--master", "local[1]", "--partitions", "1", "--memory", HEAP),
        *("--trigger-s", str(EVERY_S), "--metrics-port", str(port), "--keep-h", str(KEEP_H)),
    ]
    env = {"SPARK_LOCAL_DIRS": str(place / "scratch"), "JAVA_TOOL_OPTIONS": JAVA}
    return process.start(folder, NAME, command, env, metrics_port=port)


def _make_tables(online_store: str) -> None:
    """Let servers of a new plane find that nobody is known yet, which is no error."""
    store = open_online_store(online_store, FEATURE_SETS[FEATURE_SET])
    try:
        store.write("account", {})
    except StoreError as error:
        raise PlaneError(str(error)) from error
    finally:
        store.close()


def said(stream: Kept | None) -> str:
    """Return how the stream is, in words."""
    if stream is None:
        return "none: pixguard up was told --no-stream"
    if stream.running is not None:
        return "running"
    return f"its process ended, failure {stream.failures} in a row; see `pixguard logs {NAME}`"


def metrics(stream: Process | None) -> str:
    """Return the stream's /metrics, empty where it does not answer (yet)."""
    if stream is None:
        return ""
    connection = http.client.HTTPConnection("127.0.0.1", stream.facts["metrics_port"], timeout=1.0)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def counts(text: str) -> dict[str, int]:
    """Return messages by outcome from the stream's metrics, empty where there are none yet."""
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    found = {one.labels["outcome"]: int(one.value) for one in samples if one.name == "pixguard_stream_messages_total"}
    return {name: found[name] for name in OUTCOMES if name in found}
