"""The OpenAPI 3.1 document, made of the contract's own fields."""

from __future__ import annotations

from typing import Any

from pixguard.payment import PAYMENT_FIELDS, Kind
from pixguard.payment.schema import (
    DERIVED_ID_PATTERN,
    ISPB_PATTERN,
    MAX_AMOUNT_CENTAVOS,
    MAX_COUNT,
    PIX_ID_PATTERN,
    TOKENISED_PATTERN,
    Field,
)
from pixguard.policy import Decision

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_KINDS: dict[Kind, dict[str, Any]] = {
    Kind.ID: _TEXT | {"pattern": f"^({PIX_ID_PATTERN}|{DERIVED_ID_PATTERN})$"},
    Kind.TIME: _TEXT | {"format": "date-time"},
    Kind.AMOUNT: {"type": "integer", "minimum": 1, "maximum": MAX_AMOUNT_CENTAVOS},
    Kind.TOKENISED: _TEXT | {"pattern": f"^{TOKENISED_PATTERN}$"},
    Kind.ISPB: _TEXT | {"pattern": f"^{ISPB_PATTERN}$"},
    Kind.COUNT: {"type": "integer", "minimum": 0, "maximum": MAX_COUNT},
    Kind.FLAG: {"type": "boolean"},
    Kind.CHOICE: _TEXT,
}
_ERRORS = {
    "400": "A field, the body or the batch breaks the contract; `field` names it",
    "405": "Another method is wanted",
    "409": "Another payment was decided under this end_to_end_id",
    "413": "The body is too large",
    "429": "Too many payments wait here; see Retry-After",
    "500": "The replica failed",
    "503": "No version is ready here",
}


def document(model: str, version: str, max_batch: int) -> dict[str, Any]:
    """Return the document of a model's endpoints."""
    v1 = {"type": "object", "required": ["instances"], "additionalProperties": False}
    v1["properties"] = {"instances": _list("Payment", max_batch)}
    v1_answer = {
        "type": "object",
        "required": ["predictions"],
        "properties": {"predictions": _list("Answer", max_batch)},
    }
    ready = {"200": _content("It answers", _object()), "503": _content("It does not, and why", _object())}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"pixguard {model}", "version": version, "description": "Decides whether a Pix is fraud."},
        "paths": {
            f"/v1/models/{model}:predict": {"post": _post("predict", "Decide payments (KServe V1)", v1, v1_answer)},
            f"/v2/models/{model}/infer": {
                "post": _post(
                    "infer", "Decide payments (Open Inference Protocol v2)", _tensors("inputs"), _tensors("outputs")
                )
            },
            f"/v1/models/{model}": _get("Whether the model is ready", ready),
            f"/v2/models/{model}": _get("The model's tensors"),
            f"/v2/models/{model}/ready": _get("Whether the model is ready", ready),
            "/v1/models": _get("Names of the models"),
            "/v2": _get("The server"),
            "/v2/health/live": _get("Whether the process lives"),
            "/v2/health/ready": _get("Whether the process wants requests", ready),
            "/metrics": {
                "get": {
                    "responses": {
                        "200": {"description": "Prometheus series", "content": {"text/plain": {"schema": _TEXT}}}
                    }
                }
            },
        },
        "components": {"schemas": {"Payment": payment_schema(), "Answer": answer_schema(), "Error": _error_schema()}},
    }


def payment_schema() -> dict[str, Any]:
    """Return the JSON schema of a payment."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in PAYMENT_FIELDS if field.required],
        "properties": {field.name: _field(field) for field in PAYMENT_FIELDS},
    }


def answer_schema() -> dict[str, Any]:
    """Return the JSON schema of an answer."""
    reason = {"feature": _TEXT, "value": {"type": ["number", "null"]}, "contribution": _NUMBER}
    properties = {
        "decided_at": _TEXT | {"format": "date-time"},
        "end_to_end_id": _TEXT,
        "model": _TEXT,
        "version": _TEXT,
        "score": _NUMBER | {"minimum": 0, "maximum": 1},
        "probability": _NUMBER | {"minimum": 0, "maximum": 1},
        "decision": {"enum": [each.value for each in Decision]},
        "rules": {"type": "array", "items": _TEXT},
        "log_odds": _NUMBER | {"description": "of the score: base + the contributions of all features"},
        "base": _NUMBER | {"description": "log-odds at the training medians"},
        "reasons": {"type": "array", "items": {"type": "object", "required": list(reason), "properties": reason}},
        "degraded": {"type": "array", "items": _TEXT},
        "newest_event_us": {"type": ["integer", "null"], "description": "newest event in the state that was read"},
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def _field(field: Field) -> dict[str, Any]:
    schema = dict(_KINDS[field.kind])
    if field.values:
        schema["enum"] = [str(value) for value in field.values] + ([] if field.required else [None])
    if not field.required:
        schema["type"] = [schema["type"], "null"]
    return schema


def _error_schema() -> dict[str, Any]:
    return {"type": "object", "required": ["error"], "properties": {"error": _TEXT, "field": _TEXT}}


def _tensors(name: str) -> dict[str, Any]:
    values = {
        "name": _TEXT,
        "shape": {"type": "array", "items": {"type": "integer"}},
        "datatype": _TEXT,
        "data": {"type": "array"},
    }
    tensor = {"type": "object", "required": ["name", "shape", "datatype"], "properties": values}
    return {"type": "object", "required": [name], "properties": {"id": _TEXT, name: {"type": "array", "items": tensor}}}


def _list(name: str, most: int) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "maxItems": most, "items": {"$ref": f"#/components/schemas/{name}"}}


def _object() -> dict[str, Any]:
    return {"type": "object"}


def _content(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _get(summary: str, responses: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"get": {"summary": summary, "responses": responses or {"200": _content("As asked", _object())}}}


def _post(name: str, summary: str, body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    errors = {code: _content(text, {"$ref": "#/components/schemas/Error"}) for code, text in _ERRORS.items()}
    replay = {
        "name": "x-pixguard-replay",
        "in": "header",
        "schema": {"enum": ["1"]},
        "description": "score again, decide nothing",
    }
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [replay],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": _content("An answer for each payment", answer), **errors},
    }
