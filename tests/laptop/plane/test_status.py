"""The status as KServe reports it."""

from pixguard.laptop.plane.container import Container, Probe
from pixguard.laptop.plane.manifest import NOTHING, Desired, Version
from pixguard.laptop.plane.rules import Routes, Wanted
from pixguard.laptop.plane.status import Observed, stamped, status

CONTAINER = Container(("x",), (), (("http", 1),), Probe(), Probe(), None)
STABLE = Version(Wanted("v1", "s3://m/v1/", 2), CONTAINER)
CANARY = Version(Wanted("v2", "s3://m/v2/", 1, 5), CONTAINER)


def desired(*canaries: Version, stable: Version = STABLE) -> Desired:
    return Desired("pix-fraud", "pixguard", "pixguard-predictor", stable, canaries, 2)


def conditions(wanted: Desired, seen: Observed) -> dict[str, tuple[str, str | None]]:
    return {each["type"]: (each["status"], each.get("reason")) for each in status(wanted, seen)["conditions"]}


def test_all_well() -> None:
    routes = Routes("v1", {"v1": 95, "v2": 5})
    seen = Observed({"v1", "v2"}, {"v1", "v2"}, {}, {"v1": 1, "v2": 1}, routes, True, "http://127.0.0.1:1")
    found = status(desired(CANARY), seen)
    assert conditions(desired(CANARY), seen) == {
        "CanaryPredictorReady": ("True", "AllCanariesReady"),
        "IngressReady": ("True", None),
        "PredictorReady": ("True", None),
        "Ready": ("True", None),
    }
    assert [(each["revisionName"], each["percent"]) for each in found["components"]["predictor"]["traffic"]] == [
        ("v1", 95),
        ("v2", 5),
    ]
    assert found["canaryStatuses"][0]["name"] == "v2"
    assert found["canaryStatuses"][0]["ready"] is True
    assert found["canaryStatuses"][0]["trafficPercent"] == 5
    assert (found["deploymentMode"], found["clusterServingRuntimeName"]) == ("Standard", "pixguard-predictor")


def test_a_canary_that_is_not_ready_says_why_and_ready_does_not_look_at_it() -> None:
    seen = Observed({"v1"}, {"v1"}, {"v2": "its process ended"}, {}, Routes("v1", {"v1": 100}), True)
    found = conditions(desired(CANARY), seen)
    assert found["CanaryPredictorReady"] == ("False", "CanariesNotReady")
    assert found["Ready"] == ("True", None)
    (message,) = (each["message"] for each in status(desired(CANARY), seen)["conditions"] if "message" in each)
    assert message == "its process ended"


def test_the_route_is_ready_when_the_proxy_says_so_and_stable_holds_it() -> None:
    for routes, settled in ((Routes("v0", {"v0": 100}), True), (Routes("v1", {"v1": 100}), False), (None, True)):
        found = conditions(desired(), Observed({"v1"}, {"v1"}, {}, {}, routes, settled))
        assert found["IngressReady"][0] == found["Ready"][0] == "False"
        assert "CanaryPredictorReady" not in found


def test_nothing_released_is_said() -> None:
    nothing = Version(Wanted(NOTHING, "s3://m/v0/"), CONTAINER)
    assert conditions(desired(stable=nothing), Observed((), ()))["PredictorReady"] == ("False", "NothingReleased")


def test_a_condition_keeps_its_time_while_it_stays() -> None:
    first = stamped({"conditions": [{"type": "Ready", "status": "True"}]}, {}, "t1")
    same = stamped({"conditions": [{"type": "Ready", "status": "True"}]}, first, "t2")
    turned = stamped({"conditions": [{"type": "Ready", "status": "False"}]}, same, "t3")
    assert [each["conditions"][0]["lastTransitionTime"] for each in (first, same, turned)] == ["t1", "t1", "t3"]
