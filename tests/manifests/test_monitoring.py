"""Every alert calls a person with a way out, fires and keeps silent in its test, and asks for numbers that exist."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .rendering import ROOT, everything, objects, one

MONITORING = ROOT / "manifests" / "monitoring"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="no promtool here: install Prometheus")
RULES = [rule for found in everything() if found["kind"] == "PrometheusRule"
         for group in found["spec"]["groups"] for rule in group["rules"]]  # fmt: skip
ALERTS = sorted({rule["alert"] for rule in RULES if "alert" in rule})
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
# Ours, as the servers and the stream tell them, and others' that come with what the platform installs.
OURS = {
    "requests_total", "request_seconds_bucket", "request_seconds_count", "decisions_total", "degraded_total",
    "state_age_seconds_bucket", "score_bucket", "decision_log_dropped_total", "ready",
    "stream_freshness_seconds_bucket", "stream_freshness_seconds_count", "stream_messages_total",
    "stream_keys_written_total", "stream_batch_seconds_bucket", "stream_state_bytes", "stream_lag_seconds",
    "drift_alarms", "fairness_disparate_cohorts", "watch_day_timestamp_seconds",
    "decisions_waiting", "decisions_rejected_total",
}  # fmt: skip
OTHERS = {
    "up", "kube_job_status_failed", "kube_cronjob_status_last_successful_time", "kube_cronjob_created",
    "spark_application_failure_count", "argocd_app_info", "kube_resourcequota", "envoy_cluster_upstream_rq_xx",
}  # fmt: skip


def faults(rules: list[dict[str, Any]], runbooks: Path) -> list[str]:
    """What is wrong with alerts as messages to a person."""
    found = []
    for rule in (rule for rule in rules if "alert" in rule):
        name, notes, labels = rule["alert"], rule.get("annotations", {}), rule.get("labels", {})
        if not (runbooks / f"{name}.md").is_file() or not notes.get("runbook_url", "").endswith(f"/runbooks/{name}.md"):
            found.append(f"{name}: no runbook")
        if not notes.get("summary") or labels.get("severity") not in {"page", "ticket"} or "area" not in labels:
            found.append(f"{name}: wants a summary, a severity of page or ticket, and an area")
    return found


def test_every_alert_calls_a_person_with_a_way_out() -> None:
    assert faults(RULES, MONITORING / "runbooks") == []
    assert {path.stem for path in (MONITORING / "runbooks").glob("*.md")} == set(ALERTS)


def test_an_alert_without_a_runbook_is_named(tmp_path: Path) -> None:
    (rule,) = [r for r in RULES if r.get("alert") == "PixguardNoVersionReady"]
    assert faults([rule], tmp_path) == ["PixguardNoVersionReady: no runbook"]
    assert faults([{**rule, "labels": {}}], MONITORING / "runbooks")
    assert faults([{**rule, "alert": "PixguardNew"}], MONITORING / "runbooks") == ["PixguardNew: no runbook"]


@pytest.mark.parametrize("alert", ALERTS)
def test_a_runbook_is_short_and_has_its_four_parts(alert: str) -> None:
    text = (MONITORING / "runbooks" / f"{alert}.md").read_text()
    assert text.startswith(f"# {alert}\n")
    assert re.findall(r"^## (.+)$", text, re.M) == SECTIONS
    assert len(text.splitlines()) <= 40
    for other in re.findall(r"Pixguard[A-Z]\w+", text):
        assert other in ALERTS


def played(alert: str, text: str) -> tuple[bool, bool]:
    """Whether the tests see the alert fire, and whether they see it keep silent."""
    checks = [check for test in yaml.safe_load(text)["tests"] for check in test["alert_rule_test"]]
    own = [check for check in checks if check["alertname"] == alert]
    return any(check["exp_alerts"] for check in own), any(not check["exp_alerts"] for check in own)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_seen_to_fire_and_to_keep_silent(alert: str) -> None:
    seen = [played(alert, file.read_text()) for file in (MONITORING / "tests").glob("*.yaml")]
    assert (any(fired for fired, _ in seen), any(silent for _, silent in seen)) == (True, True)


def test_every_promise_has_a_record_for_every_window_and_both_ways_to_burn() -> None:
    records = {rule["record"] for rule in RULES if "record" in rule}
    promises = {record.partition(":ratio_rate")[0] for record in records}
    assert records == {f"{promise}:ratio_rate{window}" for promise in promises for window in WINDOWS}
    for promise in promises:
        burns = [rule for rule in RULES if "alert" in rule and promise in rule["expr"]]
        assert [rule["labels"]["severity"] for rule in burns] == ["page", "page", "ticket", "ticket"]
        budgets = {re.findall(r"\* ([\d.]+)", rule["expr"])[0] for rule in burns}
        assert len(budgets) == 1


def queries() -> list[str]:
    panels = [panel for board in yaml.safe_load((MONITORING / "dashboards" / "dashboards.yaml").read_text()).values()
              for row in board["rows"].values() for panel in row]  # fmt: skip
    return [query.replace("$__rate_interval", "5m") for *_, asked in panels for query in asked.values()]


def test_rules_and_dashboards_ask_for_numbers_that_exist() -> None:
    records = {rule["record"] for rule in RULES if "record" in rule}
    known = {f"pixguard_{name}" for name in OURS} | OTHERS
    for query in [*(rule["expr"] for rule in RULES), *queries()]:
        bare = re.sub(r"(?:by|on) \([^)]*\)|\{[^}]*\}|\"[^\"]*\"|\[[^\]]*\]", "", query)
        asked = set(re.findall(r"\b(?:pixguard|kube|spark|argocd|envoy)[a-z0-9_:]*[a-z0-9]\b|\bup\b", bare))
        assert asked <= known | records, query


def test_dashboards_are_what_their_source_says() -> None:
    done = subprocess.run([sys.executable, ROOT / ".ci" / "dashboards", "--check"], check=False, capture_output=True)
    assert done.returncode == 0, done.stdout


def test_what_is_scraped_has_the_port_that_it_is_scraped_at() -> None:
    monitors = {o["metadata"]["name"]: o["spec"] for o in objects(MONITORING) if o["kind"] == "PodMonitor"}
    server = one(everything(), "ClusterServingRuntime")["spec"]["containers"][0]
    assert monitors["pix-fraud"]["podMetricsEndpoints"][0]["port"] in {port["name"] for port in server["ports"]}
    driver = one(everything(), "SparkApplication")["spec"]["driver"]
    assert monitors["stream-features"]["podMetricsEndpoints"][0]["port"] in {port["name"] for port in driver["ports"]}
    assert monitors["stream-features"]["selector"]["matchLabels"].items() <= driver["labels"].items()
    for name in ("keep-decisions", "lake-metrics"):
        pod = one(everything(), "Deployment", name)["spec"]["template"]
        (container,) = pod["spec"]["containers"]
        assert monitors[name]["podMetricsEndpoints"][0]["port"] in {port["name"] for port in container["ports"]}
        assert monitors[name]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL
    return subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The rules as Prometheus reads them, with their tests beside them."""
    for file in (MONITORING / "rules").glob("*.yaml"):
        (tmp_path / file.name).write_text(yaml.safe_dump(yaml.safe_load(file.read_text())["spec"]))
    for file in (MONITORING / "tests").glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


@needs_promtool
def test_rules_and_queries_are_promql_and_their_tests_pass(rules: Path) -> None:
    records = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries())]
    (rules / "queries.yaml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": records}]}))
    tests = sorted(rules.glob("*_test.yaml"))
    checked = promtool("check", "rules", *sorted({*rules.glob("*.yaml")} - {*tests}))
    for done in (checked, promtool("test", "rules", *tests)):
        assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_a_rule_that_never_fires_fails_its_test(rules: Path) -> None:
    broken = rules / "rollout.yaml"
    broken.write_text(broken.read_text().replace("pixguard_ready == 1", "pixguard_ready == 2"))
    done = promtool("test", "rules", rules / "rollout_test.yaml")
    assert done.returncode != 0
    assert "PixguardCanaryStuck" in done.stdout + done.stderr


@needs_promtool
def test_a_rule_that_is_no_promql_is_refused(rules: Path) -> None:
    broken = rules / "serving.yaml"
    broken.write_text(broken.read_text().replace("sum(pixguard_ready)", "sum(pixguard_ready"))
    assert promtool("check", "rules", broken).returncode != 0
