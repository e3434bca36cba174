import asyncio
import json
from typing import Any

import pytest

from pixguard.console import hub as hubs
from pixguard.console.errors import RefusedError
from pixguard.console.hub import Hub


def test_a_page_gets_all_at_first_and_then_what_changed() -> None:
    shown: dict[str, Any] = {"live": 1, "held": []}

    async def story() -> list[dict[str, Any]]:
        hub = Hub(lambda: dict(shown))
        looking = asyncio.create_task(hub.run())
        got = []
        pages = hub.follow()
        got.append(await anext(pages))
        shown["live"] = 2
        hub.wake()
        got.append(await anext(pages))
        late = hub.follow()  # a second page begins with all of it
        got.append(await anext(late))
        await pages.aclose()
        await late.aclose()
        assert hub.pages == 0
        looking.cancel()
        return [{name: json.loads(text) for name, text in each.items()} for each in got]

    first, second, late = asyncio.run(story())
    assert first == {"live": 1, "held": []}
    assert second == {"live": 2}
    assert late == {"live": 2, "held": []}


def test_a_look_that_fails_for_no_known_reason_ends_the_hub() -> None:
    def broken() -> dict[str, Any]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(Hub(broken).run())


def test_there_is_room_for_so_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_PAGES", 1)

    async def story() -> None:
        hub = Hub(lambda: {"live": 1})
        looking = asyncio.create_task(hub.run())
        hub.room()
        page = hub.follow()
        await anext(page)
        with pytest.raises(RefusedError) as told:
            hub.room()
        assert told.value.status == 503
        await page.aclose()
        hub.room()
        looking.cancel()

    asyncio.run(story())
