"""How much the stream takes and how fresh it is: `make bench-stream` (needs redis-server; SQLite where there is none).

The job runs as it is deployed, in a process of its own, on a folder of segments. `1x`, `2x`, `4x` (keys) and `hot`: all
is there, how fast does it go (payments a second, and CPU of the whole process tree). `paced`: payments come at a given
rate, as of now; freshness is the time from a payment's acceptance until a request would see it, asked of the store from
outside; then kill -9 and the time until the next payment is visible. `month`: simulated days in which accounts come and
go; memory and state must stop growing once the longest window has passed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
from table import Row, finish

from pixguard.features import PIX
from pixguard.online import StateKey
from pixguard.online_store import OnlineStore, open_online_store
from pixguard.producer import write_segment
from pixguard.state import newest_us

SEGMENT_S = 0.25
DAY_S = 86_400


@dataclass
class Job:
    """A running stream_features: its process, where it reads, where it writes and where its metrics are."""

    process: subprocess.Popen[bytes]
    folder: Path
    store: str
    metrics: int

    def read(self, name: str) -> float:
        """Return the sum of the samples of a metric; 0 before the job answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return 0.0
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    @property
    def messages(self) -> float:
        return self.read("pixguard_stream_messages_total")

    def cpu_s(self) -> float:
        """Return the CPU that the job's process tree spent so far."""
        job = psutil.Process(self.process.pid)
        return sum(job.cpu_times()[:4]) + sum(cpu_s for cpu_s, _ in _children(job))

    def rss_mib(self) -> float:
        job = psutil.Process(self.process.pid)
        return (job.memory_info().rss + sum(rss for _, rss in _children(job))) / 2**20

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _children(job: psutil.Process) -> list[tuple[float, int]]:
    """Return CPU seconds and resident bytes of the other processes; a short-lived one may end while it is asked."""
    told = []
    for one in job.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            told.append((sum(one.cpu_times()[:2]), one.memory_info().rss))
    return told


def start(folder: Path, store: str, per_batch: int) -> Job:
    port = free_port()
    command = [sys.executable, "-m", "pixguard.jobs.stream_features", "--source", f"file://{folder}/in"]
    command += ["--online-store", store, "--checkpoint", f"{folder}/checkpoint", "--metrics-port", str(port)]
    command += ["--dead-letters", f"file://{folder}/dead", "--master", "local[2]", "--per-batch", str(per_batch)]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, start_new_session=True, stderr=log, stdout=log)
    return Job(process, folder, store, port)


@contextmanager
def running(folder: Path, store: str, per_batch: int = 0) -> Iterator[Job]:
    job = start(folder, store, per_batch)
    try:
        yield job
    finally:
        if job.process.poll() is None:
            job.kill()


class Payments:
    """Messages of payments between accounts; with `hot`, a fifth go to one payee."""

    def __init__(self, accounts: int, *, hot: bool = False, seed: int = 1) -> None:
        self._random, self._accounts, self._hot, self._sent = np.random.default_rng(seed), accounts, hot, 0

    def lines(self, times_s: np.ndarray, first_account: int = 0) -> tuple[list[bytes], str]:
        """Return messages of these times and the token of the last payer."""
        count = len(times_s)
        payer = first_account + self._random.integers(0, self._accounts, count)
        payee = first_account + self._random.integers(0, self._accounts, count)
        if self._hot:
            payee[self._random.random(count) < 0.2] = 7
        made = [self._line(*one) for one in zip(times_s, payer, payee, strict=True)]
        return made, token(payer[-1])

    def _line(self, time_s: float, payer: int, payee: int) -> bytes:
        self._sent += 1
        moment = datetime.fromtimestamp(time_s, UTC)
        text = (
            f'{{"schema":1,"kind":"payment","data":{{"end_to_end_id":"E12345678{moment:%Y%m%d%H%M}{self._sent:011d}",'
            f'"event_time":"{moment:%Y-%m-%dT%H:%M:%S.%fZ}","amount_centavos":{100 + self._sent % 9999},'
            f'"payer_id":"{token(payer)}","payee_id":"{token(payee)}","device_id":"{token(10**9 + payer)}"}}}}'
        )
        return text.encode()


