"""The cases of `make bench-features`: each computes the same aggregates of the same lake in its own process."""

from __future__ import annotations

from dataclasses import dataclass

ENTITIES: tuple[tuple[str, ...], ...] = (("payer", "payee"), ("device",), ("pair",))
"""Views that read the same events."""


@dataclass(frozen=True)
class Columns:
    """Where a view finds itself in a payment: its key, the other side, and its role in the payment."""

    view: str
    key: tuple[str, ...]
    counterparty: str
    role: str

    @classmethod
    def of(cls, view: str) -> Columns:
        return {
            "payer": cls("payer", ("payer_id",), "payee_id", "sent"),
            "payee": cls("payee", ("payee_id",), "payer_id", "received"),
            "device": cls("device", ("device_id",), "payer_id", "sent"),
            "pair": cls("pair", ("payer_id", "payee_id"), "payee_id", "sent"),
        }[view]
