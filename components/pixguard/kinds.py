"""Kinds of event: what a payment or a label leaves on each entity, and which columns hold key and company."""

from __future__ import annotations

from dataclasses import dataclass

from pixguard.declaration import Aggregate, Entity, Role, Source

KEY_COLUMNS: dict[tuple[Entity, Role], tuple[str, ...]] = {
    ("account", "sent"): ("payer_id",),
    ("account", "received"): ("payee_id",),
    ("device", "sent"): ("device_id",),
    ("pair", "sent"): ("payer_id", "payee_id"),
}
COUNTERPARTY: dict[tuple[Entity, Role], str] = {
    ("account", "sent"): "payee_id",
    ("account", "received"): "payer_id",
    ("device", "sent"): "payer_id",
    ("pair", "sent"): "payee_id",
}
VIEW_ROLE: dict[str, Role] = {"payer": "sent", "payee": "received", "device": "sent", "pair": "sent"}


@dataclass(frozen=True)
class Kind:
    """One kind of event of an entity: which table it comes from, on which side, with which verdict and delay."""

    entity: Entity
    role: Role
    source: Source
    only: str
    delay_us: int

    @classmethod
    def of(cls, aggregate: Aggregate) -> tuple[Kind, ...]:
        """Return the kinds of event that an aggregate reads; a measure of all labels reads both verdicts."""
        m = aggregate.measure
        verdicts = ("fraud", "honest") if m.source == "labels" and not m.only else (m.only,)
        return tuple(cls(m.entity, m.role, m.source, only, aggregate.delay_us) for only in verdicts)
