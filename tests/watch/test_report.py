import json
import re
from datetime import timedelta

import numpy as np
import pytest

from pixguard.drift import DriftRules, Judge
from pixguard.fairness import rates
from pixguard.performance import decided, explored, watch
from pixguard.provenance.files import json_text
from pixguard.watch import html_page, metrics_text, report_of
from tests.drift.days import NAMES, START, counts_of, reference
from tests.performance.world import CUT_OFF, MATURITY, make_world

HOSTILE = '"><script>alert(1)</script>'
VERSION = "v0123456789ab"


@pytest.fixture(scope="module")
def report() -> dict:
    rng, judge = np.random.default_rng(1), Judge(NAMES, reference(), DriftRules(), frozenset({"clock"}))
    verdicts = [
        judge.look(counts_of(START + timedelta(days=n), rng, banks=("1", HOSTILE) if n > 32 else ("1", "2")))
        for n in range(36)
    ]
    world = make_world(0.1, rows=4_000)
    found = rates(decided(world.outcomes, VERSION), explored(world.outcomes, VERSION, CUT_OFF, MATURITY))
    measured = watch(world.outcomes, VERSION, CUT_OFF, MATURITY, resamples=20)
    return report_of(verdicts, [measured], {VERSION: found}, CUT_OFF)


def test_the_document_is_json_and_names_what_alarms(report: dict) -> None:
    again = json.loads(json_text(report))
    assert set(again["versions"]) == {"v1", VERSION}
    newest = again["versions"]["v1"]["drift"]["newest"]
    assert [alarm["value"] for alarm in newest["alarms"]] == [HOSTILE]
    assert newest["features"] == ["payer_ispb"]
    assert "figures" not in again["versions"]["v1"]["drift"]["days"][0]
    assert again["versions"][VERSION]["performance"]["unbiased"]["frauds"] > 20


def test_no_value_of_a_payment_can_speak_html(report: dict) -> None:
    page = html_page(report)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=", page)
    assert "by inverse propensity" in page


def test_metrics_are_prometheus_text(report: dict) -> None:
    text = metrics_text(report)
    assert 'pixguard_drift_alarms{version="v1",measure="steady"} 0.0' in text
    assert re.search(
        rf'pixguard_performance{{version="{VERSION}",figure="alert_recall",basis="unbiased",bound="low"}} 0\.\d', text
    )
    helps = re.findall(r"^# HELP (\S+)", text, re.M)
    assert len(helps) == len(set(helps))
    for line in text.splitlines():
        assert line.startswith("# ") or re.fullmatch(r'[a-z_]+{([a-z]+="[^"]*",?)+} -?[\d.e+-]+', line), line


def test_labels_are_escaped() -> None:
    version = 'v"\\\n'
    empty = {"drift": {"newest": None, "days": []}, "performance": None, "fairness": []}
    text = metrics_text({"versions": {version: empty}})
    assert 'version="v\\"\\\\\\n"' in text
