"""Keep and register a model that passed the gate: `python -m pixguard.jobs.register_model --help`.

Writes the kept version folder, logs it to MLflow with lineage, registers it and sets the alias challenger, and champion
where asked. Doing it again for the same model changes nothing.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pixguard.errors import PixguardError
from pixguard.provenance import KeptVersion, TrainingFacts, VersionParts, collect, keep_version
from pixguard.provenance.files import file_sha256, json_text, read_json, replace_file
from pixguard.registry import CHALLENGER, CHAMPION, DatasetSnapshot, LoggedModel, RegisteredVersion, Registry, Run

log = logging.getLogger(__name__)
Promote = Literal["never", "first", "always"]


class NotReleasableError(PixguardError):
    """A model without a passing verdict of its own."""


@dataclass(frozen=True)
class Registered:
    """What was registered, for the steps that follow."""

    version: str
    folder: str
    number: int
    champion: bool


def run(
    *,
    model: Path,
    verdict: Path,
    input_example: Path,
    versions: Path,
    signing_key: Path,
    tracking_uri: str,
    registered_model: str = "pix-fraud",
    experiment: str = "pixguard",
    promote: Promote = "first",
    lock: Path | None = None,
    kept_by: str | None = None,
    pipeline_run_id: str | None = None,
    out: Path | None = None,
) -> Registered:
    """Keep, log and register the model in `model` if `verdict` (the folder of judge_model) lets it pass.

    `input_example`: .npz with a few rows by ONNX input name. `promote`: whether the version becomes champion: never,
    first (when there is none), always. `out`: file for the result as JSON. NotReleasableError without a passed verdict
    on these very weights; RegistryUnreachableError before anything is written.
    """
    facts, judged = TrainingFacts.load(model), _passed(verdict / "verdict.json", model)
    example = _example(input_example)
    registry = Registry(tracking_uri, experiment)
    champion = registry.champion(registered_model)

    record = partial(
        collect,
        data_snapshot_sha256=facts.data_snapshot_sha256,
        seed=facts.seed,
        lock=lock,
        kept_by=kept_by,
        pipeline_run_id=pipeline_run_id,
        mlflow_run_id=facts.mlflow_run_id,
        champion_version=None if champion is None else champion.kept,
    )
    kept = keep_version(VersionParts(model, judged, facts), versions, signing_key, lambda name: record(version=name))
    version = _registered(registry, registered_model, kept, facts, example, verdict)
    result = Registered(kept.name, str(kept.folder), version.number, _point(registry, version, champion, promote))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        replace_file(out, json_text(asdict(result)).encode())
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job from the command line; returns the exit status, 1 with one line on what was wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(description="Keep and register a model that passed the gate.")
    parser.add_argument("--model", type=Path, required=True, help="folder that train_model wrote")
    parser.add_argument("--verdict", type=Path, required=True, help="folder that judge_model wrote")
    parser.add_argument("--input-example", type=Path, required=True, help=".npz: a few rows by ONNX input name")
    parser.add_argument("--versions", type=Path, required=True, help="folder of kept versions")
    parser.add_argument("--signing-key", type=Path, required=True, help="private key; made where absent")
    parser.add_argument("--tracking-uri", required=True, help="http(s)://host:port or sqlite:////path/mlflow.db")
    parser.add_argument("--registered-model", default="pix-fraud")
    parser.add_argument("--experiment", default="pixguard")
    parser.add_argument("--promote", choices=("never", "first", "always"), default="first")
    parser.add_argument("--lock", type=Path, help="requirements.lock that was installed")
    parser.add_argument("--kept-by", help="who keeps it; default: the user of this process")
    parser.add_argument("--pipeline-run-id")
    parser.add_argument("--out", type=Path, help="file for the result as JSON")
    try:
        result = run(**vars(parser.parse_args(argv)))
    except PixguardError as error:
        log.error("%s", error)
        return 1
    log.info("kept %s at %s, registered as version %d", result.version, result.folder, result.number)
    return 0


def _passed(path: Path, model: Path) -> dict[str, Any]:
    verdict = read_json(path)
    if verdict.get("passed") is not True:
        failing = [each["name"] for each in verdict.get("checks", []) if not each["passed"]]
        raise NotReleasableError(f"{path}: verdict {verdict.get('outcome')!r}, not passed: {failing}; see verdict.md")
    found = file_sha256(model / "model.onnx")
    if verdict.get("model_sha256") != found:
        raise NotReleasableError(f"{path} judged other weights than {model / 'model.onnx'}; run judge_model on it")
    return verdict


def _example(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, TypeError) as error:  # TypeError: an .npy holds one array without a name
        raise NotReleasableError(f"{path}: {error}; wanted .npz with one array by ONNX input name") from error


def _registered(  # noqa: PLR0917
    registry: Registry, name: str, kept: KeptVersion, facts: TrainingFacts, example: Mapping[str, Any], verdict: Path
) -> RegisteredVersion:
    """Return the version's entry, made from its training run, or from a run of its own where training had none."""
    found = [each for each in registry.versions(name) if each.kept == kept.name]
    if found:
        return found[0]
    own: AbstractContextManager[Run]
    if facts.mlflow_run_id is None:
        own = registry.run(f"keep {kept.name}", params=facts.parameters)
    else:
        own = registry.resume(facts.mlflow_run_id)
    with own as mlflow_run:
        logged = _log(mlflow_run, kept, facts, example, verdict)
        return registry.register(
            name,
            logged,
            kept=kept.name,
            folder=str(kept.folder.absolute()),
            run_id=mlflow_run.run_id,
            tags={"outcome": "passed", "data_snapshot": facts.data_snapshot_sha256},
        )


def _point(
    registry: Registry, version: RegisteredVersion, champion: RegisteredVersion | None, promote: Promote
) -> bool:
    """Set the aliases and return whether the version is the champion now."""
    registry.alias(version.model, CHALLENGER, version.number)
    if promote == "always" or (promote == "first" and champion is None):
        registry.alias(version.model, CHAMPION, version.number)
        return True
    return champion is not None and champion.number == version.number


def _log(run: Run, kept: KeptVersion, facts: TrainingFacts, example: Mapping[str, Any], verdict: Path) -> LoggedModel:
    logged = run.onnx_model(kept.onnx, example, name=kept.name)
    metrics = kept.metrics["metrics"]["challenger"]
    run.metrics({f"gate_{name}": interval["estimate"] for name, interval in metrics.items()}, logged)
    run.dataset(DatasetSnapshot("training", facts.data, facts.data_snapshot_sha256), "training", logged)
    run.file(kept.folder, "kept")
    run.file(kept.folder / "model_card.md")
    if (verdict / "plots").is_dir():
        run.file(verdict / "plots", "plots")
    return logged


if __name__ == "__main__":
    sys.exit(main())
