"""One MLflow run: parameters, metrics by epoch, figures, dataset lineage, models with signature and input example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import mlflow.onnx
import numpy as np
from mlflow.data.meta_dataset import MetaDataset
from mlflow.data.sources import LocalArtifactDatasetSource
from mlflow.entities import LoggedModelInput
from mlflow.models import infer_signature
from numpy.typing import NDArray

from pixguard.registry.connection import RegistryError, translated

Arrays = Mapping[str, NDArray[Any]]
DIGEST_LENGTH = 36  # longest that MLflow stores


@dataclass(frozen=True)
class DatasetSnapshot:
    """A data set as it was read: where it lies and the digest of its content."""

    name: str
    source: str
    sha256: str


@dataclass(frozen=True)
class LoggedModel:
    """A model that MLflow keeps: `uri` is models:/m-…"""

    model_id: str
    uri: str


@dataclass(frozen=True)
class Run:
    """A run that is under way; made by `Registry.run`."""

    uri: str
    run_id: str

    def params(self, values: Mapping[str, Any]) -> None:
        """Record parameters; a value that was recorded before may not change."""
        with translated(self.uri):
            mlflow.log_params(dict(values), run_id=self.run_id)

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """Record the metrics of one epoch."""
        with translated(self.uri):
            mlflow.log_metrics(dict(values), step=number, run_id=self.run_id)

    def metrics(self, values: Mapping[str, float], model: LoggedModel | None = None) -> None:
        """Record final metrics, of a logged model where one is given."""
        with translated(self.uri):
            model_id = None if model is None else model.model_id
            mlflow.log_metrics(dict(values), run_id=self.run_id, model_id=model_id)

    def tags(self, values: Mapping[str, str]) -> None:
        """Record tags."""
        with translated(self.uri):
            mlflow.set_tags(dict(values))

    def figure(self, figure: Any, name: str) -> None:
        """Keep a matplotlib figure as plots/<name>."""
        with translated(self.uri):
            mlflow.log_figure(figure, f"plots/{name}")

    def file(self, path: Path, folder: str | None = None) -> None:
        """Keep a file, or a folder with all below it, as an artifact."""
        with translated(self.uri):
            if path.is_dir():
                mlflow.log_artifacts(str(path), folder or path.name, run_id=self.run_id)
            else:
                mlflow.log_artifact(str(path), folder, run_id=self.run_id)

    def dataset(self, snapshot: DatasetSnapshot, context: str, model: LoggedModel | None = None) -> None:
        """Record that the run (and the model) read a snapshot; context is such as training or judging."""
        with translated(self.uri):
            source = LocalArtifactDatasetSource(snapshot.source)
            data = MetaDataset(source=source, name=snapshot.name, digest=snapshot.sha256[:DIGEST_LENGTH])
            linked = None if model is None else LoggedModelInput(model_id=model.model_id)
            mlflow.log_input(data, context=context, tags={"sha256": snapshot.sha256}, model=linked)

    def torch_model(self, module: Any, example: NDArray[np.float32], name: str = "torch") -> LoggedModel:
        """Log a torch module of one tensor, with its signature and `example` [rows, features] as input example."""
        import mlflow.pytorch  # noqa: PLC0415 - it imports torch, which few who keep a run need
        import torch  # noqa: PLC0415

        with torch.inference_mode():
            output = module(torch.from_numpy(example)).numpy()
        with translated(self.uri):
            info = mlflow.pytorch.log_model(
                module,
                name=name,
                signature=infer_signature(example, output),
                input_example=example,
                pip_requirements=_requirements("torch", "numpy"),
            )
        return LoggedModel(info.model_id, info.model_uri)

    def onnx_model(self, path: Path, example: Arrays, name: str = "onnx") -> LoggedModel:
        """Log an ONNX file as it is served, with the signature that ONNX Runtime shows on `example` (input → rows).

        RegistryError when the file does not run alone on the example.
        """
        import onnx  # noqa: PLC0415

        outputs = _run_onnx(path, example)
        with translated(self.uri):
            info = mlflow.onnx.log_model(
                onnx.load(str(path)),
                name=name,
                signature=infer_signature(dict(example), outputs),
                input_example=dict(example),
                onnx_execution_providers=["CPUExecutionProvider"],
                pip_requirements=_requirements("onnxruntime", "onnx", "numpy"),
            )
        return LoggedModel(info.model_id, info.model_uri)


def _run_onnx(path: Path, example: Arrays) -> dict[str, NDArray[Any]]:
    import onnxruntime  # noqa: PLC0415
    from onnxruntime.capi import onnxruntime_pybind11_state as native  # noqa: PLC0415

    wrong = (native.Fail, native.InvalidArgument, native.InvalidGraph, native.InvalidProtobuf, native.NotImplemented)
    try:
        # From memory: a file that leans on a second one with the weights fails here, as it would on the server.
        session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
        outputs = session.run(None, dict(example))
    except (OSError, RuntimeError, ValueError, *wrong) as error:
        raise RegistryError(f"{path} fails on the input example: {error}; export it again, as one file") from error
    return {each.name: value for each, value in zip(session.get_outputs(), outputs, strict=True)}


def _requirements(*packages: str) -> list[str]:
    """Pin what serving needs; MLflow would start processes for half a minute to find out."""
    return [f"{package}=={version(package).split('+')[0]}" for package in packages]