def token(number: int) -> str:
    return f"k1.{(int(number) * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128:032x}"


def backlog(case: str, folder: Path, store: str, payments: Payments, arguments: argparse.Namespace) -> list[Row]:
    """Let the job eat what lies there; the first half warms it up, since Java compiles; the rest counts."""
    begin_s = time.time() - DAY_S
    each = arguments.batch
    for number in range(arguments.batches):
        lines, _ = payments.lines(begin_s + number + np.sort(np.random.default_rng(number).random(each)))
        path = write_segment(folder / "in", f"{number:06d}", lines)
        os.utime(path, (1_700_000_000 + number,) * 2)
    total = each * arguments.batches
    with running(folder, store, per_batch=1) as job:
        warm_s, warm, warm_cpu_s = wait(job, total / 2)
        ended_s, done, cpu_s = wait(job, total)
        size, rss_mib = job.read("pixguard_stream_state_bytes"), job.rss_mib()
        per_key = job.read("pixguard_stream_bytes_written_total") / job.read("pixguard_stream_keys_written_total")
    spent_s, took = ended_s - warm_s, done - warm
    return [
        Row(case, "payments_per_s", took / spent_s, "1/s"),
        Row(case, "cpu_us_per_payment", 1e6 * (cpu_s - warm_cpu_s) / took, "us"),
        Row(case, "payments_per_core_s", took / (cpu_s - warm_cpu_s), "1/s"),
        Row(case, "bytes_per_key", per_key, "bytes"),
        Row(case, "checkpoint_mib", size / 2**20, "MiB"),
        Row(case, "rss_mib", rss_mib, "MiB"),
    ]


def wait(job: Job, messages: float, limit_s: float = 1800) -> tuple[float, float, float]:
    """Wait until the job has taken so many messages; return time, messages and CPU."""
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        taken = job.messages
        if taken >= messages:
            return time.monotonic(), taken, job.cpu_s()
        if job.process.poll() is not None:
            raise SystemExit(f"the stream ended: {(job.folder / 'log').read_text()[-2000:]}")
        time.sleep(0.1)
    raise SystemExit(f"the stream took {job.messages:.0f} of {messages:.0f} messages in {limit_s} s")


def paced(case: str, folder: Path, store: str, rate: int, arguments: argparse.Namespace) -> list[Row]:
    """Send payments at a rate and ask the store, from outside, when the last one of each segment is visible."""
    payments, opened = Payments(arguments.accounts), open_online_store(store, PIX, timeout_s=30)
    with running(folder, store) as job:
        fresh = pace(job, payments, opened, rate, warm_s=arguments.warm_s, seconds=arguments.seconds)
        began_cpu_s, taken = job.cpu_s(), job.messages
        job.kill()
        began = time.monotonic()
        again = start(folder, store, 0)
        restart_s = visible(again, payments, opened, began)
        again.kill()
    p50, p99 = np.percentile(fresh, [50, 99], method="higher")
    return [
        Row(case, "freshness_p50_s", p50, "s"),
        Row(case, "freshness_p99_s", p99, "s"),
        Row(case, "probes", len(fresh), "probes"),
        Row(case, "cpu_us_per_payment", 1e6 * began_cpu_s / taken, "us"),
        Row(case, "restart_s", restart_s, "s"),
    ]


def pace(job: Job, payments: Payments, store: OnlineStore, rate: int, *, warm_s: float, seconds: float) -> list[float]:
    """Return how long each probe took to be visible; those sent while the job warms up do not count."""
    waiting: dict[StateKey, float] = {}
    fresh: list[float] = []
    begin, number = time.time(), 0
    while time.time() < begin + warm_s + seconds or (waiting and time.time() < begin + warm_s + seconds + 30):
        if begin + number * SEGMENT_S <= time.time() < begin + warm_s + seconds:
            now = time.time()
            lines, payer = payments.lines(np.full(int(rate * SEGMENT_S), now))
            write_segment(job.folder / "in", f"{time.time_ns():020d}", lines)
            waiting[StateKey("account", payer)] = now
            number += 1
        for key, sent in look(store, waiting):
            waiting.pop(key)
            if sent > begin + warm_s:
                fresh.append(time.time() - sent)
        time.sleep(0.02)
    return fresh + [float("inf")] * len(waiting)


