"""The console's process: on a port and with a token of its own, which it keeps until `pixguard down`."""

from __future__ import annotations

import secrets
import sys
from typing import Any

from pixguard.laptop.plane import process
from pixguard.laptop.plane.folder import Folder
from pixguard.laptop.plane.process import Process

NAME = "console"


def start(folder: Folder, overlay: str, before: Process | None) -> Process:
    """Start the console, where and with the token that it had before, if it had any."""
    facts: dict[str, Any] = (
        dict(before.facts) if before else {"port": process.free_ports(1)[0], "token": secrets.token_urlsafe(32)}
    )
    command = [sys.executable, "-m", "pixguard.console", "--state", str(folder.root)]
    command += ["--port", str(facts["port"]), "--overlay", overlay]
    return process.start(folder, NAME, command, {"PIXGUARD_CONSOLE_TOKEN": facts["token"]}, **facts)


def access(console: Process) -> dict[str, str]:
    """Return how the console is reached, as plane.json has it."""
    return {"url": f"http://127.0.0.1:{console.facts['port']}", "token": console.facts["token"]}


def link(console: dict[str, str]) -> str:
    """Return the address that signs in by itself; what follows # never leaves the browser."""
    return f"{console['url']}/#token={console['token']}"
