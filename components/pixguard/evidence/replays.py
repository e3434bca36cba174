"""Paired replays: a logged payment goes to stable and to the canary again, marked so that it counts as no decision."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from pixguard.evidence.tallies import Latencies, score_bin
from pixguard.rollout.evidence import SCORE_EDGES, Pairs, Tally

PATH = "/v1/models/pix-fraud:predict"
HEADERS = {"x-pixguard-replay": "1"}


@dataclass(frozen=True)
class Answer:
    """One version's answer to a replayed payment; `decision` is empty where it failed."""

    ms: float
    decision: str = ""
    probability: float = 0.0


@dataclass(frozen=True)
class Pair:
    """Both answers to one payment."""

    end_to_end_id: str
    stable: Answer
    canary: Answer


class Replayer:
    """Sends payments to both versions, in turn first to the one and first to the other, so that neither is favoured."""

    def __init__(self, stable: Sequence[str], canary: Sequence[str], timeout_s: float = 2) -> None:
        self._endpoints = {"stable": tuple(stable), "canary": tuple(canary)}
        self._client = httpx.Client(timeout=timeout_s, headers=HEADERS)
        self._sent = 0

    def __enter__(self) -> Self:
        """Open the connections."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        self._client.close()

    def pair(self, payment: Mapping[str, Any]) -> Pair:
        """Return what both versions answer."""
        self._sent += 1
        order = ("stable", "canary") if self._sent % 2 else ("canary", "stable")
        answers = {name: self._ask(name, payment) for name in order}
        return Pair(str(payment["end_to_end_id"]), answers["stable"], answers["canary"])

    def _ask(self, name: str, payment: Mapping[str, Any]) -> Answer:
        endpoints = self._endpoints[name]
        began = time.perf_counter()
        try:
            answer = self._client.post(
                endpoints[self._sent // 2 % len(endpoints)] + PATH, json={"instances": [payment]}
            ).raise_for_status()
            (found,) = answer.json()["predictions"]
            decision, probability = str(found["decision"]), float(found["probability"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return Answer((time.perf_counter() - began) * 1000)
        return Answer((time.perf_counter() - began) * 1000, decision, probability)


class Journal:
    """The pairs of one stage, one a line; with a path they survive the process. A torn last line is left out."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.pairs: dict[str, Pair] = {}
        if path is not None and path.exists():
            for line in path.read_bytes().split(b"\n"):
                if pair := _read(line):
                    self.pairs[pair.end_to_end_id] = pair

    def add(self, pairs: Iterable[Pair]) -> None:
        """Keep pairs; each is one write at the end of the file, so that two writers do not mix."""
        fresh = []
        for pair in pairs:
            if self.pairs.setdefault(pair.end_to_end_id, pair) is pair:
                fresh.append(pair)
        if self._path is None or not fresh:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # A line feed first: whatever a killed process left unfinished ends there.
            os.write(descriptor, b"\n" + b"".join(json.dumps(asdict(pair)).encode() + b"\n" for pair in fresh))
        finally:
            os.close(descriptor)

    def summary(self) -> Pairs:
        """Return the counts that the decision reads."""
        latencies = {"stable": Latencies(), "canary": Latencies()}
        scores = {"stable": [0] * len(SCORE_EDGES), "canary": [0] * len(SCORE_EDGES)}
        failed = {"stable": 0, "canary": 0}
        both = flips = 0
        for pair in self.pairs.values():
            for name, answer in (("stable", pair.stable), ("canary", pair.canary)):
                if answer.decision:
                    latencies[name].add(answer.ms)
                    scores[name][score_bin(answer.probability)] += 1
                else:
                    failed[name] += 1
            if pair.stable.decision and pair.canary.decision:
                both += 1
                flips += pair.stable.decision != pair.canary.decision
        return Pairs(
            flips=Tally(flips, both),
            failures=Tally(failed["canary"], len(self.pairs)),
            stable_failures=Tally(failed["stable"], len(self.pairs)),
            latency_ms=latencies["canary"].histogram(),
            stable_latency_ms=latencies["stable"].histogram(),
            scores=tuple(scores["canary"]),
            stable_scores=tuple(scores["stable"]),
        )


def _read(line: bytes) -> Pair | None:
    try:
        data = json.loads(line)
        return Pair(data["end_to_end_id"], Answer(**data["stable"]), Answer(**data["canary"]))
    except (ValueError, KeyError, TypeError):
        return None
