"""Judge a challenger on scored later rows: `python -m pixguard.jobs.judge_model --help`.

Writes verdict.json, verdict.md and plots/*.png. A verdict of "failed" or "undecided" is a result, not an error.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pixguard.calibration import Calibration
from pixguard.errors import PixguardError
from pixguard.gate import Evidence, EvidenceError, GateRules, RulesError, Verdict, judge
from pixguard.gate.figures import figures
from pixguard.gate.scored import evidence_of
from pixguard.gate.summary import summary
from pixguard.provenance import TrainingFacts
from pixguard.provenance.files import file_sha256, json_text, replace_file

log = logging.getLogger(__name__)


def run(*, scored: Path, model: Path, training_rows: Path, out: Path, rules: Path | None = None) -> Verdict:
    """Judge the model in `model` on the rows in `scored` and write the verdict into `out`.

    `scored`: Parquet file or folder, columns of `gate.scored`. `model`: the folder of train_model, with model.onnx,
    calibration.json and training.json. `training_rows`: Parquet with the end_to_end_id of every training row.
    `rules`: JSON or YAML of bounds that differ from the defaults. A rerun replaces what it wrote.
    """
    table = _read(scored)
    bounds = GateRules() if rules is None else GateRules.from_json(_read_rules(rules))
    evidence = _evidence(table, model, training_rows)
    verdict = judge(evidence, bounds)
    data = verdict.to_json() | {"model_sha256": file_sha256(model / "model.onnx"), "rules": bounds.to_json()}
    (out / "plots").mkdir(parents=True, exist_ok=True)
    if verdict.metrics:
        for name, figure in figures(evidence, bounds).items():
            replace_file(out / "plots" / f"{name}.png", _png(figure))
    replace_file(out / "verdict.md", summary(data).encode())
    replace_file(out / "verdict.json", json_text(data).encode())
    return verdict


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns 0 on a verdict, 1 on an error, 2 when --strict and not passed."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(description="Judge a challenger on later payments.")
    parser.add_argument("--scored", type=Path, required=True, help="Parquet of later payments with labels and scores")
    parser.add_argument("--model", type=Path, required=True, help="folder that train_model wrote")
    parser.add_argument("--training-rows", type=Path, required=True, help="Parquet with end_to_end_id of training rows")
    parser.add_argument("--out", type=Path, required=True, help="folder for verdict.json, verdict.md and plots")
    parser.add_argument("--rules", type=Path, help="JSON or YAML: bounds that differ, each with value and reason")
    parser.add_argument("--strict", action="store_true", help="exit with 2 unless the verdict is passed")
    arguments = vars(parser.parse_args(argv))
    strict = arguments.pop("strict")
    try:
        verdict = run(**arguments)
    except PixguardError as error:
        log.error("%s", error)
        return 1
    for check in verdict.checks:
        if not check.passed:
            log.warning(
                "%s %s: value %s, bound %s: %s", check.name, check.outcome, check.value, check.bound, check.reason
            )
    log.info("verdict %s, written to %s", verdict.outcome, arguments["out"])
    return 2 if strict and not verdict.passed else 0


def _evidence(table: pa.Table, model: Path, training_rows: Path) -> Evidence:
    facts = TrainingFacts.load(model)
    trained = _read(training_rows, ["end_to_end_id"])["end_to_end_id"]
    if "end_to_end_id" not in table.column_names:
        raise EvidenceError(f"scored rows lack end_to_end_id; they hold {table.column_names}")
    overlap = pc.sum(pc.is_in(table["end_to_end_id"], value_set=trained.combine_chunks())).as_py()
    return evidence_of(
        table,
        Calibration.load(model / "calibration.json"),
        trained_until=np.datetime64(int(facts.trained_until.timestamp() * 1e6), "us"),
        train_overlap_rows=int(overlap or 0),
        latency_p99_ms=facts.latency_p99_ms,
        feature_auc=facts.feature_auc,
        feature_importance=facts.feature_importance,
    )


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    try:
        table = pq.read_table(path, columns=columns, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise EvidenceError(f"{path}: {error}; wanted Parquet, written whole") from error
    if table.num_rows == 0:
        raise EvidenceError(f"{path}: no rows; is the period empty?")
    return table


def _read_rules(path: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))  # JSON is YAML
    except (OSError, yaml.YAMLError) as error:
        raise RulesError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise RulesError(f"{path}: holds {json.dumps(data)[:40]}, wanted bounds by name")
    return data


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
