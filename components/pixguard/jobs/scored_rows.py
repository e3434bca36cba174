"""What train_model leaves for the gate: later rows with every model's score, ids of the taught rows, an example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pixguard.candidate import onnx_scores
from pixguard.dataset import DatasetError, TrainingSet
from pixguard.gate.scored import COHORTS
from pixguard.provenance import KeptVersion, load_version
from pixguard.registry import Registry

EXAMPLE_ROWS = 5


def champion_of(registry: Registry, registered_model: str, public_key: Path | None) -> KeptVersion | None:
    """Return the registry's champion, verified; None where there is none.

    DatasetError where there is one and no key to verify it with: a challenger must not pass as the first of its kind.
    """
    champion = registry.champion(registered_model)
    if champion is None:
        return None
    if public_key is None:
        raise DatasetError(f"{registered_model} has the champion {champion.kept}; give the public key that verifies it")
    return load_version(Path(champion.folder), public_key)


def write_scored_rows(
    out: Path, table: pa.Table, labels: pa.Table, data: TrainingSet, scores: Mapping[str, NDArray[Any]]
) -> None:
    """Write scored.parquet with a column for each of `scores`, training_rows.parquet and example.npz into `out`."""
    judged = data.judged
    columns = {"end_to_end_id": judged.end_to_end_id, "is_fraud": judged.y, **scores}
    context = ["end_to_end_id", "event_time", "payer_id", "amount_centavos"]
    context += [name for name in COHORTS if name in table.column_names]
    known = (
        labels.group_by("end_to_end_id").aggregate([("known_at", "min")]).rename_columns({"known_at_min": "known_at"})
    )
    scored = pa.table(columns).join(table.select(context), "end_to_end_id").join(known, "end_to_end_id")
    _write(scored, out / "scored.parquet")
    _write(pa.table({"end_to_end_id": data.taught.end_to_end_id}), out / "training_rows.parquet")
    np.savez(out / "example.npz", features=judged.x_rf[:EXAMPLE_ROWS])


def champion_scores(champion: KeptVersion, data: TrainingSet) -> NDArray[np.float64]:
    """Return the champion's probabilities of the judged rows, from its own features in its own order."""
    columns = dict(zip(data.names, data.judged.x_rf.T, strict=True))
    inputs = champion.feature_service["inputs"]
    missing = [name for name in inputs if name not in columns]
    if missing:
        raise DatasetError(f"the champion {champion.name} reads {missing[:5]}, which this training set lacks")
    x_rf = np.stack([columns[name] for name in inputs], axis=1)
    return champion.calibration.apply(onnx_scores(champion.onnx, x_rf))


def _write(table: pa.Table, path: Path) -> None:
    beside = path.with_name(f".{path.name}")
    pq.write_table(table, beside)
    beside.replace(path)
