"""Through every state that an application can take, through retries, time-outs and an API that is away."""

import logging
import threading
import time

import pytest

from pixguard.spark_application import Patience, Request, SparkApplicationError, run
from pixguard.spark_application.errors import ApplicationApiError, ApplicationFailedError, ApplicationTimeoutError
from pixguard.spark_application.state import Progress

from .cluster import NAMESPACE, Cluster

PATIENT = Patience(work_s=60, first_look_s=60, between_s=0.01)
HASTY = Patience(work_s=0.15, first_look_s=0.1, between_s=0.01)
REQUEST = Request("build_features", ("--lake", "/lake"), "run-1", NAMESPACE)
WAY = ["", "SUBMITTED", "RUNNING", "SUCCEEDING", "COMPLETED"]
PASSING = ["SUBMITTED", "SUBMISSION_FAILED", "RUNNING", "PENDING_RERUN", "INVALIDATING", "SUCCEEDING", "FAILING",
           "SUSPENDING", "SUSPENDED", "RESUMING", "UNKNOWN", "A_STATE_OF_A_LATER_OPERATOR"]  # fmt: skip


def test_the_usual_way_ends_well(kubernetes: Cluster) -> None:
    kubernetes.states = list(WAY)
    done = run(REQUEST, kubernetes.applications(), PATIENT)
    assert done.progress is Progress.DONE
    assert (kubernetes.count("POST"), kubernetes.count("DELETE")) == (1, 0)
    assert REQUEST.name in kubernetes.held


@pytest.mark.parametrize("state", PASSING)
def test_a_passing_state_is_waited_through(kubernetes: Cluster, state: str) -> None:
    kubernetes.states = [state, state, "COMPLETED"]
    assert run(REQUEST, kubernetes.applications(), PATIENT).progress is Progress.DONE


@pytest.mark.parametrize("state", PASSING)
def test_a_state_that_never_ends_is_taken_away_in_time(kubernetes: Cluster, state: str) -> None:
    kubernetes.states = [state]
    with pytest.raises(ApplicationTimeoutError, match=f"still {state} after"):
        run(REQUEST, kubernetes.applications(), HASTY)
    assert kubernetes.held == {}


def test_a_failure_tells_the_operators_reason_and_the_drivers_last_lines(kubernetes: Cluster) -> None:
    failed = {"applicationState": {"state": "FAILED", "errorMessage": "driver container failed with ExitCode: 1"}}
    kubernetes.states = ["RUNNING", "FAILING", failed]
    kubernetes.log = (200, "reading /lake\nERROR lake/payments: holds no accepted payments\n")
    with pytest.raises(ApplicationFailedError, match=r"(?s)ExitCode: 1.*holds no accepted payments$"):
        run(REQUEST, kubernetes.applications(), PATIENT)
    assert kubernetes.count("DELETE") == 0, "a failed application stays, so that a person can look"


def test_a_submission_that_failed_for_good_has_no_driver_to_ask(kubernetes: Cluster) -> None:
    kubernetes.states = ["SUBMISSION_FAILED", {"applicationState": {"state": "FAILED"}, "driverInfo": {}}]
    with pytest.raises(ApplicationFailedError, match=r"(?s)no reason.*no driver was started"):
        run(REQUEST, kubernetes.applications(), PATIENT)


@pytest.mark.parametrize(("log", "said"), [((404, "{}"), "cannot be read: 404"), ((200, ""), "said nothing")])
def test_a_log_that_is_gone_hides_no_failure(kubernetes: Cluster, log: tuple[int, str], said: str) -> None:
    kubernetes.states, kubernetes.log = ["FAILED"], log
    with pytest.raises(ApplicationFailedError, match=said):
        run(REQUEST, kubernetes.applications(), PATIENT)


def test_an_operator_that_never_looks_is_named(kubernetes: Cluster) -> None:
    kubernetes.states = [""]
    with pytest.raises(ApplicationTimeoutError, match="the operator has not looked at it"):
        run(REQUEST, kubernetes.applications(), HASTY)
    assert kubernetes.held == {}


