"""One deadline for a call, another try only where it is safe, and an error that says what to do."""

import socket
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.client import (
    AnswerError,
    BusyError,
    Client,
    ClientError,
    ConflictError,
    Decision,
    RefusedError,
    ServerError,
    UnreachableError,
)
from pixguard.client import http as client_http
from pixguard.payment import check_one
from tests.client.payments import payment, whole
from tests.client.server import Asked, Reply, answer_to, decide, serving

PROTOCOLS = pytest.mark.parametrize("protocol", ["v1", "v2"])


@PROTOCOLS
def test_a_payment_gets_its_typed_answer(protocol: str) -> None:
    with serving(decide) as (url, asked), Client(url, protocol=protocol) as client:
        answer = client.decide(payment())
        assert answer.decision is Decision.HOLD
        assert answer.end_to_end_id == payment()["end_to_end_id"]
        assert answer.reasons[0].contribution == 3.2
        assert answer.newest_event is not None
        assert answer.newest_event.microsecond == 1
        assert not answer.is_degraded
        assert len(asked) == 1


@PROTOCOLS
def test_a_batch_keeps_its_order_and_goes_in_one_request(protocol: str) -> None:
    payments = [payment(number) for number in range(1, 6)]
    with serving(decide) as (url, asked), Client(url, protocol=protocol) as client:
        answers = client.decide_all([payments[0], check_one(payments[1]), *payments[2:]])
        assert [a.end_to_end_id for a in answers] == [p["end_to_end_id"] for p in payments]
        assert client.decide_all([]) == []
        assert len(asked) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount_centavos", -7531),
        ("amount_centavos", "NaN"),
        ("payer_id", "11144477735"),
        ("key_type", "PIGEON"),
        ("cpf", "11144477735"),
    ],
)
def test_a_wrong_field_is_named_before_anything_is_sent(field: str, value: object) -> None:
    with serving(decide) as (url, asked), Client(url) as client:
        with pytest.raises(RefusedError) as caught:
            client.decide_all([payment(1), payment(2, **{field: value})])
        assert (caught.value.field, caught.value.index, caught.value.status) == (field, 1, None)
        assert str(value) not in str(caught.value)
        assert asked == []


def refusing(status: int, **body: object) -> Any:
    return lambda _asked, _number: Reply(status, {"error": "amount_centavos: found nothing, wanted more", **body})


@pytest.mark.parametrize("status", [400, 404, 405, 413])
def test_a_refusal_is_not_sent_again_and_names_the_field(status: int) -> None:
    with serving(refusing(status, field="instances[0].amount_centavos")) as (url, asked), Client(url) as client:
        with pytest.raises(RefusedError, match="wanted more") as caught:
            client.decide(payment())
        assert (caught.value.field, caught.value.index, caught.value.status) == ("amount_centavos", 0, status)
        assert len(asked) == 1


def test_another_payment_under_the_same_id_is_a_conflict() -> None:
    with serving(refusing(409)) as (url, asked), Client(url) as client:
        with pytest.raises(ConflictError) as caught:
            client.decide(payment())
        assert caught.value.field == "end_to_end_id"
        assert len(asked) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_failed_is_asked_again_with_the_same_bytes(status: int) -> None:
    def once_bad(asked: Asked, number: int) -> Reply:
        return decide(asked) if number == 2 else Reply(status, b"upstream connect error")

    with serving(once_bad) as (url, asked), Client(url, timeout_s=5) as client:
        assert client.decide(payment()).decision is Decision.HOLD
        assert asked[0].body == asked[1].body


def test_after_the_last_try_the_servers_error_is_told() -> None:
    with serving(refusing(503)) as (url, asked), Client(url, timeout_s=5, tries=2) as client:
        with pytest.raises(ServerError) as caught:
            client.decide(payment())
        assert caught.value.status == 503
        assert len(asked) == 2


