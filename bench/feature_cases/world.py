"""A lake for the bench: accounts that pay about every second day, mostly to the payees they know, for 60 days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pixguard.payment import ACCEPTED_LABEL_SCHEMA, PAYMENT_SCHEMA

DAYS = 60
DAY_US = 86_400_000_000
START_US = 1_735_689_600_000_000  # 2025-01-01 00:00 UTC
PAYMENTS_PER_ACCOUNT = 40
USUAL_PAYEES, USUAL_SHARE = 8, 0.7
HOT_SHARE = 0.2
DEVICE_SHARE = 0.95
LABEL_SHARE, FRAUD_SHARE = 0.01, 0.8

Generator = np.random.Generator


def write_lake(lake: Path, payments: int, *, hot: bool, seed: int = 7) -> None:
    """Write `payments/` and `labels/` of a lake; with `hot`, one payee is paid by a fifth of all payments."""
    random = np.random.default_rng(seed)
    accounts = max(payments // PAYMENTS_PER_ACCOUNT, 10)
    time_us = START_US + np.sort(random.integers(0, DAYS * DAY_US, payments))
    payer, payee = _sides(random, accounts, payments, hot=hot)
    account = tokens(random, accounts)
    table = pa.table(
        {
            "end_to_end_id": _end_to_end_ids(time_us),
            "event_time": _times(time_us),
            "amount_centavos": np.exp(random.normal(8.5, 1.5, payments)).astype(np.int64) + 1,
            "payer_id": account.take(pa.array(payer)),
            "payee_id": account.take(pa.array(payee)),
            "device_id": _devices(random, payer, accounts),
        }
    )
    _write_days(_conform(table, PAYMENT_SCHEMA), lake / "payments", "event_date", time_us)
    labels, known_us = _labels(random, table, time_us)
    _write_days(_conform(labels, ACCEPTED_LABEL_SCHEMA), lake / "labels", "known_date", known_us)


def tokens(random: Generator, count: int) -> pa.Array:
    """Return random tokens of key version 1, string [count]."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)[random.integers(0, 16, (count, 32))]
    return pa.array("k1." + np.ascontiguousarray(digits).view("S32").ravel().astype("U32").astype(object))


def _sides(random: Generator, accounts: int, payments: int, *, hot: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """Draw payer and payee of each payment: busy and quiet accounts, each with payees it returns to."""
    activity = random.gamma(2.0, size=accounts).cumsum()
    payer = np.searchsorted(activity, random.random(payments) * activity[-1])
    usual = random.integers(0, accounts, (accounts, USUAL_PAYEES))
    known = usual[payer, random.integers(0, USUAL_PAYEES, payments)]
    payee = np.where(random.random(payments) < USUAL_SHARE, known, random.integers(0, accounts, payments))
    if hot:
        payee[random.random(payments) < HOT_SHARE] = accounts // 2
    return payer, payee


def _devices(random: Generator, payer: NDArray[Any], accounts: int) -> pa.Array:
    """Most payments name the payer's own device, some a second one, some none."""
    second = random.random(len(payer)) < 0.1
    names = tokens(random, 2 * accounts)
    return names.take(pa.array(payer * 2 + second, mask=random.random(len(payer)) > DEVICE_SHARE))


def _end_to_end_ids(time_us: NDArray[Any]) -> pa.Array:
    minute = pc.strftime(_times(time_us), format="%Y%m%d%H%M")
    serial = pc.utf8_lpad(pc.cast(pa.array(np.arange(len(time_us))), pa.string()), width=11, padding="0")
    return pc.binary_join_element_wise("E12345678", minute, serial, "")


def _labels(random: Generator, table: pa.Table, time_us: NDArray[Any]) -> tuple[pa.Table, NDArray[Any]]:
    chosen = np.flatnonzero(random.random(len(time_us)) < LABEL_SHARE)
    known_us = time_us[chosen] + random.integers(0, 30 * DAY_US, len(chosen))
    chosen, known_us = chosen[np.argsort(known_us)], np.sort(known_us)
    labels = table.take(pa.array(chosen)).append_column("known_at", _times(known_us))
    return labels.append_column("is_fraud", pa.array(random.random(len(chosen)) < FRAUD_SHARE)), known_us


def _times(time_us: NDArray[Any]) -> pa.Array:
    return pa.array(time_us, pa.int64()).cast(pa.timestamp("us", "UTC"))


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Bring a table into a contract's schema; what it lacks is null."""
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _write_days(table: pa.Table, folder: Path, partition: str, time_us: NDArray[Any]) -> None:
    """Write one file for each day of a table that is sorted by `time_us`."""
    days = time_us // DAY_US
    for day in np.unique(days):
        first, end = np.searchsorted(days, [day, day + 1])
        path = folder / f"{partition}={np.datetime64(int(day), 'D')}" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(table.slice(first, end - first), path)
