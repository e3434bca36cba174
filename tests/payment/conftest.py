from collections.abc import Callable
from typing import Any

import pytest

BASE = {
    "end_to_end_id": "E12345678202601311500abcdefghijk",
    "event_time": "2026-01-31T12:00:30-03:00",
    "amount_centavos": 5716,
    "payer_id": "k1." + "a" * 32,
    "payee_id": "k1." + "b" * 32,
}


@pytest.fixture
def payment() -> Callable[..., dict[str, Any]]:
    """A payment that keeps the contract, with the given fields changed."""
    return lambda **changed: {**BASE, **changed}
