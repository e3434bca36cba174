"""Open Inference Protocol v2 with Triton's own clients, over HTTP and gRPC."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import tritonclient.http
from kserve import InferInput, InferRequest
from kserve.protocol.infer_type import RequestedOutput

from pixguard.predictor import v2
from pixguard.predictor.errors import InputError
from tests.predictor.processes import Replica, StartReplica
from tests.predictor.tensors import inputs
from tests.predictor.world import World, as_json


@pytest.fixture(scope="module")
def replica(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    from tests.predictor.conftest import _starting

    starting = _starting(world, tmp_path_factory.mktemp("v2"))
    started = next(starting)("--grpc_port", "0")
    started.wait_ready()
    yield started
    next(starting, None)


def grpc(port: int | None, *asks: dict[str, Any]) -> dict[str, Any]:
    """Return what Triton's gRPC client heard, each of `asks` in turn."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.predictor.triton_grpc"],
        input=json.dumps({"port": port, "asks": asks}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("binary", [True, False])
def test_http_answers_as_v1_does(replica: Replica, world: World, binary: bool) -> None:
    some = world.later(4, seed=30 + binary)
    client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{replica.http}")
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("pix-fraud")
    found = client.infer("pix-fraud", inputs(tritonclient.http, [as_json(each) for each in some], binary_data=binary))
    client.close()
    expected = replica.predict(*some).json["predictions"]
    assert found.as_numpy("probability").tolist() == [each["probability"] for each in expected]
    assert [orjson.loads(answer) for answer in found.as_numpy("answer")] == expected
    assert found.get_response()["model_version"] == world.version.name


def test_grpc_answers_as_v1_does(replica: Replica, world: World) -> None:
    rows = [as_json(payment) for payment in world.later(4, seed=33)]
    said = grpc(replica.grpc, {"rows": rows}, {"rows": rows, "outputs": ["decision", "probability"]})
    assert (said["live"], said["ready"], said["model_ready"]) == (True, True, True)
    assert said["outputs"][:2] == ["end_to_end_id", "version"]
    assert "Git decides" in said["load"]
    expected = replica.predict(*rows).json["predictions"]
    whole, part = said["answers"]
    assert (whole["id"], whole["version"]) == ("7", world.version.name)
    assert [orjson.loads(answer) for answer in whole["outputs"]["answer"]] == expected
    assert part["outputs"] == {name: [each[name] for each in expected] for name in ("decision", "probability")}


def test_grpc_refusals_have_their_own_status(replica: Replica, world: World) -> None:
    row = as_json(world.later(1, seed=34)[0])
    before = {name: replica.metric(f"pixguard_{name}_total") for name in ("replays", "decisions", "requests")}
    asks = [
        {"rows": [row]},
        {"rows": [row], "headers": {"x-pixguard-replay": "1"}},
        {"rows": [row | {"amount_centavos": row["amount_centavos"] + 1}]},
        {"rows": [row | {"amount_centavos": -1}]},
        {"rows": [row | {"colour": "red"}]},
        {"rows": [row] * 65},
        {"rows": [row], "model": "other"},
    ]
    statuses = [each.get("status") for each in grpc(replica.grpc, *asks)["answers"]]
    wrong = "StatusCode.INVALID_ARGUMENT"
    assert statuses == [None, None, "StatusCode.ALREADY_EXISTS", wrong, wrong, wrong, "StatusCode.NOT_FOUND"]
    assert replica.metric("pixguard_replays_total") == before["replays"] + 1
    assert replica.metric("pixguard_decisions_total") == before["decisions"] + 1
    assert replica.metric("pixguard_requests_total") == before["requests"] + 7


def test_grpc_says_not_ready_where_no_version_is_served(start: StartReplica, tmp_path: Path, world: World) -> None:
    replica = start("--model_dir", str(tmp_path / "nothing"), "--grpc_port", "0")
    replica.wait_failed()
    said = grpc(replica.grpc, {"rows": [as_json(world.past[0])]})
    assert (said["live"], said["ready"], said["model_ready"]) == (True, False, False)
    assert said["answers"][0]["status"] == "StatusCode.UNAVAILABLE"
    assert "nothing is no folder" in said["answers"][0]["message"]


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ([], "different lengths or none"),
        ([("colour", "BYTES", [1], ["red"])], "a tensor that the contract lacks"),
        ([("payer_id", "FP32", [1], [1.0])], "payer_id: found FP32, wanted BYTES"),
        ([("payer_id", "BYTES", [2], ["a"])], "found 1 values, its shape says 2"),
        ([("payer_id", "BYTES", [1, 1, 1], ["a"])], "of 3 dimensions"),
        ([("payer_id", "BYTES", [1], "a")], "do not fit"),
        ([("payer_id", "BYTES", [1], ["a"]), ("payer_id", "BYTES", [1], ["b"])], "found twice"),
        ([("payer_id", "BYTES", [1], ["a"]), ("payee_id", "BYTES", [2], ["b", "c"])], "different lengths"),
        ([("payer_id", "BYTES", [1], [b"\xff"])], "no UTF-8"),
    ],
)
def test_tensors_that_do_not_fit_are_named(tensors: list[Any], message: str) -> None:
    request = InferRequest("pix-fraud", [InferInput(n, shape, kind, data) for n, kind, shape, data in tensors])
    with pytest.raises(InputError, match=message):
        v2.payments_of(request)


@pytest.mark.parametrize(
    ("body", "length"),
    [
        (b"", None),
        (b"{}", None),
        (b"[]", None),
        (b'{"inputs":1}', None),
        (b'{"inputs":[{"name":"payer_id"}]}', None),
        (b'{"inputs":[],"id":7}', None),
        (b'{"inputs":[]}', b"99"),
        (b'{"inputs":[]}', b"-1"),
        (b'{"inputs":[{"name":"a","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":9}}]}', None),
    ],
)
def test_bodies_that_are_no_inference_request_are_refused(body: bytes, length: bytes | None) -> None:
    with pytest.raises(InputError):
        v2.request_of(body, length, "pix-fraud")


def test_columns_become_payments_and_empty_is_null() -> None:
    tensors = [
        InferInput("payer_id", [2], "BYTES", ["a", "b"]),
        InferInput("amount_centavos", [2, 1], "INT64", [[5], [6]]),
        InferInput("device_id", [2], "BYTES", ["", "d"]),
    ]
    assert v2.payments_of(InferRequest("pix-fraud", tensors)) == [
        {"payer_id": "a", "amount_centavos": 5, "device_id": ""},
        {"payer_id": "b", "amount_centavos": 6, "device_id": "d"},
    ]


def test_an_unknown_output_is_refused(world: World) -> None:
    request = InferRequest("pix-fraud", [], request_outputs=[RequestedOutput("truth")])
    with pytest.raises(InputError, match="outputs: found an unknown one"):
        v2.response(request, "pix-fraud", "v1", [])
