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

from pixguard.laptop.plane import console, store, stream
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
        stream.take_over_from(folder, options.lake)
        patience = Patience(options.grace, options.end)
        supervise(
            Supervisor(folder, options.overlay, patience, with_console=options.console, with_stream=options.stream)
        )
    return 0


def supervise(plane: Supervisor) -> None:
    """Run the loop and the endpoint, and write the addresses once both doors answer."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    before = urlparse(files.read(plane.folder.plane).get("versions_url", "")).port or 0
    endpoint = Endpoint(plane, before)
    try:
        while not stopping.is_set() and not _open(plane):
            plane.step()
            stopping.wait(0.05)
        _write_addresses(plane, endpoint)
        plane.run(stopping)
    finally:
        endpoint.close()


def _open(plane: Supervisor) -> bool:
    return bool(plane.store.running and store.ready(plane.store.running) and plane.proxy.ask("/ready"))


def _write_addresses(plane: Supervisor, endpoint: Endpoint) -> None:
    folder = plane.folder
    if plane.store.running is None:
        return
    addresses: dict[str, Any] = {
        "url": f"http://127.0.0.1:{plane.proxy.addresses.port}",
        "admin": f"http://127.0.0.1:{plane.proxy.addresses.admin}",
        "git": str(folder.git),
        "s3": store.access(plane.store.running),
        "decisions": str(folder.decisions),
        "online_store": given(folder)["PIXGUARD_ONLINE_STORE"],
        "publish": stream.published(folder),
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
    parser.add_argument("--stream", action=argparse.BooleanOptionalAction, default=True, help="run the feature stream")
    parser.add_argument("--lake", type=Path, help="lake whose backfill the feature stream takes over from")
    parser.add_argument("--grace", type=float, default=1.0, help="seconds a server stays after nobody is sent there")
    parser.add_argument("--end", type=float, default=10.0, help="seconds a server may take to end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
