"""Argo CD's health check of an InferenceService, in the Lua that Argo CD gives it: 5.1 without the string library."""

from typing import Any

import pytest
from lupa import lua51

from .rendering import ROOT, objects, one

SETTINGS = ROOT / "manifests" / "argocd"
KEY = "resource.customizations.health.serving.kserve.io_InferenceService"


def health(status: dict[str, Any] | None, generation: int = 3) -> tuple[str, str]:
    script = one(objects(SETTINGS), "ConfigMap", "argocd-cm")["data"][KEY]
    lua = lua51.LuaRuntime(register_eval=False, register_builtins=False)
    lua.execute('getmetatable("").__index = nil; string, math, io, debug, coroutine = nil, nil, nil, nil, nil')
    service = {"metadata": {"name": "pix-fraud", "generation": generation}}
    if status is not None:
        service["status"] = {"observedGeneration": generation, **status}
    lua.globals().obj = lua.table_from(service, recursive=True)
    answer = lua.execute(script)
    return answer["status"], answer["message"]


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
