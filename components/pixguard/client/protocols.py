"""Payments to request bodies, bodies to answers: KServe V1 and the Open Inference Protocol v2. No network here."""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Protocol

from pixguard.client.answer import Answer, read_answer
from pixguard.client.errors import AnswerError
from pixguard.payment import PAYMENT_FIELDS, Kind, Payment

_DATATYPES = {Kind.AMOUNT: "INT64", Kind.COUNT: "INT64", Kind.FLAG: "BOOL"}
_NAMES = tuple(field.name for field in fields(Payment))


class Spoken(Protocol):
    """How one protocol asks and how it answers."""

    def path(self, model: str) -> str:
        """Return the path that decides."""

    def ask(self, payments: Sequence[Payment]) -> dict[str, Any]:
        """Return the request's body."""

    def answers(self, body: Any) -> list[Answer]:
        """Return the answers in a response's body; AnswerError where it has another form."""


class V1:
    """KServe V1: `{"instances": [payment, …]}` → `{"predictions": [answer, …]}`."""

    def path(self, model: str) -> str:
        """Return the path that decides."""
        return f"/v1/models/{model}:predict"

    def ask(self, payments: Sequence[Payment]) -> dict[str, Any]:
        """Return the request's body; what a payment lacks is left out."""
        return {"instances": [as_json(payment) for payment in payments]}

    def answers(self, body: Any) -> list[Answer]:
        """Return the answers in a response's body."""
        return [read_answer(found) for found in _entries(body, "predictions")]


class V2:
    """Open Inference Protocol v2: one tensor for each field; the output `answer` holds the same JSON as V1's answer."""

    def path(self, model: str) -> str:
        """Return the path that decides."""
        return f"/v2/models/{model}/infer"

    def ask(self, payments: Sequence[Payment]) -> dict[str, Any]:
        """Return the request's body; a field that no payment has is left out, one that some lack goes as text."""
        written = [as_json(payment) for payment in payments]
        inputs = [
            _tensor(field.name, _DATATYPES.get(field.kind, "BYTES"), [each.get(field.name) for each in written])
            for field in PAYMENT_FIELDS
            if any(field.name in each for each in written)
        ]
        return {"inputs": inputs, "outputs": [{"name": "answer"}]}

    def answers(self, body: Any) -> list[Answer]:
        """Return the answers in a response's body."""
        found = [output for output in _entries(body, "outputs") if output.get("name") == "answer"]
        if len(found) != 1:
            raise AnswerError("outputs: the tensor `answer` is missing")
        try:
            return [read_answer(json.loads(text)) for text in _entries(found[0], "data")]
        except (ValueError, TypeError) as error:
            raise AnswerError("answer: found no JSON in the tensor") from error


PROTOCOLS: dict[str, Spoken] = {"v1": V1(), "v2": V2()}


def as_json(payment: Payment) -> dict[str, Any]:
    """Return a payment as a JSON object, times with their offset, without the fields that it lacks."""
    found = {name: getattr(payment, name) for name in _NAMES}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in found.items()
        if value is not None
    }


def _tensor(name: str, datatype: str, values: list[Any]) -> dict[str, Any]:
    if datatype != "BYTES" and None in values:  # only text can say "none": it is empty
        datatype, values = "BYTES", ["" if value is None else json.dumps(value) for value in values]
    elif datatype == "BYTES":
        values = ["" if value is None else value for value in values]
    return {"name": name, "datatype": datatype, "shape": [len(values)], "data": values}


def _entries(body: Any, name: str) -> list[Any]:
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise AnswerError(f"{name}: the answer lacks the list; is this the scoring API of pixguard?")
    return found
