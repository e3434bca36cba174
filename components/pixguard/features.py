"""THE declarations: which numbers about the past, and about the payment itself, each model sees."""

from __future__ import annotations

from functools import partial

import numpy as np

from pixguard.declaration import Aggregate, FeatureSet, Key, RequestFeature, aggregates
from pixguard.request_features import (
    Array,
    is_night,
    is_weekend,
    local_hour,
    mean,
    of_payment,
    one_hot,
    ratio,
    share,
    since,
)

# Limits for a device that is not registered with the payer's institution (BCB, in force since 2024-11): PIX.md.
UNREGISTERED_PAYMENT_CENTAVOS = 200_00
UNREGISTERED_DAY_CENTAVOS = 1_000_00
NIGHT_CENTAVOS = 1_000_00


def _account(key: Key) -> tuple[Aggregate, ...]:
    """What is known of an account, as payer and as payee alike: what it sent, received and was reported for."""
    return (
        *aggregates(key, "sent", "count", "1h", "24h", "7d", "30d"),
        *aggregates(key, "sent_centavos", "sum", "1h", "24h", "7d", "30d"),
        *aggregates(key, "sent_centavos", "max", "30d"),
        *aggregates(key, "sent_payees", "distinct", "24h", "7d"),
        *aggregates(key, "sent", "last", "30d"),
        *aggregates(key, "received", "count", "1h", "24h", "7d", "30d"),
        *aggregates(key, "received_centavos", "sum", "1h", "24h", "7d", "30d"),
        *aggregates(key, "received_payers", "distinct", "1h", "24h", "7d"),
        *aggregates(key, "received", "last", "30d"),
        *aggregates(key, "received_frauds", "count", "7d", "30d"),
        *aggregates(key, "sent_frauds", "count", "30d"),
    )


_DEVICE = (
    *aggregates("device", "payments", "count", "1h", "24h", "7d"),
    *aggregates("device", "centavos", "sum", "24h"),
    *aggregates("device", "payers", "distinct", "7d", "30d"),
    *aggregates("device", "payments", "last", "30d"),
)
_PAIR = (
    *aggregates("pair", "payments", "count", "24h", "30d"),
    *aggregates("pair", "centavos", "sum", "30d"),
    *aggregates("pair", "payments", "last", "30d"),
)


def _log_amount(amount_centavos: Array) -> Array:
    return np.log1p(amount_centavos / 100)


def _is_first(count: Array) -> Array:
    return (count == 0).astype(np.float32)


def _unregistered_headroom(amount: Array, sent_24h: Array, registered: Array) -> Array:
    """Reais left under the unregistered device's limits after this payment; the night limit where it is registered."""
    left = np.minimum(UNREGISTERED_PAYMENT_CENTAVOS - amount, UNREGISTERED_DAY_CENTAVOS - sent_24h - amount)
    return np.where(registered == 0, left, UNREGISTERED_DAY_CENTAVOS) / 100


def _night_headroom(amount: Array, sent_24h: Array, night: Array) -> Array:
    """Reais left under the night limit after this payment; the whole limit by day."""
    return np.where(night == 1, NIGHT_CENTAVOS - sent_24h - amount, NIGHT_CENTAVOS) / 100


def _side(key: str) -> tuple[RequestFeature, ...]:
    return (
        mean(key, "sent_centavos", "30d"),
        mean(key, "received_centavos", "30d"),
        share(f"{key}_pass_through_1h", f"{key}_sent_centavos_sum_1h", f"{key}_received_centavos_sum_1h"),
        share(f"{key}_pass_through_24h", f"{key}_sent_centavos_sum_24h", f"{key}_received_centavos_sum_24h"),
        share(f"{key}_received_fraud_share_30d", f"{key}_received_frauds_count_30d", f"{key}_received_count_30d"),
        since(key, "sent", "30d"),
        since(key, "received", "30d"),
    )


_DICT = tuple(
    of_payment(name, np.asarray, name)
    for side in ("payer", "payee")
    for name in (
        f"{side}_dict_settlements_d90",
        f"{side}_dict_fraud_markers_d90",
        f"{side}_dict_mule_markers_d90",
        f"{side}_dict_open_reports",
        f"{side}_dict_rejected_reports_d90",
        f"{side}_dict_distinct_reporters_d90",
        f"{side}_dict_registered_accounts",
        f"{side}_account_age_days",
    )
)

PIX = FeatureSet(
    "pix",
    (*_account("payer"), *_account("payee"), *_DEVICE, *_PAIR),
    (
        of_payment("log_amount", _log_amount, "amount_centavos"),
        of_payment("local_hour", local_hour, "event_time"),
        of_payment("is_weekend", is_weekend, "event_time"),
        of_payment("is_night", is_night, "event_time"),
        of_payment("is_registered_device", np.asarray, "device_registered"),
        *one_hot("key_type", "CPF", "CNPJ", "EMAIL", "PHONE", "EVP"),
        *one_hot("initiation", "MANUAL", "DICT", "STATIC_QRCODE", "DYNAMIC_QRCODE", "PAYMENT_INITIATOR"),
        *one_hot("purpose", "WITHDRAWAL", "CHANGE"),
        *_side("payer"),
        *_side("payee"),
        mean("pair", "centavos", "30d"),
        since("pair", "payments", "30d"),
        since("device", "payments", "30d"),
        of_payment("is_first_of_pair", _is_first, "pair_payments_count_30d"),
        of_payment("is_first_of_device", _is_first, "device_payments_count_7d"),
        of_payment("amount_to_payer_mean", ratio, "amount_centavos", "payer_sent_centavos_mean_30d"),
        of_payment("amount_to_payer_max", ratio, "amount_centavos", "payer_sent_centavos_max_30d"),
        of_payment("amount_to_payee_mean", ratio, "amount_centavos", "payee_received_centavos_mean_30d"),
        of_payment("amount_to_received_1h", ratio, "amount_centavos", "payer_received_centavos_sum_1h"),
        of_payment("amount_to_received_24h", ratio, "amount_centavos", "payer_received_centavos_sum_24h"),
        of_payment(
            "unregistered_headroom", _unregistered_headroom, "amount_centavos", "payer_sent_centavos_sum_24h",
            "is_registered_device",
        ),
        of_payment(
            "night_headroom", _night_headroom, "amount_centavos", "payer_sent_centavos_sum_24h", "is_night"
        ),
        *_DICT,
    ),
)  # fmt: skip


