"""Simple features of the past for the tests of difficulty: windows of accounts, pairs and devices, in NumPy."""

from itertools import pairwise

import numpy as np
import pyarrow as pa

HOUR_US = 3_600_000_000
WINDOWS_US = {"1h": HOUR_US, "24h": 24 * HOUR_US, "7d": 168 * HOUR_US, "30d": 720 * HOUR_US}
_TIME_BITS = 42  # milliseconds since 1970 fit


class Events:
    """Events of keys in time: counts, sums and the last one in (t - window, t) for any key and time."""

    def __init__(self, key, time_us, value=None):
        packed = self.pack(key, time_us)
        order = np.argsort(packed, kind="stable")
        self.packed = packed[order]
        total = np.ones(len(key)) if value is None else np.asarray(value, dtype=float)
        self.total = np.concatenate([[0.0], np.cumsum(total[order])])

    @staticmethod
    def pack(key, time_us):
        return (np.asarray(key, dtype=np.int64) << _TIME_BITS) + np.asarray(time_us) // 1_000

    def within(self, key, time_us, window_us):
        return (
            self.total[self._before(self.pack(key, time_us))]
            - self.total[self._before(self.pack(key, np.asarray(time_us) - window_us))]
        )

    def since_last_s(self, key, time_us):
        before = self._before(self.pack(key, time_us)) - 1
        last = self.packed[np.maximum(before, 0)]
        same = (before >= 0) & (last >> _TIME_BITS == np.asarray(key))
        last_ms = last & ((1 << _TIME_BITS) - 1)
        return np.where(same, np.asarray(time_us) / 1e6 - last_ms / 1e3, 1e7)

    def _before(self, packed):
        order = np.argsort(packed)  # lookups in order stay in the cache
        found = np.empty(len(packed), dtype=np.int64)
        found[order] = np.searchsorted(self.packed, packed[order])
        return found


def codes(*columns: pa.ChunkedArray) -> list[np.ndarray]:
    """Number the distinct values of columns that share their values; null is -1."""
    lengths = np.cumsum([0, *(len(c) for c in columns)])
    both = pa.chunked_array([chunk for c in columns for chunk in c.chunks]).combine_chunks()
    indices = both.dictionary_encode().indices.fill_null(-1).to_numpy()
    return [indices[a:b].astype(np.int64) for a, b in pairwise(lengths)]


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column as float64 with NaN for null; text becomes codes in the order of first appearance."""
    if pa.types.is_string(column.type):
        code = codes(column)[0].astype(float)
        return np.where(code < 0, np.nan, code)
    whole = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    return whole.cast(pa.float64()).to_numpy(zero_copy_only=False)


IDENTIFIERS = ("end_to_end_id", "payer_id", "payee_id", "device_id", "payer_ispb", "payee_ispb")


def raw_features(payments: pa.Table) -> dict[str, np.ndarray]:
    """Return what a model sees without any history: the payment's own columns and its local hour."""
    time_us = payments["event_time"].cast(pa.int64()).to_numpy()
    names = [n for n in payments.column_names if n not in (*IDENTIFIERS, "event_time")]
    features = {name: numbers(payments[name]) for name in names}
    return features | {"hour": ((time_us // HOUR_US - 3) % 24).astype(float)}


def past_features(payments: pa.Table, labels: pa.Table) -> dict[str, np.ndarray]:
    """Return counts and sums over the past of payer, payee, pair and device, and frauds known by then."""
    time_us = payments["event_time"].cast(pa.int64()).to_numpy()
    amount = payments["amount_centavos"].to_numpy().astype(float)
    payer, payee = codes(payments["payer_id"], payments["payee_id"])
    pair, first = _pairs(payer, payee)
    features = {
        "pair_count_30d": Events(pair, time_us).within(pair, time_us, WINDOWS_US["30d"]),
        "pair_since_s": Events(pair, time_us).since_last_s(pair, time_us),
        **_of_devices(codes(payments["device_id"])[0], payer, time_us),
    }
    accounts = {"payer": payer, "payee": payee}
    for role, own in (("sent", payer), ("received", payee)):
        features |= _of_accounts(role, own, accounts, time_us, {"sum": amount, "new": first, "count": first * 0 + 1})
    frauds = _known_frauds(payments, labels, payee)
    features |= {f"{s}_frauds_30d": frauds.within(a, time_us, WINDOWS_US["30d"]) for s, a in accounts.items()}
    mean = features["payer_sent_sum_30d"] / (1 + features["payer_sent_count_30d"])
    return features | {
        "amount_to_payer_mean": amount / (1 + mean),
        "amount_to_received_1h": amount / (1 + features["payer_received_sum_1h"]),
        "amount_to_received_24h": amount / (1 + features["payer_received_sum_24h"]),
    }


def _pairs(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number the distinct pairs, and mark the first row of each."""
    _, first_row, pair = np.unique((a + 1) * (b.max() + 2) + b, return_index=True, return_inverse=True)
    first = np.zeros(len(pair))
    first[first_row] = 1
    return pair, first


def _of_accounts(role, own, accounts, time_us, values) -> dict[str, np.ndarray]:
    features = {}
    for operation, value in values.items():
        events = Events(own, time_us, value)
        for side, account in accounts.items():
            for window, us in WINDOWS_US.items():
                features[f"{side}_{role}_{operation}_{window}"] = events.within(account, time_us, us)
            if operation == "count":
                features[f"{side}_{role}_since_s"] = events.since_last_s(account, time_us)
    return features


def _of_devices(device, payer, time_us) -> dict[str, np.ndarray]:
    pair, first = _pairs(device, payer)
    month = WINDOWS_US["30d"]
    return {
        "device_count_7d": Events(device, time_us).within(device, time_us, WINDOWS_US["7d"]),
        "device_payer_count_30d": Events(pair, time_us).within(pair, time_us, month),
        "device_new_payers_30d": Events(device, time_us, first).within(device, time_us, month),
    }


def label_rows(payments: pa.Table, labels: pa.Table) -> np.ndarray:
    """Return the payment's row of each label."""
    payment, label = codes(payments["end_to_end_id"], labels["end_to_end_id"])
    row = np.empty(int(payment.max()) + 1, dtype=np.int64)
    row[payment] = np.arange(len(payment))
    return row[label]


def _known_frauds(payments: pa.Table, labels: pa.Table, payee: np.ndarray) -> Events:
    """Return the accepted reports about each payee, as events at the time at which they became known."""
    accepted = labels["is_fraud"].to_numpy()
    known_us = labels["known_at"].cast(pa.int64()).to_numpy()
    return Events(payee[label_rows(payments, labels)[accepted]], known_us[accepted])


def final_labels(payments: pa.Table, labels: pa.Table) -> np.ndarray:
    """Return whether each payment counts as fraud once everything is known (the latest report wins)."""
    fraud = np.zeros(payments.num_rows, dtype=bool)
    fraud[label_rows(payments, labels)] = labels["is_fraud"].to_numpy()  # labels are in order of known_at
    return fraud
