"""The HTTP front of a real process."""

import socket
from dataclasses import replace

import orjson
import pytest

from pixguard.predictor.rest import MAX_BODY_BYTES
from tests.predictor.processes import PREDICT, Replica
from tests.predictor.world import World, as_json, payments


def test_v1_answers_every_payment_of_a_batch_in_order(replica: Replica, world: World) -> None:
    some = world.later(5, seed=20)
    answer = replica.predict(*some)
    assert answer.status == 200
    assert [each["end_to_end_id"] for each in answer.json["predictions"]] == [each.end_to_end_id for each in some]
    assert {each["version"] for each in answer.json["predictions"]} == {world.version.name}


def test_health_and_metadata(replica: Replica, world: World) -> None:
    assert replica.get("/v2/health/live").json == {"live": True}
    assert replica.get("/v2/health/ready").json == {"name": "pix-fraud", "version": world.version.name, "ready": True}
    assert replica.get("/v1/models").json == {"models": ["pix-fraud"]}
    assert replica.get("/v1/models/pix-fraud").json == {"name": "pix-fraud", "ready": True}
    assert replica.get("/v2/models/pix-fraud/ready").status == 200
    metadata = replica.get("/v2/models/pix-fraud").json
    assert metadata["versions"] == [world.version.name]
    assert {"name": "amount_centavos", "datatype": "INT64", "shape": [-1]} in metadata["inputs"]
    assert replica.get("/").status == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"{", None),
        (b"[]", None),
        (b"{}", "instances"),
        (b'{"instances":[]}', "instances"),
        (b'{"instances":{}}', "instances"),
        (b'{"instances":[1]}', "instances[0]"),
        (b'{"instances":[{}]}', "instances[0].end_to_end_id"),
        (b'{"instances":[{}],"parameters":{}}', "instances"),
        (b'{"instances":[{"amount_centavos":NaN}]}', None),
        (b'{"instances":[{"amount_centavos":-1}]}', "instances[0].amount_centavos"),
        (b'{"instances":[{"amount_centavos":1e999}]}', None),
        (b'{"instances":[{"12345678909":"x"}]}', "instances[0].###########"),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
    ],
)
def test_a_wrong_body_is_a_400_that_names_the_field(replica: Replica, body: bytes, field: str | None) -> None:
    answer = replica.ask("POST", PREDICT, body, content_type="application/json")
    assert answer.status == 400
    assert answer.json.get("field") == field
    assert len(answer.json["error"]) < 300


def test_oversized_batches_and_bodies_are_refused_early(replica: Replica) -> None:
    many = [as_json(each) for each in payments(65, seed=3)]
    answer = replica.predict(*many)
    assert (answer.status, answer.json["field"]) == (400, "instances")
    with socket.create_connection(("127.0.0.1", replica.http)) as connection:
        head = f"POST {PREDICT} HTTP/1.1\r\nhost: x\r\ncontent-length: {MAX_BODY_BYTES + 1}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413"), "before the body was sent"
    with socket.create_connection(("127.0.0.1", replica.http)) as connection:
        connection.sendall(f"POST {PREDICT} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        connection.sendall(chunk * 17)
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_paths_and_methods_that_do_not_exist(replica: Replica) -> None:
    assert replica.get("/v1/models/other:predict").status == 404
    assert replica.get("/v2/models/pix-fraud/../../etc").status == 404
    found = replica.get(PREDICT)
    assert (found.status, found.headers["allow"]) == (405, "POST")
    assert replica.ask("POST", "/metrics", b"").status == 405
    assert replica.ask("DELETE", "/v2/health/live").status == 405


def test_another_payment_under_a_decided_id_is_a_409(replica: Replica, world: World) -> None:
    (first,) = world.later(1, seed=21)
    before = replica.predict(first)
    twin = replica.predict(replace(first, amount_centavos=first.amount_centavos + 1))
    assert (twin.status, twin.json["field"]) == (409, "end_to_end_id")
    assert replica.predict(first).body == before.body


def test_a_replay_is_logged_as_such_and_not_counted(replica: Replica, world: World) -> None:
    (first,) = world.later(1, seed=22)
    before = replica.metric("pixguard_decisions_total")
    assert replica.predict(first, x_pixguard_replay="1").status == 200
    assert replica.metric("pixguard_decisions_total") == before
    assert replica.metric("pixguard_replays_total") >= 1


def test_metrics_bear_model_and_version(replica: Replica, world: World) -> None:
    replica.predict(*world.later(1, seed=23))
    labels = f'{{model="pix-fraud",version="{world.version.name}"}}'
    assert replica.metric(f"pixguard_ready{labels}") == 1
    assert replica.metric("pixguard_request_seconds_count") >= 1
    assert replica.metric("pixguard_score_count") >= 1
    assert replica.metric("pixguard_state_age_seconds_count") >= 1
    assert replica.metric(f"pixguard_decision_log_dropped_total{labels}") == 0
    ok = f'pixguard_requests_total{{model="pix-fraud",outcome="ok",version="{world.version.name}"}}'
    assert replica.metric(ok) >= 1


def test_no_answer_and_no_log_line_of_a_wrong_request_holds_its_values(replica: Replica) -> None:
    secret = "123.456.789-09"
    for name in ("payer_id", "key_type", "event_time", "amount_centavos", secret):
        answer = replica.ask("POST", PREDICT, orjson.dumps({"instances": [{name: secret}]}))
        assert answer.status == 400
        assert secret.encode() not in answer.body
    assert secret not in replica.errors.read_text()
