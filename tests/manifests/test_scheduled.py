"""What is done by the clock: an account of its own, one at a time, an end, few ways out, and somebody who misses it."""

import os
import re
import subprocess
from typing import Any

import pytest

from pixguard import lake
from pixguard.jobs import advance_canary, check_parity, keep_decisions, verify_decisions

from .rendering import ROOT, Object, everything, one, walk

JOBS = {o["metadata"]["name"]: o for o in everything() if o["kind"] == "CronJob"}
SUBMITTED = {"train-model", "watch-model"}
POLICIES = [
    o for o in everything() if o["kind"] == "NetworkPolicy" and o["metadata"]["namespace"] == "pixguard-pipelines"
]
SILENT = {"check-parity", "retain-decisions", "verify-decisions"}


def pod(name: str) -> Object:
    spec: Object = JOBS[name]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def arguments(name: str) -> list[str]:
    found: list[str] = pod(name)["containers"][0]["args"]
    return found


def selects(policy: Object, labels: dict[str, str]) -> bool:
    selector = policy["spec"]["podSelector"]
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    for rule in selector.get("matchExpressions", []):
        value = labels.get(rule["key"])
        holds = {"In": value in rule.get("values", []), "DoesNotExist": value is None}
        wanted = wanted and holds[rule["operator"]]
    return bool(wanted)


def ways_out(labels: dict[str, str]) -> list[Any]:
    """Where pods with such labels may go, beside asking for names."""
    found = [p for p in POLICIES if selects(p, labels) and p["metadata"]["name"] != "names"]
    return [way for policy in found for way in policy["spec"].get("egress", [])]


def test_the_jobs_are_those_that_the_platform_needs() -> None:
    assert set(JOBS) == SUBMITTED | SILENT | {"advance-canary"}


@pytest.mark.parametrize("name", JOBS)
def test_one_run_at_a_time_with_an_end_and_no_second_try(name: str) -> None:
    spec = JOBS[name]["spec"]
    job = spec["jobTemplate"]["spec"]
    assert (spec["concurrencyPolicy"], spec["timeZone"]) == ("Forbid", "America/Sao_Paulo")
    assert 0 < spec["startingDeadlineSeconds"] <= 3600
    assert (job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) == (0, "Never")
    assert 0 < job["activeDeadlineSeconds"] <= 43_200
    assert job["ttlSecondsAfterFinished"] > 0


@pytest.mark.parametrize("name", JOBS)
def test_each_has_an_account_of_its_own_without_a_right_in_kubernetes(name: str) -> None:
    account = pod(name)["serviceAccountName"]
    assert account == ("submit-runs" if name in SUBMITTED else name)
    assert pod(name)["automountServiceAccountToken"] is False
    bound = {subject["name"] for o in everything() if o["kind"] == "RoleBinding" for subject in o["subjects"]}
    assert account not in bound


