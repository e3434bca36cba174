"""`python -m pixguard.laptop.plane`: the plane's own process, started by `pixguard up`."""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from pixguard.laptop.plane import console, store
from pixguard.laptop.plane import folder as files
from pixguard.laptop.plane.endpoint import Endpoint
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.replica import Patience
from pixguard.laptop.plane.supervisor import Supervisor, given


def main() -> int:
    """Supervise until SIGTERM; what was started stays running, for the next plane or for `pixguard down`."""
    options = _options()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("pixguard").setLevel(logging.INFO)
    folder = Folder.of(options.state)
    with (folder.root / "plane.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logging.error("another plane runs in %s", folder.root)
            return 1
        os.chdir(folder.root)
        supervise(folder, options.overlay, Patience(options.grace, options.end), with_console=options.console)
    return 0


def supervise(folder: Folder, overlay: str, patience: Patience, *, with_console: bool = True) -> None:
    """Run the loop and the endpoint, and write the addresses once both doors answer."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    plane = Supervisor(folder, overlay, patience, with_console=with_console)
    before = urlparse(files.read(folder.plane).get("versions_url", "")).port or 0
    endpoint = Endpoint(plane, before)
    try:
        while not stopping.is_set() and not _open(plane):
            plane.step()
            stopping.wait(0.05)
        _write_addresses(folder, plane, endpoint)
        plane.run(stopping)
    finally:
        endpoint.close()


def _open(plane: Supervisor) -> bool:
    return bool(plane.store.running and store.ready(plane.store.running) and plane.proxy.ask("/ready"))


def _write_addresses(folder: Folder, plane: Supervisor, endpoint: Endpoint) -> None:
    if plane.store.running is None:
        return
    addresses: dict[str, Any] = {
        "url": f"http://127.0.0.1:{plane.proxy.addresses.port}",
        "admin": f"http://127.0.0.1:{plane.proxy.addresses.admin}",
        "git": str(folder.git),
        "s3": store.access(plane.store.running),
        "decisions": str(folder.decisions),
        "online_store": given(folder)["PIXGUARD_ONLINE_STORE"],
        "public_key": str(folder.public_key),
        "status": str(folder.status),
        "versions_url": f"{endpoint.url}/versions",
        "metrics_url": f"{endpoint.url}/metrics",
        "pid": os.getpid(),
    }
    if plane.console and plane.console.running:
        addresses["console"] = console.access(plane.console.running)
    files.write(folder.plane, addresses)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pixguard.laptop.plane")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--overlay", default="kustomize/overlays/laptop")
    parser.add_argument("--console", action=argparse.BooleanOptionalAction, default=True, help="serve the web page")
    parser.add_argument("--grace", type=float, default=1.0, help="seconds a server stays after nobody is sent there")
    parser.add_argument("--end", type=float, default=10.0, help="seconds a server may take to end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
