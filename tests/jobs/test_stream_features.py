"""The stream as a process: it serves its metrics, ends when told, leaves nobody behind and goes on where it was."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from pixguard.features import PIX
from pixguard.jobs import stream_features
from pixguard.online import StateKey
from pixguard.online_store import open_online_store
from pixguard.producer import open_sender
from pixguard.state import header, layouts
from pixguard.stream import supervise
from tests.small_lake import payments

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS = payments(60).to_pylist()


def command(folder: Path, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "pixguard.jobs.stream_features", "--source", f"file://{folder}/in"),
        *("--online-store", f"sqlite://{folder}/online.db", "--checkpoint", f"{folder}/checkpoint"),
        *("--dead-letters", f"file://{folder}/dead", "--metrics-port", str(port), "--master", "local[2]"),
        *("--memory", "1g"),
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepted(port: int) -> float:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return 0
    return sum(float(line.split()[-1]) for line in lines if "messages_total" in line and "accepted" in line)


def wait_for(count: int, port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while accepted(port) < count:
        assert process.poll() is None, "the stream ended by itself"
        assert time.monotonic() < deadline, f"{accepted(port)} of {count} messages"
        time.sleep(0.2)


def test_it_ends_when_told_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    sender = open_sender(f"file://{tmp_path}/in")
    for row in ROWS[:40]:
        sender.send("payment", row)
    sender.flush()
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        with subprocess.Popen(command(tmp_path, port), stderr=log, stdout=log, start_new_session=True) as killed:
            wait_for(40, port, killed)
            os.killpg(killed.pid, signal.SIGKILL)
        for row in ROWS[35:]:
            sender.send("payment", row)
        sender.close()
        with subprocess.Popen(command(tmp_path, port), stderr=log, stdout=log, start_new_session=True) as told:
            wait_for(20, port, told)
            children = psutil.Process(told.pid).children(recursive=True)
            told.terminate()
            assert told.wait(60) == 0
    assert children
    _, left = psutil.wait_procs(children, timeout=30)  # Java follows when its input is closed
    assert left == []
    store = open_online_store(f"sqlite://{tmp_path}/online.db", PIX)
    pairs = sorted({f"{row['payer_id']}|{row['payee_id']}" for row in ROWS})
    blobs = store.read([StateKey("pair", pair) for pair in pairs])
    store.close()
    assert sum(header(layouts(PIX)["pair"], blob).events for blob in blobs if blob is not None) == len(ROWS)


class Mend(logging.Handler):
    """Repairs what is broken when the first warning is given."""

    def __init__(self, blocker: Path) -> None:
        super().__init__(logging.WARNING)
        self.blocker, self.warnings = blocker, [""]

    def emit(self, record: logging.LogRecord) -> None:
        self.warnings.append(record.getMessage())
        self.blocker.unlink(missing_ok=True)


def test_a_store_that_was_away_costs_a_retry_and_no_payment(spark: "SparkSession", tmp_path: Path) -> None:
    sender = open_sender(f"file://{tmp_path}/in")
    for row in ROWS:
        sender.send("payment", row)
    sender.close()
    blocker = tmp_path / "store"
    blocker.write_text("not a folder")
    mend = Mend(blocker)
    supervise.log.addHandler(mend)
    metrics = stream_features.run(
        source=f"file://{tmp_path}/in",
        online_store=f"sqlite://{blocker}/online.db",
        checkpoint=f"{tmp_path}/checkpoint",
        dead_letters_to=f"file://{tmp_path}/dead",
        available_now=True,
    )
    supervise.log.removeHandler(mend)
    assert len(mend.warnings) == 2
    assert "StoreError" in mend.warnings[1]
    assert metrics.messages.labels("pix", "accepted")._value.get() == len(ROWS)


def test_a_store_that_stays_away_ends_the_stream(
    spark: "SparkSession", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "TRIES", 1)
    sender = open_sender(f"file://{tmp_path}/in")
    sender.send("payment", ROWS[0])
    sender.close()
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(supervise.StreamError, match=r"state: .*StoreError.*from its checkpoint"):
        stream_features.run(
            source=f"file://{tmp_path}/in",
            online_store=f"sqlite://{tmp_path}/store/online.db",
            checkpoint=f"{tmp_path}/checkpoint",
            dead_letters_to=f"file://{tmp_path}/dead",
            available_now=True,
        )


def test_an_address_that_makes_no_sense_ends_with_one_line(tmp_path: Path) -> None:
    arguments = ["--source", "http://x", "--online-store", "sqlite:///x", "--checkpoint", str(tmp_path / "c")]
    done = subprocess.run(
        [sys.executable, "-m", "pixguard.jobs.stream_features", *arguments, "--dead-letters", f"file://{tmp_path}/d"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "give kafka://" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_line_has_what_a_cluster_needs() -> None:
    options = stream_features.parse(
        ["--source", "kafka://a:9092", "--checkpoint", "s3a://b/c", "--dead-letters", "kafka://a:9092"]
    )
    assert (options.connector, options.master, options.available_now) == ("kafka", None, False)
