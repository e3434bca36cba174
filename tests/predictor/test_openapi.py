"""The OpenAPI document against the running server: schemathesis sends what it allows and what it does not."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from pixguard.payment import PAYMENT_FIELDS, check_one
from pixguard.predictor.openapi import answer_schema, document, payment_schema
from tests.predictor.processes import Replica
from tests.predictor.world import World, as_json

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance]


def test_the_document_follows_the_contract() -> None:
    schema = payment_schema()
    assert list(schema["properties"]) == [field.name for field in PAYMENT_FIELDS]
    assert schema["required"] == [field.name for field in PAYMENT_FIELDS if field.required]
    found = document("pix-fraud", "v1", 64)
    assert found["paths"]["/v1/models/pix-fraud:predict"]["post"]["responses"].keys() >= {
        "200",
        "400",
        "409",
        "413",
        "429",
    }


def test_an_answer_has_every_part_that_the_document_promises(replica: Replica, world: World) -> None:
    (answer,) = replica.predict(*world.later(1, seed=40)).json["predictions"]
    assert answer.keys() == answer_schema()["properties"].keys()
    assert check_one(as_json(world.past[0]))


@pytest.mark.parametrize(
    "path", ["/v1/models/pix-fraud:predict", "/v2/models/pix-fraud/infer", "/v2/health/ready", "/v1/models"]
)
def test_schemathesis_finds_no_lie_in_the_document(replica: Replica, path: str) -> None:
    schema = schemathesis.openapi.from_dict(replica.get("/openapi.json").json)
    schema.config.base_url = f"http://127.0.0.1:{replica.http}"
    (operation,) = [found.ok() for found in schema.get_all_operations() if found.ok().path == path]
    statuses = set()

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def asks(case: schemathesis.Case) -> None:
        response = case.call()
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    asks()
    assert statuses <= {200, 400, 409}
