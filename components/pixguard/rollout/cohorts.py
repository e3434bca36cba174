"""Which groups of payments a canary is judged in: fixed before any payment is seen, so that the false alarms add up."""

from collections.abc import Iterator, Mapping
from typing import Any

from pixguard.payment.schema import Initiation, KeyType, Purpose
from pixguard.rollout.evidence import Cohort

AMOUNTS = ((10_000, "below R$ 100"), (100_000, "R$ 100 to 1,000"), (10**14, "R$ 1,000 and more"))
COHORTS: tuple[Cohort, ...] = (
    *(("key_type", kind.value) for kind in KeyType),
    *(("initiation", kind.value) for kind in Initiation),
    *(("purpose", kind.value) for kind in Purpose),
    *(("amount", name) for _, name in AMOUNTS),
    *(("device_registered", name) for name in ("True", "False")),
)


def cohorts_of(payment: Mapping[str, Any]) -> Iterator[Cohort]:
    """Yield the groups that a payment belongs to; a field that the data lack puts it in none."""
    for column in ("key_type", "initiation", "purpose", "device_registered"):
        if payment.get(column) is not None:
            yield column, str(payment[column])
    amount = payment.get("amount_centavos")
    if amount is not None:
        yield "amount", next(name for limit, name in AMOUNTS if amount < limit)
