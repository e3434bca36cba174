"""Declarations: derived names, windows that make sense, sets without what a data set lacks."""

import numpy as np
import pytest

from pixguard.declaration import Aggregate, DeclarationError, FeatureSet, RequestFeature, duration_us
from pixguard.features import BOOK, FEATURE_SETS, HANDBOOK, PIX
from pixguard.payment import PAYMENT_SCHEMA


def test_names_are_derived() -> None:
    assert Aggregate("payer", "sent_centavos", "sum", "24h").name == "payer_sent_centavos_sum_24h"
    assert Aggregate("payee", "received", "count", "7d", delay="7d").name == "payee_received_count_7d_delayed_7d"


@pytest.mark.parametrize(("window", "hop_s"), [("1h", 300), ("24h", 7200), ("30d", 216_000)])
def test_a_hop_is_a_twelfth_of_the_window(window: str, hop_s: int) -> None:
    assert Aggregate("payer", "sent", "count", window).hop_us == hop_s * 1_000_000


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (("payer", "sent_euros", "sum", "24h"), "payer has no column 'sent_euros'"),
        (("payer", "sent", "sum", "24h"), "sum of one has no meaning"),
        (("payer", "sent", "count", "24 hours"), "write a whole number and s, m, h or d"),
        (("payer", "sent", "count", "24h", "5h"), "hop 5h does not divide the window 24h"),
        (("payee", "received_frauds", "count", "7d", "1d", "7d"), "drop the delay"),
    ],
)
def test_a_declaration_without_meaning_says_why(declared: tuple[str, ...], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        Aggregate(*declared)  # type: ignore[arg-type]


def test_the_same_feature_twice_is_refused() -> None:
    one = Aggregate("payer", "sent", "count", "24h")
    with pytest.raises(DeclarationError, match="declared twice: payer_sent_count_24h"):
        FeatureSet("twice", (one, one))


def test_durations() -> None:
    assert duration_us("90d") == 90 * 86_400 * 1_000_000


@pytest.mark.parametrize("declared", [PIX, HANDBOOK, BOOK])
def test_every_payment_column_is_in_the_contract(declared: FeatureSet) -> None:
    assert set(declared.payment_columns) <= set(PAYMENT_SCHEMA.names)


def test_features_that_a_data_set_cannot_give_are_left_out_by_name() -> None:
    cards = ("event_time", "amount_centavos")
    assert "device_payers_distinct_7d" in PIX.left_out(cards)
    assert "payee_dict_mule_markers_d90" in PIX.left_out(cards)
    kept = PIX.available(cards)
    assert set(kept.names) | set(PIX.left_out(cards)) == set(PIX.names)
    assert set(kept.payment_columns) <= set(cards)
    assert "device" not in kept.by_view()


@pytest.mark.parametrize("name", sorted(FEATURE_SETS))
def test_no_feature_needs_one_that_comes_later(name: str) -> None:
    declared = FEATURE_SETS[name]
    assert declared.available(PAYMENT_SCHEMA.names) == declared


def test_the_vector_has_the_names_order() -> None:
    declared = FeatureSet(
        "small",
        (Aggregate("payer", "sent", "count", "24h"), Aggregate("payer", "sent", "last", "24h")),
        (RequestFeature("twice", ("payer_sent_count_24h",), lambda count: count * 2),),
    )
    columns = {"payer_sent_count_24h": np.array([1, 2]), "payer_sent_last_24h": np.array([0, 7])}
    assert declared.names == ("payer_sent_count_24h", "twice")
    np.testing.assert_array_equal(declared.vector(columns), np.array([[1, 2], [2, 4]], dtype=np.float32))


def test_helpers_feed_others_and_are_no_inputs() -> None:
    declared = FeatureSet(
        "small",
        (Aggregate("payer", "sent", "count", "24h"), Aggregate("device", "payments", "count", "24h")),
        (RequestFeature("twice", ("payer_sent_count_24h",), lambda count: count * 2),),
        helpers=("payer_sent_count_24h", "device_payments_count_24h"),
    )
    assert declared.names == ("twice",)
    np.testing.assert_array_equal(declared.vector({"payer_sent_count_24h": np.array([1, 2])}), [[2], [4]])
    kept = declared.available(("event_time",))
    assert (kept.names, kept.helpers) == (("twice",), ("payer_sent_count_24h",))
    with pytest.raises(DeclarationError, match="not declared: nothing"):
        FeatureSet("small", (), helpers=("nothing",))


def test_a_missing_input_is_named() -> None:
    with pytest.raises(DeclarationError, match="log_amount needs amount_centavos"):
        PIX.request[0].compute({})
