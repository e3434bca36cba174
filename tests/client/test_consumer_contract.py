"""What one client, a bank's payment service, needs of the API; a change of the server that breaks it fails here.

An example to copy: another client adds its own file to `contracts/`, and is then never broken unawares. Every file is
held against the running predictor, and against a stand-in so that the test itself is tested.
"""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from tests.client.server import Asked, Reply, decide, serving

CONTRACTS = sorted((Path(__file__).parent / "contracts").glob("*.json"))
EVERY = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda file: file.stem)


def unkept(contract: Path, url: str) -> list[str]:
    """Return what the server at `url` does not keep of a contract."""
    found = []
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as http:
        for need in json.loads(contract.read_text())["needs"]:
            asked, wanted = need["request"], need["response"]
            response = http.request(asked["method"], asked["path"], json=asked.get("body"))
            found += [f"{need['says']}: {what}" for what in _differences(response, wanted)]
    return found


def _differences(response: httpx.Response, wanted: dict[str, Any]) -> Iterator[str]:
    if response.status_code != wanted["status"]:
        yield f"status {response.status_code}, wanted {wanted['status']}"
    elif "schema" in wanted:
        for error in jsonschema.Draft202012Validator(wanted["schema"]).iter_errors(response.json()):
            yield f"{error.json_path}: {error.message}"


def keeping(asked: Asked, number: int = 1) -> Reply:
    if asked.body is None:
        return Reply(200, {"ready": True})
    if asked.body["instances"][0]["amount_centavos"] <= 0:
        return Reply(400, {"error": "amount_centavos: found a number, wanted more than 0", "field": "amount_centavos"})
    return decide(asked)


@EVERY
def test_a_server_that_keeps_it_passes(contract: Path) -> None:
    with serving(keeping) as (url, _):
        assert unkept(contract, url) == []


@pytest.mark.parametrize("gone", ["decision", "reasons"])
def test_a_server_that_drops_a_part_is_caught(gone: str) -> None:
    def without(asked: Asked, number: int) -> Reply:
        reply = keeping(asked)
        for answer in reply.body.get("predictions", []):
            del answer[gone]
        return reply

    with serving(without) as (url, _):
        (found,) = unkept(CONTRACTS[0], url)
    assert f"'{gone}' is a required property" in found


def test_a_server_that_repeats_a_value_is_caught() -> None:
    def indiscreet(asked: Asked, number: int) -> Reply:
        reply = keeping(asked)
        return Reply(400, {"error": "found -7531", "field": "amount_centavos"}) if reply.status == 400 else reply

    with serving(indiscreet) as (url, _):
        (found,) = unkept(CONTRACTS[0], url)
    assert "its value is not repeated" in found


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running predictor, where this checkout has one."""
    if importlib.util.find_spec("pixguard.predictor") is None:
        pytest.skip("this checkout has no predictor: the stand-in alone was asked")
    from tests.predictor.processes import start_replica
    from tests.predictor.world import make_world

    replica = start_replica(make_world(tmp_path_factory.mktemp("version")), tmp_path_factory.mktemp("replica"), "r0")
    try:
        replica.wait_ready()
        yield f"http://127.0.0.1:{replica.http}"
    finally:
        replica.kill()


@EVERY
def test_the_predictor_keeps_it(contract: Path, predictor: str) -> None:
    assert unkept(contract, predictor) == []


@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_the_client_speaks_to_the_predictor(protocol: str, predictor: str) -> None:
    from pixguard.client import Client, Decision, RefusedError
    from tests.client.payments import payment, whole

    first = 100 if protocol == "v1" else 200
    payments = [payment(first), whole(first + 1), payment(first + 2, device_registered=False)]
    with Client(predictor, protocol=protocol, timeout_s=30) as client:
        assert client.is_ready()
        answers = client.decide_all(payments)
        assert [a.end_to_end_id for a in answers] == [p["end_to_end_id"] for p in payments]
        assert all(a.decision in Decision and a.reasons for a in answers)
        assert client.decide_all(payments) == answers  # asked twice, decided once
        with pytest.raises(RefusedError) as caught:
            client.decide(payment(first, amount_centavos=1) | {"event_time": payment()["event_time"]})
        assert caught.value.field == "end_to_end_id"
