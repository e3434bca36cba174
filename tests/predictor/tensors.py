"""Payments as the tensors of Triton's clients; knows neither of them, since gRPC's cannot live beside the SDK's."""

from typing import Any

import numpy as np


def columns(rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Return rows as tensors: text as BYTES, whole numbers as INT64 and flags as BOOL where all have one."""
    tensors: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        if all(isinstance(value, bool) for value in values):
            tensors[name] = np.array(values)
        elif all(isinstance(value, int) for value in values):
            tensors[name] = np.array(values, dtype=np.int64)
        else:
            tensors[name] = np.array(["" if value is None else str(value) for value in values], dtype=object)
    return tensors


def inputs(client: Any, rows: list[dict[str, Any]], **options: Any) -> list[Any]:
    """Return the inputs of `tritonclient.http` or `tritonclient.grpc`."""
    made = []
    for name, values in columns(rows).items():
        datatype = {"bool": "BOOL", "int64": "INT64"}.get(str(values.dtype), "BYTES")
        made.append(client.InferInput(name, list(values.shape), datatype))
        made[-1].set_data_from_numpy(values, **options)
    return made
