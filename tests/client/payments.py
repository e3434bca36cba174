"""Payments that keep the contract, and one with every field."""

from typing import Any

from pixguard.payment import PAYMENT_FIELDS, Kind


def payment(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a payment as a JSON object."""
    token = f"k1.{number:032x}"
    return {
        "end_to_end_id": f"E12345678202611241200{number:011d}",
        "event_time": "2026-11-24T12:00:00Z",
        "amount_centavos": 12_345,
        "payer_id": token,
        "payee_id": token,
        **changes,
    }


def whole(number: int = 1) -> dict[str, Any]:
    """Return a payment that lacks no field."""
    values = {Kind.COUNT: 3, Kind.FLAG: True, Kind.ISPB: "12345678", Kind.TOKENISED: f"k1.{number:032x}"}
    rest = {f.name: f.values[0] if f.values else values[f.kind] for f in PAYMENT_FIELDS if not f.required}
    return payment(number, **{name: str(v) if isinstance(v, str) else v for name, v in rest.items()})
