"""Messages go through the contract: what is right becomes a fact, what is not a dead letter, and nothing is lost."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixguard.payment import PAYMENT_FIELDS
from pixguard.stream.messages import FACTS, MAX_AHEAD_US, MessageError, decode, encode
from tests.small_lake import labels, payments

PAYMENTS, LABELS = payments(80).to_pylist(), labels(payments(80)).to_pylist()
PAYMENT = PAYMENTS[1]


def changed(**fields: Any) -> bytes:
    message = json.loads(encode("payment", PAYMENT))
    message["data"] |= fields
    return json.dumps(message).encode()


def test_payments_and_labels_become_facts() -> None:
    decoded = decode([encode("payment", row) for row in PAYMENTS] + [encode("label", row) for row in LABELS])
    assert decoded.dead.num_rows == 0
    facts = decoded.facts.to_pylist()
    assert len(facts) == len(PAYMENTS) + len(LABELS)
    assert facts[1] == {
        "id": PAYMENT["end_to_end_id"],
        "time": PAYMENT["event_time"],
        "fact": "payment",
        **{name: PAYMENT[name] for name in ("amount_centavos", "payer_id", "payee_id", "device_id")},
    }
    known = facts[-1]
    assert (known["fact"], known["time"], known["device_id"]) == ("fraud", LABELS[-1]["known_at"], None)
    assert known["id"].startswith(LABELS[-1]["end_to_end_id"] + "|")


def test_an_honest_label_is_another_fact() -> None:
    (fact,) = decode([encode("label", {**LABELS[0], "is_fraud": False})]).facts.to_pylist()
    assert fact["fact"] == "honest"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "not a message"),
        (b"\xff\xfe", "not a message"),
        (b"[1]", "not a message"),
        (b"{}", "unknown schema version"),
        (b'{"schema":2,"kind":"payment","data":{}}', "unknown schema version"),
        (b'{"schema":1,"kind":"refund","data":{}}', "unknown kind"),
        (b'{"schema":1,"kind":"payment"}', "missing:end_to_end_id"),
        (changed(amount_centavos=0), "not_positive:amount_centavos"),
        (changed(amount_centavos="1.5"), "not a message"),
        (changed(payer_id="12345678901"), "untokenised:payer_id"),
        (changed(is_fraud=True), "is_fraud: a payment has no such field"),
        (changed(cpf="12345678901"), "not a message"),
        (changed(end_to_end_id="X" + "a" * 31, event_time="2090-01-01T00:00:00Z"), "a time in the future"),
        (encode("payment", PAYMENT) + b"\n{}", "not a message"),
        (encode("label", {**LABELS[0], "known_at": datetime(2020, 1, 1, tzinfo=UTC)}), "known_before_payment:known_at"),
    ],
)
def test_a_broken_message_is_a_dead_letter_and_costs_only_itself(message: bytes, reason: str) -> None:
    decoded = decode([encode("payment", PAYMENTS[0]), message, encode("payment", PAYMENTS[2])])
    assert decoded.facts["id"].to_pylist() == [PAYMENTS[0]["end_to_end_id"], PAYMENTS[2]["end_to_end_id"]]
    (dead,) = decoded.dead.to_pylist()
    assert dead["reason"].startswith(reason)
    assert dead["value"] == message.decode("utf-8", "replace")


broken: list[Callable[[bytes], bytes]] = [
    lambda m: m[:-1],
    lambda m: b"",
    lambda m: m.replace(b'"schema":1', b'"schema":9'),
]


@given(st.lists(st.tuples(st.integers(0, 79), st.sampled_from([None, 0, 1, 2])), max_size=40))
def test_facts_and_dead_letters_add_up(drawn: list[tuple[int, int | None]]) -> None:
    sent = [encode("payment", PAYMENTS[i]) for i, _ in drawn]
    values = [value if how is None else broken[how](value) for value, (_, how) in zip(sent, drawn, strict=True)]
    decoded = decode(values)
    assert decoded.facts.schema.equals(FACTS)
    right = [PAYMENTS[i]["end_to_end_id"] for i, how in drawn if how is None]
    assert sorted(decoded.facts["id"].to_pylist()) == sorted(right)
    assert decoded.dead.num_rows == len(drawn) - len(right)


def test_amounts_of_zero_are_taken_only_where_allowed() -> None:
    values = [
        encode("payment", {**PAYMENT, "amount_centavos": 0}),
        encode("label", {**LABELS[0], "amount_centavos": 0}),
    ]
    assert decode(values).dead["reason"].to_pylist() == ["not_positive:amount_centavos"] * 2
    assert decode(values, zero_amounts=True).facts.num_rows == 2


def test_a_clock_that_runs_a_little_ahead_is_no_reason() -> None:
    time = PAYMENT["event_time"]
    now_us = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert decode([encode("payment", PAYMENT)], now_us=now_us - MAX_AHEAD_US).facts.num_rows == 1
    assert decode([encode("payment", PAYMENT)], now_us=now_us - MAX_AHEAD_US - 1).facts.num_rows == 0


def test_a_sender_learns_of_a_field_that_is_none() -> None:
    with pytest.raises(MessageError, match="no field cpf"):
        encode("payment", {"cpf": "1"})


def test_every_field_of_the_contract_survives() -> None:
    message = json.loads(encode("payment", PAYMENT))
    assert set(message["data"]) == {field.name for field in PAYMENT_FIELDS if PAYMENT[field.name] is not None}
    assert pa.types.is_timestamp(FACTS.field("time").type)
