"""A manifest as KServe's own SDK models, strictly: a field that KServe does not know is refused, as its CRD would.

The SDK's deserializer does not find the Kubernetes types that KServe's types are made of, so the walk is ours; types,
names, and which fields must be there are the SDK's.
"""

from __future__ import annotations

from typing import Any

import kserve.models
import kubernetes.client.models

from pixguard.laptop.plane.errors import ManifestError

_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (int, float),
    "object": (object,),
}


def parse(kind: str, document: Any) -> Any:
    """Return `document` as the SDK's model `kind`; ManifestError names a field that is unknown, absent or mistyped."""
    return _value(kind, document, kind, strict=True)


def _value(kind: str, value: Any, where: str, *, strict: bool) -> Any:
    if value is None:
        return None
    if kind.startswith("list["):
        items = enumerate(_want(value, list, where))
        return [_value(kind[5:-1], each, f"{where}[{i}]", strict=strict) for i, each in items]
    if kind.startswith("dict("):
        inner, pairs = kind[5:-1].partition(", ")[2], _want(value, dict, where).items()
        return {key: _value(inner, each, f"{where}.{key}", strict=strict) for key, each in pairs}
    if kind in _PLAIN:
        return _plain(kind, value, where) if strict else value
    # Newer clusters know more fields of Kubernetes' own types than the client does: those are not ours to refuse.
    ours = getattr(kserve.models, kind, None)
    model = ours or getattr(kubernetes.client.models, kind, None)
    return value if model is None else _model(model, value, where, strict=ours is not None)


def _plain(kind: str, value: Any, where: str) -> Any:
    if isinstance(value, bool) and kind not in {"bool", "object"}:
        raise ManifestError(f"{where}: {value!r} is no {kind}")
    return _want(value, _PLAIN[kind], where)


def _model(model: Any, value: Any, where: str, *, strict: bool) -> Any:
    fields = {model.attribute_map[name]: (name, kind) for name, kind in model.openapi_types.items()}
    unknown = [key for key in _want(value, dict, where) if key not in fields]
    if unknown and strict:
        raise ManifestError(f"{where}.{unknown[0]}: KServe knows no such field")
    arguments = {
        fields[key][0]: _value(fields[key][1], each, f"{where}.{key}", strict=strict)
        for key, each in value.items()
        if key in fields
    }
    try:
        return model(**arguments)
    except ValueError as error:
        raise ManifestError(f"{where}: {error}") from error


def _want(value: Any, kind: type | tuple[type, ...], where: str) -> Any:
    if not isinstance(value, kind):
        raise ManifestError(f"{where}: {type(value).__name__} {value!r} is not what belongs there")
    return value
