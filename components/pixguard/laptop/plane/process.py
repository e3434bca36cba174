"""Processes that outlive the plane: each leads a group of its own, writes its own log, and is found by a record.

A record is a pid with the time the process started (ticks since the machine did, which no clock sets back), so that a
pid given to somebody else later is never mistaken for ours. Every process also carries the state folder in its
environment: what no record tells of is found by that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from pixguard.laptop.plane import folder as files
from pixguard.laptop.plane.folder import Folder

MARK = "PIXGUARD_PLANE"
INHERITED = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "JAVA_HOME"),
    *("PYTHONPATH", "PYTHONPYCACHEPREFIX", "LD_LIBRARY_PATH"),
)


@dataclass(frozen=True)
class Process:
    """One process: its name, who it is, and what its starter noted about it."""

    name: str
    pid: int
    since: int
    facts: Mapping[str, Any] = field(default_factory=dict)

    def alive(self) -> bool:
        """Return whether it runs; a child that ended is reaped on the way."""
        return _running_since(self.pid) == self.since

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its whole group; nothing happens when it is gone."""
        if self.alive():
            signal_group(self.pid, number)


def start(folder: Folder, name: str, argv: Sequence[str], env: Mapping[str, str], **facts: Any) -> Process:
    """Start a process in a session of its own, its output appended to `logs/<name>.log`, and record it."""
    log = folder.logs / f"{name}.log"
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND  # appending, so that the log can be cut while it is written to
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    inherited = {key: os.environ[key] for key in INHERITED if key in os.environ}
    environment = {"PYTHONUNBUFFERED": "1", **inherited, **env, MARK: str(folder.root)}
    pid = os.posix_spawn(argv[0], list(argv), environment, file_actions=actions, setsid=True)
    process = Process(name, pid, _running_since(pid) or 0, facts)
    record = {"name": name, "pid": pid, "since": process.since, "facts": facts}
    files.write(folder.processes / f"{name}.json", record)
    return process


def recorded(folder: Folder) -> list[Process]:
    """Return the recorded processes, running or not."""
    found = (files.read(path) for path in sorted(folder.processes.glob("*.json")))
    return [Process(each["name"], each["pid"], each["since"], each["facts"]) for each in found if each]


def forget(folder: Folder, process: Process) -> None:
    """Remove a process's record."""
    (folder.processes / f"{process.name}.json").unlink(missing_ok=True)


def marked(folder: Folder) -> list[int]:
    """Return the pids of all processes that this state folder's plane started, children of children included."""
    found = []
    for each in psutil.process_iter():
        try:
            if each.environ().get(MARK) == str(folder.root) and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each.pid)
        except psutil.Error:
            continue  # ended meanwhile, or another user's: not ours
    return [pid for pid in found if pid != os.getpid()]


def stop_all(pids: Iterable[int], patience_s: float) -> list[int]:
    """End these processes, kindly first; return those that were still there at the end."""
    left = list(pids)
    for number, wait in ((signal.SIGTERM, patience_s), (signal.SIGKILL, 5.0)):
        for pid in left:
            signal_process(pid, number)
        deadline = time.monotonic() + wait
        while (left := [pid for pid in left if _running_since(pid) is not None]) and time.monotonic() < deadline:
            time.sleep(0.05)
    return left


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the group that `pid` leads."""
    with contextlib.suppress(ProcessLookupError):  # it ended by itself
        os.killpg(pid, number)


def signal_process(pid: int, number: signal.Signals) -> None:
    """Signal one process."""
    with contextlib.suppress(ProcessLookupError):  # it ended by itself
        os.kill(pid, number)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that nobody listens on now, all different."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


def cut_logs(folder: Folder, limit: int = 8 << 20) -> None:
    """Move the content of a log that outgrew `limit` bytes to `<name>.log.1`; its writer goes on in the same file."""
    for log in folder.logs.glob("*.log"):
        if log.stat().st_size > limit:
            Path(f"{log}.1").write_bytes(log.read_bytes())
            os.truncate(log, 0)


def _running_since(pid: int) -> int | None:
    """Return when a process started, or None where it ended; a child of ours is reaped then."""
    with contextlib.suppress(ChildProcessError):  # not our child: an earlier plane's, whose end init sees to
        os.waitpid(pid, os.WNOHANG)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *numbers = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(numbers[18])
