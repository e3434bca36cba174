"""The slow and plain way to compute aggregates: for each payment look at every event, by the definition's words."""

from collections.abc import Iterable, Mapping
from typing import Any

from pixguard.declaration import Aggregate
from pixguard.sketch import ESTIMATES

Row = Mapping[str, Any]


def aggregate(declared: Aggregate, payment: Row, payments: Iterable[Row], labels: Iterable[Row]) -> int:
    """Return one aggregate of one payment by looking at all events."""
    time = payment["event_time"]
    start = time // declared.hop_us * declared.hop_us - declared.window_us + declared.hop_us
    measure = declared.measure
    table = payments if measure.source == "payments" else labels
    own, other = _columns(declared)
    key = _identity(declared.key, payment)
    values = []
    for event in table:
        at = event["event_time"] + declared.delay_us if measure.source == "payments" else event["known_at"]
        if measure.only and event["is_fraud"] != (measure.only == "fraud"):
            continue
        if key is not None and tuple(event[c] for c in own) == key and start <= at < time:
            values.append((at, event["amount_centavos"], event[other]))
    return _operate(declared.operation, values)


def _columns(declared: Aggregate) -> tuple[tuple[str, ...], str]:
    measure = declared.measure
    if measure.entity == "device":
        return ("device_id",), "payer_id"
    if measure.entity == "pair":
        return ("payer_id", "payee_id"), "payee_id"
    return (("payer_id",), "payee_id") if measure.role == "sent" else (("payee_id",), "payer_id")


def _identity(key: str, payment: Row) -> tuple[Any, ...] | None:
    columns = {
        "payer": ("payer_id",),
        "payee": ("payee_id",),
        "device": ("device_id",),
        "pair": ("payer_id", "payee_id"),
    }
    found = tuple(payment[column] for column in columns[key])
    return None if None in found else found


def _operate(operation: str, values: list[tuple[int, int, str]]) -> int:
    if operation == "distinct":
        bitmap = 0
        for _, _, token in values:
            bitmap |= 1 << (int(token[-2:], 16) % 64)
        return ESTIMATES[bitmap.bit_count()]
    if not values:
        return 0
    times, amounts = [v[0] for v in values], [v[1] for v in values]
    return {
        "count": len(values), "sum": sum(amounts), "max": max(amounts), "min": min(amounts),
        "first": min(times), "last": max(times),
    }[operation]  # fmt: skip
