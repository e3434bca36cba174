"""The parts of an answer by themselves, and whether its features are those that Feast itself would give."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import uvloop
from table import Row

from pixguard.decision_log import read_segments
from pixguard.explain import session
from pixguard.feature_service import state_name
from pixguard.feature_store import apply_repository
from pixguard.features import PIX
from pixguard.online import OnlineFeatures
from pixguard.online_store import OnlineStore, open_online_store
from pixguard.payment import Payment, check_one
from pixguard.predictor.served import Served
from serving_cases.world import World, found_states

REPOSITORY = Path(__file__).parents[2] / "feature_repo"
CHECKED = 200
KEYS = {"account": "account_id", "device": "device_id", "pair": "pair_id"}


def rows(world: World, address: str) -> Iterator[Row]:
    """Yield medians of the parts, microseconds, one payment at a time in one process."""
    served, online = Served.load(world.version.folder, world.public_key), OnlineFeatures(PIX)
    store, model = open_online_store(address, PIX), session(world.version.onnx)
    asked = list(world.asked)
    states = [found_states([payment], world.states) for payment in asked]
    pairs = list(zip(asked, states, strict=True))
    x_rf = [online.vectors([payment], state).x_rf for payment, state in pairs]
    merge = _p50_us(lambda pair: online.aggregate([pair[0]], pair[1]), pairs)
    vector = _p50_us(lambda pair: online.vectors([pair[0]], pair[1]), pairs)
    read = uvloop.run(_read_p50_us(store, online, asked))
    score = _p50_us(lambda x: model.run(None, {"features": x}), x_rf)
    explained = _p50_us(lambda x: served.explainer.reasons(served.explainer.explain(x), x[0], 5), x_rf)
    yield Row("parts", "merge_p50_us", merge, "us")
    yield Row("parts", "read_merge_p50_us", read, "us")
    yield Row("parts", "merge_and_vector_p50_us", vector, "us")
    yield Row("parts", "score_p50_us", score, "us")
    yield Row("parts", "score_and_reasons_p50_us", explained, "us")
    store.close()


async def _read_p50_us(store: OnlineStore, online: OnlineFeatures, asked: list[Payment]) -> float:
    """Return the median of read and merge, as the predictor's event loop does them."""
    taken = []
    for payment in itertools.islice(itertools.cycle(asked), 2_000):
        began = time.perf_counter_ns()
        online.aggregate([payment], await store.aread(online.keys(payment)))
        taken.append(time.perf_counter_ns() - began)
    await store.aclose()
    return float(np.median(taken[200:])) / 1e3


def _p50_us(function: Callable[[Any], Any], values: list[Any], count: int = 2_000) -> float:
    taken = []
    for value in itertools.islice(itertools.cycle(values), count):
        began = time.perf_counter_ns()
        function(value)
        taken.append(time.perf_counter_ns() - began)
    return float(np.median(taken[count // 10 :])) / 1e3


def correctness(case: str, log: Path, world: World, redis_port: int) -> Iterator[Row]:
    """Yield how many features of logged decisions are not what Feast's own answer for the same keys gives.

    A decision that was degraded (the machine was too busy for the deadline) saw no state: it is counted apart.
    """
    os.environ["PIXGUARD_REDIS"] = f"127.0.0.1:{redis_port}"
    store = apply_repository(world.folder, REPOSITORY, str(_configuration(world.folder)))
    online, differing, checked = OnlineFeatures(PIX), 0, 0
    records = list(read_segments(log))
    seen = {record.end_to_end_id[:21] + str(record.payment["amount_centavos"]): record for record in records}
    for record in itertools.islice((one for one in seen.values() if not one.degraded), CHECKED):
        payment = check_one({name: value for name, value in record.payment.items() if value is not None})
        expected = online.vectors([payment], [_tiles(store, key) for key in online.keys(payment)]).x_rf[0]
        differing += int((~np.isclose(record.values, expected, rtol=0, atol=0, equal_nan=True)).sum())
        checked += len(expected)
    yield Row(case, "checked_values", checked, "values")
    yield Row(case, "differing_values", differing, "values")
    yield Row(case, "degraded_share", sum(bool(one.degraded) for one in records) / max(len(records), 1), "share")


def _tiles(store: Any, key: Any) -> bytes | None:
    if key is None:
        return None
    reference = f"{state_name(PIX, key.entity)}:tiles"
    found = store.get_online_features(features=[reference], entity_rows=[{KEYS[key.entity]: key.key}]).to_dict()
    return found["tiles"][0]  # type: ignore[no-any-return]


def _configuration(folder: Path) -> Path:
    """Write the laptop's configuration with Redis as its online store, as the cluster has it."""
    text = (REPOSITORY / "feature_store.yaml").read_text()
    at = text.index("online_store:")
    end = text.index("entity_key_serialization_version")
    path = folder / "feature_store.yaml"
    path.write_text(text[:at] + "online_store:\n  type: redis\n  connection_string: ${PIXGUARD_REDIS}\n" + text[end:])
    return path
