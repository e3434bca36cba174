"""`python -m pixguard.console --state DIR --port N`: the console's own process, which `pixguard up` keeps running."""

from __future__ import annotations

import asyncio
import os
import sys

import uvicorn

from pixguard.console import settings as options
from pixguard.console.app import Console
from pixguard.console.hub import Hub
from pixguard.console.settings import Settings
from pixguard.console.watcher import Watcher
from pixguard.errors import PixguardError


def main() -> int:
    """Serve until SIGTERM."""
    try:
        settings = options.read(None, os.environ)
    except PixguardError as error:
        print(f"console: {error}", file=sys.stderr)  # noqa: T201
        return 2
    asyncio.run(serve(settings))
    return 0


async def serve(settings: Settings) -> None:
    """Look and answer in one loop: when one of the two ends, so does the other."""
    watcher = Watcher(settings)
    hub = Hub(watcher.look)
    config = uvicorn.Config(
        Console(settings, watcher, hub).app(),
        host=settings.host,
        port=settings.port,
        http="h11",
        h11_max_incomplete_event_size=16_384,
        proxy_headers=False,  # who asks is decided by the address that really asks
        server_header=False,
        access_log=False,
        log_level="warning",
        lifespan="off",
        ws="none",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
    )
    looking = asyncio.create_task(hub.run())
    serving = asyncio.create_task(uvicorn.Server(config).serve())
    try:
        await asyncio.wait({looking, serving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (looking, serving):
            task.cancel()
        results = await asyncio.gather(looking, serving, return_exceptions=True)
        watcher.close()
    for result in results:
        if isinstance(result, Exception):
            raise result


if __name__ == "__main__":
    sys.exit(main())
