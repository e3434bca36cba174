"""A table of scored later rows → evidence: checks columns, applies the calibration, derives cohorts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pixguard.calibration import Calibration
from pixguard.cohorts import amount_bands
from pixguard.gate.evidence import Evidence, EvidenceError

NEEDED = ("end_to_end_id", "payer_id", "event_time", "amount_centavos", "is_fraud", "challenger_score")
COHORTS = ("payer_ispb", "payee_ispb", "key_type", "initiation", "purpose", "payer_region")
LOCAL_ZONE = "America/Sao_Paulo"  # the limits of Pix speak of Brasília time
NIGHT_HOURS = (20, 6)  # Pix night limits: 20:00 to 06:00


def evidence_of(scored: pa.Table, calibration: Calibration, **facts: Any) -> Evidence:
    """Return the evidence in a table of later rows; `facts` are further fields of `Evidence`.

    Columns: those of `NEEDED`; champion_score, baseline_score and known_at where there are any; any of `COHORTS`.
    EvidenceError names absent columns, nulls and payments that occur twice.
    """
    _check(scored)
    columns = set(scored.column_names)
    labels_before_event = None
    if "known_at" in columns:
        early = pc.sum(pc.less(scored["known_at"], scored["event_time"])).as_py()
        labels_before_event = int(early or 0)
    return Evidence(
        y=_array(scored, "is_fraud").astype(np.bool_),
        probability=calibration.apply(_array(scored, "challenger_score").astype(np.float64)),
        amount_centavos=_array(scored, "amount_centavos"),
        payer=_codes(scored["payer_id"]),
        event_time=_times(scored),
        champion=_array(scored, "champion_score") if "champion_score" in columns else None,
        baseline=_array(scored, "baseline_score") if "baseline_score" in columns else None,
        cohorts=_cohorts(scored),
        labels_before_event=labels_before_event,
        **facts,
    )


def _check(scored: pa.Table) -> None:
    absent = [name for name in NEEDED if name not in scored.column_names]
    if absent:
        raise EvidenceError(f"scored rows lack the columns {absent}; they hold {scored.column_names}")
    for name in (*NEEDED, "champion_score", "baseline_score"):
        if name in scored.column_names and scored[name].null_count:
            raise EvidenceError(f"scored rows: {name} is null in {scored[name].null_count} of {scored.num_rows} rows")
    repeated = scored.num_rows - pc.count_distinct(scored["end_to_end_id"]).as_py()
    if repeated:
        raise EvidenceError(f"scored rows: {repeated} payments occur twice; join scores and labels one to one")


def _array(scored: pa.Table, name: str) -> NDArray[Any]:
    return np.asarray(scored[name].combine_chunks().to_numpy(zero_copy_only=False))


def _codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return the payers as numbers: grouping needs no token, and numbers sort a hundred times faster."""
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False)).astype(np.int64)


def _times(scored: pa.Table) -> NDArray[np.datetime64]:
    utc = scored["event_time"].cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    return np.asarray(utc.combine_chunks().to_numpy(zero_copy_only=False))


def _cohorts(scored: pa.Table) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for name in COHORTS:
        if name in scored.column_names and scored[name].null_count < scored.num_rows:
            values = pc.fill_null(scored[name].cast(pa.string()), "none")
            found[name] = np.asarray(values.combine_chunks().to_numpy(zero_copy_only=False)).astype(np.str_)
    found["amount_band"] = np.array(amount_bands(_array(scored, "amount_centavos")))
    local = pc.hour(scored["event_time"].cast(pa.timestamp("us", LOCAL_ZONE)))
    hour = np.asarray(local.combine_chunks().to_numpy(zero_copy_only=False))
    found["night"] = np.where((hour >= NIGHT_HOURS[0]) | (hour < NIGHT_HOURS[1]), "night", "day")
    return found
