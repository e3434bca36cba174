"""A headless Chromium of the system; where there is none, its tests are skipped, aloud."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

AXE = gzip.decompress(Path(__file__).with_name("vendor").joinpath("axe.min.js.gz").read_bytes()).decode()
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
]


@contextmanager
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no chromium on the PATH: the console's page was not looked at")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


class Looked:
    """A page, what it asked for, and what it complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@contextmanager
def page(browser: Browser, **options: Any) -> Iterator[Looked]:
    context = browser.new_context(**{"locale": "en-GB", "timezone_id": "America/Sao_Paulo"} | options)
    context.set_default_timeout(15_000)
    try:
        yield Looked(context.new_page())
    finally:
        context.close()


def serious(looked: Page) -> list[str]:
    """Return what axe-core finds that is serious or worse, one line each."""
    looked.evaluate(AXE)
    found = looked.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
