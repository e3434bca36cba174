"""Argo CD's health checks that are ours, in the Lua that Argo CD gives them: 5.1 without the string library."""

from typing import Any

import pytest
from lupa import lua51

from .rendering import ROOT, objects, one

SETTINGS = ROOT / "manifests" / "argocd"
WORDS = {"Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"}


def judged(kind: str, found: dict[str, Any]) -> tuple[str, str]:
    """What the check of a kind says of an object."""
    script = one(objects(SETTINGS), "ConfigMap", "argocd-cm")["data"][f"resource.customizations.health.{kind}"]
    lua = lua51.LuaRuntime(register_eval=False, register_builtins=False)
    lua.execute('getmetatable("").__index = nil; string, math, io, debug, coroutine = nil, nil, nil, nil, nil')
    lua.globals().obj = lua.table_from(found, recursive=True)
    answer = lua.execute(script)
    assert answer["status"] in WORDS
    return answer["status"], answer["message"]


def health(status: dict[str, Any] | None, generation: int = 3) -> tuple[str, str]:
    service: dict[str, Any] = {"metadata": {"name": "pix-fraud", "generation": generation}}
    if status is not None:
        service["status"] = {"observedGeneration": generation, **status}
    return judged("serving.kserve.io_InferenceService", service)


def conditions(**states: str) -> list[dict[str, str]]:
    return [{"type": name, "status": state, "message": f"about {name}"} for name, state in states.items()]


READY = {"Ready": "True", "PredictorReady": "True", "IngressReady": "True"}
LOADED = {"transitionStatus": "UpToDate"}
WAITING = [{"name": "v0123456789ab", "ready": False, "trafficPercent": 5}]


def test_a_service_without_status_is_on_its_way() -> None:
    assert health(None)[0] == "Progressing"
    assert health({})[0] == "Progressing"


def test_ready_is_healthy_with_and_without_a_ready_canary() -> None:
    assert health({"conditions": conditions(**READY), "modelStatus": LOADED})[0] == "Healthy"
    both = conditions(**READY, CanaryPredictorReady="True")
    assert health({"conditions": both, "modelStatus": LOADED})[0] == "Healthy"


def test_a_canary_that_is_not_ready_is_progress_and_never_an_outage() -> None:
    both = conditions(**READY, CanaryPredictorReady="False")
    status, message = health({"conditions": both, "canaryStatuses": WAITING, "modelStatus": LOADED})
    assert status == "Progressing"
    assert "v0123456789ab" in message


def test_an_outage_is_an_outage_whatever_the_canary_does() -> None:
    down = {**READY, "Ready": "False", "PredictorReady": "False"}
    both = conditions(**down, CanaryPredictorReady="True")
    assert health({"conditions": both, "modelStatus": LOADED})[0] == "Degraded"


def test_a_condition_that_we_do_not_know_holds_nothing_up() -> None:
    assert health({"conditions": conditions(**READY, Fashionable="Unknown"), "modelStatus": LOADED})[0] == "Healthy"


def test_a_change_that_kserve_has_not_seen_is_on_its_way() -> None:
    seen = {"observedGeneration": 2, "conditions": conditions(**READY)}
    assert health(seen)[0] == "Progressing"


@pytest.mark.parametrize("transition", ["InvalidSpec", "BlockedByFailedLoad"])
def test_a_model_that_cannot_load_is_degraded_with_its_reason(transition: str) -> None:
    model = {"transitionStatus": transition, "lastFailureInfo": {"reason": "ModelLoadFailed", "message": "no such key"}}
    status, message = health({"conditions": conditions(**{**READY, "Ready": "False"}), "modelStatus": model})
    assert status == "Degraded"
    assert "no such key" in message


def test_a_loading_model_and_unknown_readiness_are_progress() -> None:
    loading = {"conditions": conditions(Ready="False"), "modelStatus": {"transitionStatus": "InProgress"}}
    assert health(loading) == ("Progressing", "Ready is False: about Ready")
    assert health({"conditions": conditions(Ready="Unknown")})[0] == "Progressing"


def test_a_service_stopped_on_purpose_is_suspended() -> None:
    assert health({"conditions": conditions(Stopped="True", Ready="False")})[0] == "Suspended"


def application(status: dict[str, Any] | None) -> tuple[str, str]:
    found = {"metadata": {"name": "kserve"}} | ({} if status is None else {"status": status})
    return judged("argoproj.io_Application", found)


@pytest.mark.parametrize("said", ["Healthy", "Progressing", "Degraded", "Suspended", "Missing"])
def test_an_application_is_as_healthy_as_it_says(said: str) -> None:
    assert application({"health": {"status": said, "message": "about it"}}) == (said, "about it")
    assert application({"health": {"status": said}}) == (said, "")


@pytest.mark.parametrize("status", [None, {}, {"health": {}}, {"sync": {"status": "OutOfSync"}}])
def test_an_application_that_says_nothing_holds_its_wave_back(status: dict[str, Any] | None) -> None:
    assert application(status)[0] == "Progressing"


def spark(state: str | None, error: str | None = None) -> tuple[str, str]:
    told = {"state": state, **({"errorMessage": error} if error else {})}
    found = {"metadata": {"name": "stream-features"}} | (
        {} if state is None else {"status": {"applicationState": told}}
    )
    return judged("sparkoperator.k8s.io_SparkApplication", found)


# All states that the operator knows (sparkoperator.k8s.io/v1beta2), each with what it means to a person.
STATES = {
    "": "Progressing", "SUBMITTED": "Progressing", "RUNNING": "Healthy", "COMPLETED": "Healthy", "FAILED": "Degraded",
    "SUBMISSION_FAILED": "Degraded", "PENDING_RERUN": "Progressing", "INVALIDATING": "Progressing",
    "SUCCEEDING": "Progressing", "FAILING": "Degraded", "SUSPENDING": "Suspended", "SUSPENDED": "Suspended",
    "RESUMING": "Progressing", "UNKNOWN": "Progressing",
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_spark_application_is_known(state: str) -> None:
    assert spark(state) == (STATES[state], state)


def test_a_spark_application_says_why_it_failed_and_one_without_a_state_was_not_submitted() -> None:
    assert spark("FAILED", "driver container failed with ExitCode: 1") == (
        "Degraded", "driver container failed with ExitCode: 1")  # fmt: skip
    assert spark(None) == ("Progressing", "not submitted yet")


def test_every_check_of_the_folder_is_given_to_argo_cd() -> None:
    told = one(objects(SETTINGS), "ConfigMap", "argocd-cm")["data"]
    scripts = {value for key, value in told.items() if key.startswith("resource.customizations.health.")}
    assert scripts == {path.read_text() for path in (SETTINGS / "health").glob("*.lua")}