@pytest.mark.parametrize("name", JOBS)
def test_each_may_speak_to_few_and_those_that_read_files_to_nobody(name: str) -> None:
    labels = JOBS[name]["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    ways = ways_out(labels)
    assert (ways == []) == (name in SILENT)
    assert not any("5432" in str(way) or way.get("to") == [{"podSelector": {}}] for way in ways)


def test_pods_of_runs_keep_the_wider_policy_and_a_forgotten_label_is_seen() -> None:
    assert ways_out({"pipeline/runid": "1"})
    assert ways_out({"pixguard.io/job": "new"}) == []


@pytest.mark.parametrize("name", JOBS)
def test_somebody_is_told_when_one_did_not_succeed_in_time(name: str) -> None:
    stale = [rule["expr"] for o in everything() if o["kind"] == "PrometheusRule" for group in o["spec"]["groups"]
             for rule in group["rules"] if "kube_cronjob_status_last_successful_time" in rule["expr"]]  # fmt: skip
    watched = [re.findall(r'cronjob=~?"([^"]+)"', expr)[0] for expr in stale]
    assert sum(bool(re.fullmatch(pattern, name)) for pattern in watched) == 1


def test_who_reads_mounts_to_read_and_the_keys_of_persons_are_in_one_pod_alone() -> None:
    mounts = {
        name: {
            (m["name"], m["mountPath"]): m.get("readOnly", False) for m in pod(name)["containers"][0]["volumeMounts"]
        }
        for name in JOBS
    }
    assert {name for name, of in mounts.items() if any(volume == "persons" for volume, _ in of)} == {"retain-decisions"}
    assert {name for name, of in mounts.items() if any(volume == "anchors" for volume, _ in of)} == {"verify-decisions"}
    writable = {name for name, of in mounts.items() if of.get(("lake", "/lake/decisions")) is False}
    assert writable == {"retain-decisions"}
    assert mounts["check-parity"]["lake", "/lake"] is True
    assert mounts["advance-canary"]["lake", "/lake"] is True


def test_no_mount_is_of_a_folder_that_the_lake_publishes_as_a_link() -> None:
    """Kubernetes would make the folder where the link is to be."""
    found = {value for o in everything() for path, value in walk(o) if path and path[-1] == "subPath"}
    assert found
    assert not found & {*lake.PARTS, "snapshot.json", "features"}


def test_each_is_a_command_that_its_program_understands(monkeypatch: pytest.MonkeyPatch) -> None:
    script, _, *words = arguments("advance-canary")
    assert script.startswith('pixguard advance "$@"')
    told = advance_canary._parser().parse_args(words)
    job = JOBS["advance-canary"]["spec"]["jobTemplate"]["spec"]
    assert told.watch < job["activeDeadlineSeconds"] < 300
    assert told.endpoint.format(version="v0123456789ab").endswith("v0123456789ab-predictor.pixguard.svc")
    parity = check_parity.parse([*pod("check-parity")["containers"][0]["command"][3:], *arguments("check-parity")])
    assert (parity.days, parity.build) == (1, False)
    keeper = one(everything(), "Deployment", "keep-decisions")["spec"]["template"]["spec"]["containers"][0]
    assert keep_decisions.parse(keeper["args"]).metrics_port == keeper["ports"][0]["containerPort"]
    asked: list[list[str]] = []
    monkeypatch.setattr(verify_decisions, "main", lambda argv: asked.append(argv) or 0)
    from pixguard import cli

    for command in arguments("verify-decisions")[0].split("&&"):
        program, *rest = command.split()
        assert program == "pixguard"
        assert cli.main(rest) == 0
    assert [one.split("/")[-1] for argv in asked for one in argv if one.startswith("--decisions")] == [
        "decisions",
        "archive",
    ]


@pytest.mark.parametrize(("status", "ended"), [(0, 0), (3, 0), (1, 1)])
def test_a_canary_that_was_rolled_back_is_an_answer_and_an_error_is_not(status: int, ended: int, tmp_path: Any) -> None:
    program = tmp_path / "pixguard"
    program.write_text(f'#!/bin/sh\n[ "$1 $2" = "advance --env=dev" ] && exit {status}\nexit 99\n')
    program.chmod(0o755)
    command = ["sh", "-c", *arguments("advance-canary")]
    done = subprocess.run(command, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, check=False)
    assert done.returncode == ended


def test_git_gets_the_token_from_the_environment_and_no_address_holds_it(tmp_path: Any) -> None:
    given = {each["name"]: each["value"] for each in pod("advance-canary")["containers"][0]["env"] if "value" in each}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIXGUARD_GITHUB_TOKEN": "t0ken", **given}
    asked = "protocol=https\nhost=github.com\n\n"
    done = subprocess.run(["git", "credential", "fill"], input=asked, env=environment, capture_output=True, text=True,
                          check=True, cwd=tmp_path)  # fmt: skip
    assert "username=x-access-token\npassword=t0ken\n" in done.stdout
    assert not any("@github.com" in argument for argument in arguments("advance-canary"))


def test_what_jobs_leave_in_the_lake_is_told_to_prometheus() -> None:
    exporter = one(everything(), "Deployment", "lake-metrics")["spec"]["template"]["spec"]["containers"][0]
    folders = {mount["subPath"] for mount in exporter["volumeMounts"]}
    assert folders == {"watch", "parity"}
    assert all(mount["readOnly"] for mount in exporter["volumeMounts"])
    assert any(argument == "--metrics=/parity/parity.prom" for argument in arguments("check-parity"))
    pipeline = (ROOT / "pipelines" / "watch_model.py").read_text()
    assert 'out: str = "/lake/watch"' in pipeline
