"""A small steady load on a plane, every request accounted for."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlparse


@dataclass(frozen=True)
class Answer:
    at: float
    status: int  # 0: no answer
    version: str
    replica: str
    end_to_end_id: str
    why: str = ""


def ask(url: str, end_to_end_id: str, timeout_s: float = 10) -> Answer:
    """Ask for one prediction, on a connection of its own."""
    place, at = urlparse(url), time.monotonic()
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=timeout_s)
    body = json.dumps({"instances": [{"end_to_end_id": end_to_end_id}]})
    try:
        connection.request("POST", "/v1/models/pix-fraud:predict", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.loads(answer.read()) if answer.headers.get_content_type() == "application/json" else {}
        if answer.status == 200:
            assert found["predictions"][0]["end_to_end_id"] == end_to_end_id
        return Answer(at, answer.status, found.get("model_version", ""), found.get("replica", ""), end_to_end_id)
    except (OSError, http.client.HTTPException) as error:
        return Answer(at, 0, "", "", end_to_end_id, f"{type(error).__name__}: {error}")
    finally:
        connection.close()


class Load:
    """Clients that ask at a steady rate while the block runs; what failed is printed at its end."""

    def __init__(self, url: str, what: str, clients: int = 4, rate: float = 80) -> None:
        self.url, self.what, self.clients, self.rate = url, what, clients, rate
        self.answers: list[Answer] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(clients)]

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()
        why = Counter(f"{each.status} {each.why}".strip() for each in self.failed)
        print(f"\n{self.what}: {len(self.failed)} of {len(self.answers)} requests failed {dict(why) or ''}")  # noqa: T201

    @property
    def failed(self) -> list[Answer]:
        return [each for each in self.answers if each.status != 200]

    def since(self, at: float) -> list[Answer]:
        return [each for each in self.answers if each.at >= at]

    def _run(self, number: int) -> None:
        step = self.clients / self.rate
        due, count = time.monotonic() + number * step / self.clients, 0
        while not self._stop.wait(max(due - time.monotonic(), 0)):
            self.answers.append(ask(self.url, f"E{number}-{count}"))
            due, count = max(due + step, time.monotonic() - 1), count + 1
