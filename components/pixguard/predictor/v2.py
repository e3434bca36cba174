"""Open Inference Protocol v2: one tensor for each field of the contract in, one for each part of the answer out.

Any field may come as BYTES (its text; empty is null), counts and amounts as INT64 or INT32, flags as BOOL. A tensor
that is left out is null for every payment.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from kserve import InferInput, InferOutput, InferRequest, InferResponse
from kserve.errors import InferenceError, InvalidInput

from pixguard.payment import PAYMENT_FIELDS, Kind
from pixguard.predictor.errors import InputError

_DATATYPES = {Kind.AMOUNT: "INT64", Kind.COUNT: "INT64", Kind.FLAG: "BOOL"}
_WHOLE = frozenset({"BYTES", "INT64", "INT32"})
_INPUTS = {field.name: _DATATYPES.get(field.kind, "BYTES") for field in PAYMENT_FIELDS}
_TAKEN = {name: _WHOLE if kind == "INT64" else frozenset({"BYTES", kind}) for name, kind in _INPUTS.items()}
_OUTPUTS = {
    "end_to_end_id": "BYTES",
    "version": "BYTES",
    "decision": "BYTES",
    "probability": "FP64",
    "score": "FP64",
    "degraded": "BOOL",
    "answer": "BYTES",
}
INPUTS, OUTPUTS = (
    [{"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in tensors.items()]
    for tensors in (_INPUTS, _OUTPUTS)
)


def request_of(body: bytes, json_length: bytes | None, model: str) -> InferRequest:
    """Return the request in an HTTP body whose first `json_length` bytes are JSON; InputError for anything else."""
    length = len(body) if json_length is None else int(json_length) if json_length.isdigit() else -1
    if not 0 <= length <= len(body):
        raise InputError("Inference-Header-Content-Length: found no length within the body", "inputs")
    try:
        request = InferRequest.from_bytes(body, length, model)
    except (InvalidInput, InferenceError, LookupError, ValueError, TypeError, AttributeError, struct.error) as error:
        raise InputError("body: found no inference request of the Open Inference Protocol v2", "inputs") from error
    if request.id is not None and not isinstance(request.id, str):
        raise InputError("id: found something else, wanted text", "id")
    request.id = request.id or str(uuid.uuid4())
    return request


def payments_of(request: InferRequest) -> list[dict[str, Any]]:
    """Return the payments in a request's tensors, as objects to be held against the contract; InputError otherwise."""
    columns: dict[str, list[Any]] = {}
    for tensor in request.inputs:
        if tensor.name not in _TAKEN:
            raise InputError(f"inputs: found a tensor that the contract lacks, wanted {', '.join(_TAKEN)}", "inputs")
        if tensor.name in columns:
            raise InputError(f"{tensor.name}: found twice, wanted one tensor", tensor.name)
        columns[tensor.name] = _column(tensor)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1:
        raise InputError("inputs: found tensors of different lengths or none, wanted one value a payment", "inputs")
    names = tuple(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def response(
    request: InferRequest, model: str, version: str, answers: Sequence[bytes], *, raw: bool = False
) -> InferResponse:
    """Return the answers as tensors: those that the request names, or all; `raw` as bytes, which gRPC wants."""
    wanted = [output.name for output in request.request_outputs or ()] or list(_OUTPUTS)
    unknown = [name for name in wanted if name not in _OUTPUTS]
    if unknown:
        raise InputError(f"outputs: found an unknown one, wanted some of {', '.join(_OUTPUTS)}", "outputs")
    parsed = [orjson.loads(answer) for answer in answers]
    outputs = [
        InferOutput(
            name,
            [len(answers)],
            _OUTPUTS[name],
            data=[_value(name, *each) for each in zip(parsed, answers, strict=True)],
        )
        for name in wanted
    ]
    return InferResponse(request.id or "", model, outputs, model_version=version, use_binary_outputs=raw)


def _value(name: str, answer: Mapping[str, Any], text: bytes) -> Any:
    if name == "answer":
        return text.decode()
    return bool(answer[name]) if name == "degraded" else answer[name]


def _column(tensor: InferInput) -> list[Any]:
    if tensor.datatype not in _TAKEN[tensor.name]:
        raise InputError(
            f"{tensor.name}: found {tensor.datatype[:8]}, wanted {' or '.join(sorted(_TAKEN[tensor.name]))}",
            tensor.name,
        )
    shape = list(tensor.shape)
    if len(shape) not in (1, 2) or (len(shape) == 2 and shape[1] != 1):
        raise InputError(f"{tensor.name}: found a tensor of {len(shape)} dimensions, wanted [payments]", tensor.name)
    try:
        values = tensor.as_numpy().ravel().tolist() if tensor._raw_data is not None else _flat(tensor.data)
    except (ValueError, TypeError, InvalidInput) as error:
        raise InputError(f"{tensor.name}: its bytes do not fit its shape and datatype", tensor.name) from error
    if len(values) != shape[0]:
        raise InputError(f"{tensor.name}: found {len(values)} values, its shape says {shape[0]!r:.20}", tensor.name)
    return [_text(tensor.name, value) if isinstance(value, bytes) else value for value in values]


def _flat(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError("no list of values")
    return [each[0] if isinstance(each, list) and len(each) == 1 else each for each in data]


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: found bytes that are no UTF-8, wanted text", name) from error


def parsed(answer: bytes) -> dict[str, Any]:
    """Return an answer as an object."""
    found: dict[str, Any] = orjson.loads(answer)
    return found