def test_a_status_that_nobody_knows_is_not_tried_again() -> None:
    with serving(refusing(418)) as (url, asked), Client(url) as client:
        with pytest.raises(ServerError):
            client.decide(payment())
        assert len(asked) == 1


def test_a_busy_server_is_given_the_time_it_asks_for() -> None:
    def busy(asked: Asked, number: int) -> Reply:
        return decide(asked) if number > 1 else Reply(429, {"error": "too many"}, headers={"retry-after": "1"})

    with serving(busy) as (url, asked), Client(url, timeout_s=10) as client:
        began = time.monotonic()
        client.decide(payment())
        assert time.monotonic() - began >= 1
        assert len(asked) == 2


def test_a_busy_server_is_not_waited_for_beyond_the_deadline() -> None:
    with serving(refusing(429)) as (url, asked), Client(url, timeout_s=0.5) as client:
        with pytest.raises(BusyError) as caught:
            client.decide(payment())
        assert caught.value.retry_after_s == 1.0
        assert len(asked) == 1


def test_the_deadline_holds_for_the_whole_call() -> None:
    def slow(asked: Asked, number: int) -> Reply:
        return Reply(503, {"error": "not ready"}, after_s=0.25) if number == 1 else Reply(after_s=2)

    with serving(slow) as (url, asked), Client(url, timeout_s=0.6) as client:
        began = time.monotonic()
        with pytest.raises(UnreachableError, match=r"no answer within 0\.6 s: ask again with the same id"):
            client.decide(payment())
        assert time.monotonic() - began < 1.5
        assert len(asked) == 2


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Client(url, timeout_s=1) as client:
            with pytest.raises(UnreachableError, match="cannot be reached"):
                client.decide(payment())
            assert not client.is_ready()


def test_another_service_is_told_from_ours() -> None:
    for body, match in [
        (b"<html>", "no JSON"),
        ([], "predictions: the answer lacks"),
        ({"predictions": [{}]}, "lacks it"),
    ]:
        with (
            serving(lambda _asked, _number, body=body: Reply(body=body)) as (url, _),  # type: ignore[misc]
            Client(url) as client,
            pytest.raises(AnswerError, match=match),
        ):
            client.decide(payment())


def test_an_answer_to_another_payment_is_not_taken() -> None:
    other = {"predictions": [answer_to("E" + "9" * 31)]}
    with (
        serving(lambda _asked, _number: Reply(body=other)) as (url, _),
        Client(url) as client,
        pytest.raises(AnswerError, match="not those to the payments"),
    ):
        client.decide(payment())


def test_no_error_holds_a_value_of_the_payment() -> None:
    with serving(refusing(500)) as (url, _), Client(url, tries=1) as client:
        with pytest.raises(ServerError) as caught:
            client.decide(whole())
        for value in (payment()["end_to_end_id"], payment()["payer_id"], "12345"):
            assert value not in repr(caught.value)


def test_readiness_and_headers_and_the_models_name() -> None:
    def ready(asked: Asked, number: int) -> Reply:
        return decide(asked) if asked.body else Reply(200 if number == 1 else 503)

    headers = {"host": "pix-fraud.example"}  # the gateway tells services by their host
    with serving(ready) as (url, asked), Client(url, model="other", headers=headers) as client:
        assert client.is_ready()
        assert not client.is_ready()
        client.decide(payment())
        assert asked[-1].path == "/v1/models/other:predict"
        assert asked[-1].headers["host"] == "pix-fraud.example"


@pytest.mark.parametrize("wrong", [{"protocol": "v3"}, {"timeout_s": 0}, {"tries": 0}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="wanted"):
        Client("http://127.0.0.1:1", **wrong)


@given(st.integers(1, 10))
def test_waits_are_random_and_bounded(attempt: int) -> None:
    wait = client_http._wait(attempt, UnreachableError("x"))
    assert 0 <= wait <= client_http.FIRST_WAIT_S * 2**attempt