def _count_with_current(count: Array) -> Array:
    return count + 1


def _mean_with_current(sum_centavos: Array, count: Array, amount_centavos: Array) -> Array:
    """Mean in reais over the window and the payment itself."""
    return (sum_centavos + amount_centavos) / (count + 1) / 100


def _book_window(window: str) -> tuple[RequestFeature, ...]:
    payer, payee = f"payer_sent_count_{window}", f"payee_received_labels_count_{window}"
    return (
        of_payment(f"customer_count_{window}", _count_with_current, payer),
        of_payment(
            f"customer_mean_{window}", _mean_with_current, f"payer_sent_centavos_sum_{window}", payer, "amount_centavos"
        ),
        of_payment(f"terminal_count_{window}", np.asarray, payee),
        share(f"terminal_risk_{window}", f"payee_received_frauds_count_{window}", payee),
    )


# The features of the Fraud Detection Handbook, chapter 3: windows that slide by the second, the current payment counted
# with the customer's, terminal windows over labels, which become known 7 days after their payment.
_BOOK_WINDOWS = ("1d", "7d", "30d")
BOOK = FeatureSet(
    "book",
    (
        *aggregates("payer", "sent", "count", *_BOOK_WINDOWS, hop="1s"),
        *aggregates("payer", "sent_centavos", "sum", *_BOOK_WINDOWS, hop="1s"),
        *aggregates("payee", "received_labels", "count", *_BOOK_WINDOWS, hop="1s"),
        *aggregates("payee", "received_frauds", "count", *_BOOK_WINDOWS, hop="1s"),
    ),
    (
        of_payment("during_weekend", partial(is_weekend, offset_us=0), "event_time"),
        of_payment("during_night", partial(is_night, first_hour=0, end_hour=7, offset_us=0), "event_time"),
        *(feature for window in _BOOK_WINDOWS for feature in _book_window(window)),
    ),
)


def _reais(amount_centavos: Array) -> Array:
    return amount_centavos / 100


_PAYEE_RISK_WINDOWS = ("3d", "7d", "14d", "28d")
_PAYER_MAX_WINDOWS = ("3d", "7d", "14d")
HANDBOOK = FeatureSet(
    "handbook",
    (
        *aggregates("payer", "sent", "count", "7d", "90d"),
        *aggregates("payer", "sent_centavos", "sum", "7d", "90d"),
        *aggregates("payer", "sent_centavos", "max", *_PAYER_MAX_WINDOWS, "90d"),
        *aggregates("payee", "received_labels", "count", *_PAYEE_RISK_WINDOWS),
        *aggregates("payee", "received_frauds", "count", *_PAYEE_RISK_WINDOWS),
        *aggregates("payee", "received_fraud_centavos", "sum", "28d"),
        *aggregates("payee", "received_frauds", "last", "60d"),
        *aggregates("payee", "received_frauds", "first", "28d"),
        *aggregates("payee", "received_honest", "last", "60d"),
    ),
    (
        of_payment("amount", _reais, "amount_centavos"),
        mean("payer", "sent_centavos", "7d"),
        mean("payer", "sent_centavos", "90d"),
        of_payment("amount_to_payer_mean", ratio, "amount_centavos", "payer_sent_centavos_mean_90d"),
        of_payment("amount_to_payer_max", ratio, "amount_centavos", "payer_sent_centavos_max_90d"),
        share("payer_mean_7d_to_mean_90d", "payer_sent_centavos_mean_7d", "payer_sent_centavos_mean_90d"),
        *(
            share(f"payer_max_{w}_to_mean_90d", f"payer_sent_centavos_max_{w}", "payer_sent_centavos_mean_90d")
            for w in _PAYER_MAX_WINDOWS
        ),
        *(
            share(f"payee_fraud_share_{w}", f"payee_received_frauds_count_{w}", f"payee_received_labels_count_{w}")
            for w in _PAYEE_RISK_WINDOWS
        ),
        share("payee_mean_fraud_28d", "payee_received_fraud_centavos_sum_28d", "payee_received_frauds_count_28d"),
        since("payee", "received_frauds", "60d"),
        since("payee", "received_frauds", "28d", "first"),
        since("payee", "received_honest", "60d"),
    ),
    # Read only as ratios: as inputs of their own they cost .010 AUC and gain no average precision (bench/quality.py).
    helpers=(
        *(f"payer_sent_centavos_sum_{w}" for w in ("7d", "90d")),
        *(f"payer_sent_centavos_max_{w}" for w in (*_PAYER_MAX_WINDOWS, "90d")),
        *(f"payee_received_labels_count_{w}" for w in _PAYEE_RISK_WINDOWS),
        "payee_received_fraud_centavos_sum_28d",
        "payer_sent_centavos_mean_7d",
    ),
)
FEATURE_SETS = {feature_set.name: feature_set for feature_set in (PIX, HANDBOOK, BOOK)}