def test_one_that_somebody_deletes_is_a_failure(kubernetes: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([True, True, False])
    known = kubernetes.look
    monkeypatch.setattr(kubernetes, "look", lambda name: known(name) if next(looks, False) else None)
    kubernetes.states = ["RUNNING"]
    with pytest.raises(ApplicationFailedError, match="somebody deleted it"):
        run(REQUEST, kubernetes.applications(), PATIENT)


def test_a_second_try_finds_the_first(kubernetes: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    kubernetes.states = list(WAY)
    run(REQUEST, kubernetes.applications(), PATIENT)
    made = kubernetes.held[REQUEST.name]
    with caplog.at_level(logging.INFO):
        assert run(REQUEST, kubernetes.applications(), PATIENT).progress is Progress.DONE
    assert kubernetes.held[REQUEST.name] is made
    assert "an earlier try created it" in caplog.text


def test_a_failed_first_try_makes_room(kubernetes: Cluster) -> None:
    kubernetes.states = ["FAILED"]
    with pytest.raises(ApplicationFailedError):
        run(REQUEST, kubernetes.applications(), PATIENT)
    first = kubernetes.held[REQUEST.name]
    kubernetes.states = ["FAILED", "RUNNING", "COMPLETED"]
    assert run(REQUEST, kubernetes.applications(), PATIENT).progress is Progress.DONE
    assert kubernetes.held[REQUEST.name] is not first


def test_one_that_is_being_deleted_is_waited_for(kubernetes: Cluster) -> None:
    kubernetes.states = ["FAILED"]
    with pytest.raises(ApplicationFailedError):
        run(REQUEST, kubernetes.applications(), PATIENT)
    kubernetes.deleting[REQUEST.name] = 3
    kubernetes.states = ["COMPLETED"]
    assert run(REQUEST, kubernetes.applications(), PATIENT).progress is Progress.DONE


def test_one_that_is_never_gone_is_named(kubernetes: Cluster) -> None:
    kubernetes.states = ["FAILED"]
    with pytest.raises(ApplicationFailedError):
        run(REQUEST, kubernetes.applications(), HASTY)
    kubernetes.deleting[REQUEST.name] = 10**6
    with pytest.raises(ApplicationTimeoutError, match="finalizers"):
        run(REQUEST, kubernetes.applications(), HASTY)


def test_other_work_of_the_same_name_is_left_alone(kubernetes: Cluster) -> None:
    kubernetes.states = list(WAY)
    run(REQUEST, kubernetes.applications(), PATIENT)
    kubernetes.held[REQUEST.name]["metadata"]["annotations"]["pixguard.io/spec"] = "other"
    with pytest.raises(SparkApplicationError, match="is other work"):
        run(REQUEST, kubernetes.applications(), PATIENT)
    assert REQUEST.name in kubernetes.held


@pytest.mark.parametrize("failure", [429, 500, 502, 503, 504, "hang up"])
def test_an_api_that_is_away_for_a_while_costs_patience_only(kubernetes: Cluster, failure: int | str) -> None:
    kubernetes.states = list(WAY)
    kubernetes.failures = [failure, failure]
    assert run(REQUEST, kubernetes.applications(), PATIENT).progress is Progress.DONE


def test_a_created_application_whose_answer_was_lost_is_found(kubernetes: Cluster) -> None:
    kubernetes.states = list(WAY)
    kubernetes.failures = ["created, answer lost"]
    assert run(REQUEST, kubernetes.applications(), PATIENT).progress is Progress.DONE
    assert len(kubernetes.held) == 1


def test_an_api_that_stays_away_is_an_error_and_the_work_goes_on(kubernetes: Cluster) -> None:
    kubernetes.states = ["RUNNING"]
    applications = kubernetes.applications(patience_s=0.3)
    assert applications.create({"metadata": {"name": REQUEST.name, "annotations": {}}}) is not None
    kubernetes.failures = [503] * 1000
    with pytest.raises(ApplicationApiError, match=r"did not answer for 0\.3 s: 503"):
        applications.read(REQUEST.name)
    assert REQUEST.name in kubernetes.held


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "token is not accepted"), (403, "run-spark-applications"), (404, "operator installed"),
                         (422, "does not fit")]
)  # fmt: skip
def test_a_refusal_is_told_with_its_way_out(kubernetes: Cluster, status: int, hint: str) -> None:
    kubernetes.failures = [status]
    with pytest.raises(ApplicationApiError, match=hint):
        run(REQUEST, kubernetes.applications(), PATIENT)


def test_one_that_stops_leaves_nothing_running(kubernetes: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    kubernetes.states = ["RUNNING"]
    here, sleep = threading.current_thread(), time.sleep

    def interrupted(seconds: float) -> None:
        if threading.current_thread() is here:  # a Spark session's threads sleep, too
            raise KeyboardInterrupt
        sleep(seconds)

    monkeypatch.setattr("pixguard.spark_application.running.time.sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(REQUEST, kubernetes.applications(), PATIENT)
    assert kubernetes.held == {}
