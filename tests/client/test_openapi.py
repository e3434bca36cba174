"""The API's document in the client's folder: what the client sends fits it, what it reads is promised by it."""

import importlib.util
import json
from dataclasses import fields
from typing import Any

import httpx
import jsonschema
import pytest

from pixguard.client import Answer, ClientError
from pixguard.client.http import _refusal
from pixguard.client.protocols import PROTOCOLS
from pixguard.payment import PAYMENT_FIELDS, check_one
from tests.client.payments import payment, whole
from tests.client.server import answer_to
from tests.github.conftest import ROOT

FILE = ROOT / "components" / "pixguard" / "client" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
PATHS = {protocol: PROTOCOLS[protocol].path("pix-fraud") for protocol in PROTOCOLS}


def fits(value: object, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def body(protocol: str) -> dict[str, Any]:
    operation = DOCUMENT["paths"][PATHS[protocol]]["post"]
    found: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return found


@pytest.mark.skipif(importlib.util.find_spec("pixguard.predictor") is None, reason="this checkout has no predictor")
def test_the_document_is_the_one_that_the_predictor_serves() -> None:
    from pixguard.predictor.admission import MAX_BATCH
    from pixguard.predictor.openapi import document

    assert document("pix-fraud", "any", MAX_BATCH) == DOCUMENT, "the API changed: `make openapi` writes the file again"


@pytest.mark.parametrize("protocol", PATHS)
def test_what_the_client_sends_fits_the_document(protocol: str) -> None:
    sent = PROTOCOLS[protocol].ask([check_one(payment(1)), check_one(whole(2))])
    fits(sent, body(protocol))


def test_a_field_of_the_contract_that_the_document_lacks_would_be_seen() -> None:
    assert list(DOCUMENT["components"]["schemas"]["Payment"]["properties"]) == [field.name for field in PAYMENT_FIELDS]
    with pytest.raises(jsonschema.ValidationError):
        fits({"instances": [{**payment(), "cpf": "x"}]}, body("v1"))


def test_what_the_client_reads_is_promised() -> None:
    promised = set(DOCUMENT["components"]["schemas"]["Answer"]["required"])
    read = {field.name for field in fields(Answer)} - {"newest_event"} | {"newest_event_us"}
    assert read == promised
    fits(answer_to("E1"), {"$ref": "#/components/schemas/Answer"})


@pytest.mark.parametrize("protocol", PATHS)
def test_every_status_that_is_promised_has_its_error(protocol: str) -> None:
    statuses = set(DOCUMENT["paths"][PATHS[protocol]]["post"]["responses"]) - {"200"}
    assert statuses >= {"400", "409", "413", "429", "500", "503"}
    kinds = {status: type(_refusal(httpx.Response(int(status), json={"error": "x"}))) for status in statuses}
    assert all(issubclass(kind, ClientError) and kind is not ClientError for kind in kinds.values())