def look(store: OnlineStore, waiting: dict[StateKey, float]) -> list[tuple[StateKey, float]]:
    keys = list(waiting)
    states = store.read(keys)
    return [
        (key, waiting[key])
        for key, blob in zip(keys, states, strict=True)
        if blob is not None and newest_us(blob) > waiting[key] * 1e6 - 1_000
    ]


def visible(job: Job, payments: Payments, store: OnlineStore, began: float) -> float:
    """Send one payment and return when it is visible, seconds since `began`."""
    now = time.time()
    lines, payer = payments.lines(np.array([now]))
    write_segment(job.folder / "in", f"{time.time_ns():020d}", lines)
    while not look(store, {StateKey("account", payer): now}):
        if job.process.poll() is not None:
            raise SystemExit(f"the stream ended: {(job.folder / 'log').read_text()[-2000:]}")
        time.sleep(0.05)
    return time.monotonic() - began


def month(case: str, folder: Path, store: str, arguments: argparse.Namespace) -> list[Row]:
    """Simulate days whose accounts are quiet ever after: state must stop growing when the longest window has passed."""
    payments, days = Payments(2_000), arguments.days
    begin_s = time.time() - (days + 10) * DAY_S
    each = arguments.batch // 4
    for day in range(days):
        times = begin_s + (day + np.sort(np.random.default_rng(day).random(each))) * DAY_S
        lines, _ = payments.lines(times, first_account=2_000 * day)
        path = write_segment(folder / "in", f"{day:06d}", lines)
        os.utime(path, (1_700_000_000 + day,) * 2)
    rows = []
    with running(folder, store, per_batch=1) as job:
        for day in range(20, days + 1, 20):
            wait(job, each * day)
            rows.append(Row(f"{case}_{day}d", "rss_mib", job.rss_mib(), "MiB"))
            rows.append(Row(f"{case}_{day}d", "state_mib", job.read("pixguard_stream_state_bytes") / 2**20, "MiB"))
    return rows


@contextmanager
def online(folder: Path) -> Iterator[str]:
    """Yield a Redis of our own, or SQLite in the folder where there is none."""
    if shutil.which("redis-server") is None:
        yield f"sqlite://{folder}/online.db"
        return
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        time.sleep(1)
        try:
            yield f"redis://127.0.0.1:{port}"
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=50_000, help="at 1x (%(default)s)")
    parser.add_argument("--batch", type=int, default=6_000, help="payments in a batch of the backlog (%(default)s)")
    parser.add_argument("--batches", type=int, default=50, help="of the backlog (%(default)s)")
    parser.add_argument("--rate", type=int, default=1_500, help="payments a second when paced (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="of the paced case (%(default)s)")
    parser.add_argument("--warm-s", type=float, default=60, help="before them (%(default)s)")
    parser.add_argument("--days", type=int, default=160, help="of the simulated months (%(default)s)")
    parser.add_argument("--cases", nargs="+", default=["1x", "2x", "4x", "hot", "paced", "month"])
    arguments = parser.parse_args()
    rows: list[Row] = []
    for case in arguments.cases:
        with tempfile.TemporaryDirectory() as scratch, online(Path(scratch)) as store:
            folder = Path(scratch)
            if case == "paced":
                rows += paced(f"paced_{arguments.rate}", folder, store, arguments.rate, arguments)
            elif case == "month":
                rows += month("month", folder, store, arguments)
            else:
                times = {"2x": 2, "4x": 4}.get(case, 1)
                payments = Payments(times * arguments.accounts, hot=case == "hot")
                rows += backlog(case, folder, store, payments, arguments)
    finish("stream", rows)


if __name__ == "__main__":
    main()
