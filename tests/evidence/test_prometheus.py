"""Counts from Prometheus' HTTP API, as the real one answers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pixguard.evidence import Prometheus, SourceError
from pixguard.rollout import Histogram, Tally

from .test_plane import TRIAL, Answers, answers

__all__ = ["answers"]
SERIES: dict[str, list[tuple[dict[str, str], str]]] = {
    "max by (version) (pixguard_ready": [({"version": "v1"}, "1"), ({"version": "v2"}, "1")],
    "outcome) (increase(pixguard_requests_total": [
        ({"version": "v1", "outcome": "ok"}, "990.4"), ({"version": "v1", "outcome": "bad_request"}, "50"),
        ({"version": "v1", "outcome": "error"}, "8"), ({"version": "v1", "outcome": "overload"}, "2"),
        ({"version": "v2", "outcome": "ok"}, "50.2"), ({"version": "v2", "outcome": "error"}, "NaN"),
    ],
    "decision) (increase(pixguard_decisions_total": [
        ({"version": "v1", "decision": "approve"}, "900"), ({"version": "v1", "decision": "hold"}, "90"),
    ],
    "(version) (increase(pixguard_degraded_total": [({"version": "v1"}, "9")],
    "le) (increase(pixguard_request_seconds_bucket": [
        ({"version": "v1", "le": "+Inf"}, "100"), ({"version": "v1", "le": "0.005"}, "90"),
        ({"version": "v1", "le": "0.001"}, "50"),
    ],
    "le) (increase(pixguard_score_bucket": [
        ({"version": "v1", "le": "0.5"}, "980"), ({"version": "v1", "le": "1.0"}, "990"),
        ({"version": "v1", "le": "+Inf"}, "990"),
    ],
}  # fmt: skip


def prometheus(path: str) -> dict[str, Any]:
    query = parse_qs(urlsplit(path).query)["query"][0]
    (found,) = [series for key, series in SERIES.items() if key in query]
    result = [{"metric": metric, "value": [1_780_000_000.0, value]} for metric, value in found]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


@pytest.fixture
def source(answers: Answers) -> Prometheus:
    answers.body = prometheus
    return Prometheus(answers.url + "/", "http://pix-fraud-{version}-predictor.pixguard.svc")


def test_counts_of_both_versions_since_the_stage_began(source: Prometheus, answers: Answers) -> None:
    began = datetime.now(UTC) - timedelta(seconds=100)
    stable, canary = source.counted(TRIAL, began, source.mark(TRIAL))
    assert stable.errors == Tally(10, 1000), "a bad request is the client's fault"
    assert stable.alerts == Tally(90, 990)
    assert stable.degraded == Tally(9, 990)
    assert stable.latency_ms == Histogram((1.0, 5.0, 50.0), (50, 40, 10))
    assert stable.scores == (980, 10, 0)
    assert (canary.errors, canary.alerts) == (Tally(0, 50), Tally(0, 0))
    asked = [parse_qs(urlsplit(path).query)["query"][0] for path in answers.paths]
    assert all('{model="pix-fraud",version=~"v1|v2"}[10' in query for query in asked)


def test_readiness_and_addresses(source: Prometheus) -> None:
    now = source.now(TRIAL)
    assert (now.ready, now.applied) == (True, True)
    assert now.canary_endpoints == ("http://pix-fraud-v2-predictor.pixguard.svc",)
    assert Prometheus("http://x").mark(TRIAL) == {}


def test_an_error_of_prometheus_is_said(source: Prometheus, answers: Answers) -> None:
    answers.body = {"status": "error", "errorType": "bad_data", "error": "parse error"}
    with pytest.raises(SourceError, match="parse error"):
        source.now(TRIAL)
    answers.body = {
        "status": "success",
        "data": {"resultType": "vector", "result": [{"metric": {}, "value": [0, "1"]}]},
    }
    with pytest.raises(SourceError, match="version"):
        source.now(TRIAL)
