"""Small worlds of payments and labels in which hard cases are common: ties, boundaries, missing devices."""

from typing import Any

from hypothesis import strategies as st

from pixguard.declaration import MICROSECONDS, FeatureSet, aggregates
from pixguard.features import PIX

HOUR, DAY = MICROSECONDS["h"], MICROSECONDS["d"]
START = 1_711_843_200_000_000  # 2024-03-31 00:00 UTC: the hour in which half of the world changes its clocks
EVERYTHING = FeatureSet(
    "everything",
    (
        *PIX.aggregates,
        *aggregates("payee", "received", "count", "3d", hop="1h", delay="7d"),
        *aggregates("payee", "received_centavos", "min", "2h", hop="10m"),
        *aggregates("payer", "sent_labels", "count", "1d", hop="1s"),
        *aggregates("payee", "received_frauds", "first", "28d"),
        *aggregates("payee", "received_fraud_centavos", "sum", "28d"),
        *aggregates("payee", "received_honest", "last", "60d"),
    ),
)


def token(number: int) -> str:
    return f"k1.{(number * 0x9E3779B97F4A7C15) % 2**128:032x}"


times = st.one_of(
    st.integers(0, 40 * DAY),
    st.sampled_from([0, 1, DAY - 1, DAY, DAY + 1, HOUR, 7 * DAY, 30 * DAY, 30 * DAY - 1, 30 * DAY + 1]),
)
accounts = st.integers(1, 4).map(token)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Few accounts, many ties: the hard cases are the common ones here."""
    payment = st.fixed_dictionaries(
        {
            "event_time": times.map(lambda t: START + t),
            "amount_centavos": st.integers(1, 10**13),
            "payer_id": accounts,
            "payee_id": accounts,
            "device_id": st.one_of(st.none(), accounts),
        }
    )
    payments = draw(st.lists(payment, min_size=20, max_size=60))
    for number, row in enumerate(payments):
        row["end_to_end_id"] = f"E{number:031d}"
    labels = [
        {k: row[k] for k in ("amount_centavos", "payer_id", "payee_id")}
        | {"known_at": row["event_time"] + draw(times), "is_fraud": draw(st.booleans())}
        for row in payments
        if draw(st.booleans())
    ]
    return payments, labels
