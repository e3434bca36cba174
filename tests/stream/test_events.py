"""Facts leave the same events on their keys as the state's own tests say they must."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pixguard.state import layouts
from pixguard.stream.events import BUCKETS, events
from pixguard.stream.messages import FACTS
from tests.state.history import events as plain_events
from tests.worlds import EVERYTHING, START, token

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PAYMENTS: list[dict[str, Any]] = [
    {
        "end_to_end_id": f"E{number:031d}",
        "event_time": START + 7 * number,
        "amount_centavos": 100 + number,
        "payer_id": token(number % 3),
        "payee_id": token(number % 4),
        "device_id": None if number % 5 == 0 else token(50 + number % 2),
    }
    for number in range(24)
]
LABELS = [
    {name: row[name] for name in ("amount_centavos", "payer_id", "payee_id")}
    | {"known_at": row["event_time"] + 99, "is_fraud": row["amount_centavos"] % 2 == 0}
    for row in PAYMENTS[::3]
]


def facts() -> pa.Table:
    rows = [{**row, "id": row["end_to_end_id"], "time": row["event_time"], "fact": "payment"} for row in PAYMENTS]
    rows += [
        {**row, "id": str(i), "time": row["known_at"], "fact": "fraud" if row["is_fraud"] else "honest"}
        for i, row in enumerate(LABELS)
    ]
    return pa.Table.from_pylist([{name: row.get(name) for name in FACTS.names} for row in rows], schema=FACTS)


def test_events_are_those_of_the_declarations(spark: "SparkSession") -> None:
    made = events(spark.createDataFrame(facts()), layouts(EVERYTHING)).collect()
    found: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in made:
        assert 0 <= row["bucket"] < BUCKETS
        found[row["state_key"]].append((row["time_us"], row["amount_centavos"], row["code"]))
    wanted = {
        f"{key.entity}:{key.key}": sorted((t, amount, kind + 256 * bit) for t, amount, kind, bit in own)
        for key, own in plain_events(EVERYTHING, PAYMENTS, LABELS).items()
    }
    assert {key: sorted(own) for key, own in found.items()} == wanted
