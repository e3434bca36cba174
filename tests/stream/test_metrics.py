"""What Prometheus is told: freshness as a histogram, messages by outcome."""

from prometheus_client import generate_latest

from pixguard.stream.metrics import StreamMetrics, outcomes
from pixguard.stream.sink import FRESHNESS_S, Written

PROGRESS = {
    "observedMetrics": {"accepted": {"facts": 100, "labels": 3}},
    "stateOperators": [
        {"operatorName": "transformWithStateInPandasExec", "numRowsDroppedByWatermark": 0},
        {
            "operatorName": "dedupeWithinWatermark",
            "numRowsDroppedByWatermark": 5,
            "customMetrics": {"numDroppedDuplicateRows": 7},
        },
    ],
}


def text(metrics: StreamMetrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_freshness_is_a_histogram_over_all_batches() -> None:
    metrics = StreamMetrics("pix")
    lags = [0] * (len(FRESHNESS_S) + 1)
    lags[0], lags[-1] = 3, 1
    metrics.wrote(0, Written(4, 400, 1000.5, tuple(lags)))
    metrics.wrote(1, Written(4, 400, 0.5, tuple(lags)))
    told = text(metrics)
    assert 'pixguard_stream_freshness_seconds_bucket{le="0.25"} 6.0' in told
    assert 'pixguard_stream_freshness_seconds_bucket{le="900.0"} 6.0' in told
    assert 'pixguard_stream_freshness_seconds_bucket{le="+Inf"} 8.0' in told
    assert "pixguard_stream_freshness_seconds_sum 1001.0" in told
    assert 'pixguard_stream_keys_written_total{feature_set="pix"} 8.0' in told
    assert 'pixguard_stream_bytes_written_total{feature_set="pix"} 800.0' in told


def test_messages_are_counted_by_what_became_of_them() -> None:
    assert outcomes(PROGRESS) == {"accepted": 88, "duplicate": 7, "late": 5}
    assert outcomes({"stateOperators": []}) == {"accepted": 0, "duplicate": 0, "late": 0}


def test_every_outcome_is_there_from_the_start() -> None:
    metrics = StreamMetrics("pix")
    metrics.died(2)
    for outcome, count in (("accepted", 0.0), ("dead", 2.0), ("duplicate", 0.0), ("late", 0.0)):
        line = f'pixguard_stream_messages_total{{feature_set="pix",outcome="{outcome}"}} {count}'
        assert line in text(metrics)
