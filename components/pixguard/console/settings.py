"""What the console is told: where the plane's state lies, on which port to listen, and who may look.

Secrets come by the environment, never by the command line, which every user of a machine can read.
"""

from __future__ import annotations

import argparse
import getpass
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pixguard.errors import UsageError

TOKEN = "PIXGUARD_CONSOLE_TOKEN"  # noqa: S105  (the name of the variable)
PROXY = "PIXGUARD_CONSOLE_PROXY"
USER_HEADER = "PIXGUARD_CONSOLE_USER_HEADER"
HOSTS = "PIXGUARD_CONSOLE_HOSTS"
LOOPBACK = ("127.0.0.1", "localhost")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Settings:
    """One console. `proxy`: the addresses whose word on who asks is taken; none: the token is asked for."""

    state: Path
    port: int
    token: str = field(repr=False)
    host: str = "127.0.0.1"
    overlay: str = "kustomize/overlays/laptop"
    hosts: tuple[str, ...] = LOOPBACK
    proxy: tuple[Network, ...] = ()
    user_header: str = "x-auth-request-email"
    owner: str = field(default_factory=getpass.getuser)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{32,128}", self.token):
            raise UsageError(f"{TOKEN}: wanted 32 to 128 letters, digits, - and _; secrets.token_urlsafe(32) makes one")
        if not re.fullmatch(r"[a-z0-9-]{1,64}", self.user_header):
            raise UsageError(f"{USER_HEADER}: wanted the name of a header, in small letters")
        if self.host not in LOOPBACK and not self.proxy:
            raise UsageError(f"--host {self.host} lets others in: name the proxy that signs them in with {PROXY}")

    @property
    def environment(self) -> str:
        """Return the environment's name, the overlay's last part."""
        return self.overlay.rstrip("/").rpartition("/")[2]

    @property
    def cookie(self) -> str:
        """Return the cookie's name: browsers do not tell the ports of one machine apart."""
        return f"pixguard-console-{self.port}"


def read(argv: Sequence[str] | None, environment: Mapping[str, str]) -> Settings:
    """Return the settings; UsageError names what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m pixguard.console", description="Serve the console of a plane.")
    parser.add_argument("--state", type=Path, required=True, help="folder of the plane")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--overlay", default="kustomize/overlays/laptop", help="whose history (default: %(default)s)")
    chosen = parser.parse_args(argv)
    more = environment.get(HOSTS, "").split(",")
    return Settings(
        state=chosen.state.absolute(),
        port=chosen.port,
        token=environment.get(TOKEN, ""),
        host=chosen.host,
        overlay=chosen.overlay,
        hosts=(*LOOPBACK, *(name.strip() for name in more if name.strip())),
        proxy=_networks(environment.get(PROXY, "")),
        user_header=environment.get(USER_HEADER, "x-auth-request-email"),
    )


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise UsageError(f"{PROXY}: {error}; wanted addresses or networks such as 10.0.0.0/24") from error
