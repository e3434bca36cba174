import json
from pathlib import Path

import mlflow
import numpy as np
import onnx
import pytest
import torch

from pixguard.registry import DatasetSnapshot, Registry, RegistryError

from .weights import EXAMPLE, write_onnx

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # MLflow's own


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db", "pix")


def test_parameters_epochs_plots_lineage_and_files_come_back(registry: Registry, tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    (tmp_path / "model_card.md").write_text("# card")
    snapshot = DatasetSnapshot("training", str(tmp_path), "ab" * 32)
    with registry.run("train", params={"lr": 0.1}, tags={"pixguard.kind": "test"}) as run:
        for number in range(3):
            run.epoch(number, {"loss": 1 / (number + 1)})
        run.metrics({"average_precision": 0.6})
        run.figure(Figure(), "pr_curve.png")
        run.file(tmp_path / "model_card.md")
        run.file(tmp_path, "kept")
        run.dataset(snapshot, "training")
    client = mlflow.MlflowClient(registry.uri)
    kept = client.get_run(run.run_id)
    assert kept.info.status == "FINISHED"
    assert kept.data.params == {"lr": "0.1"}
    assert kept.data.metrics["average_precision"] == 0.6
    assert [each.value for each in client.get_metric_history(run.run_id, "loss")] == [1, 1 / 2, 1 / 3]
    assert {each.path for each in client.list_artifacts(run.run_id)} == {"plots", "model_card.md", "kept"}
    (data,) = kept.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("training", ("ab" * 32)[:36])
    assert {tag.key: tag.value for tag in data.tags} == {"mlflow.data.context": "training", "sha256": "ab" * 32}


def test_a_run_that_raises_is_failed_and_a_run_can_be_resumed(registry: Registry) -> None:
    with pytest.raises(KeyError), registry.run("train") as run:
        raise KeyError("stopped")
    client = mlflow.MlflowClient(registry.uri)
    assert client.get_run(run.run_id).info.status == "FAILED"
    with registry.resume(run.run_id) as again:
        again.metrics({"late": 1.0})
    assert client.get_run(run.run_id).data.metrics == {"late": 1.0}


def test_a_changed_parameter_is_our_error(registry: Registry) -> None:
    with registry.run("train", params={"lr": 1}) as run, pytest.raises(RegistryError, match=r"mlflow\.db.*lr"):
        run.params({"lr": 2})


def test_an_onnx_model_has_a_signature_an_example_and_scores_the_same(registry: Registry, tmp_path: Path) -> None:
    path = write_onnx(tmp_path / "model.onnx")
    with registry.run("train") as run:
        logged = run.onnx_model(path, {"features": EXAMPLE})
        run.metrics({"average_precision": 0.5}, logged)
        run.dataset(DatasetSnapshot("judged", str(tmp_path), "cd" * 32), "judging", logged)
    assert logged.uri == f"models:/{logged.model_id}"
    model = mlflow.pyfunc.load_model(logged.uri)
    wanted = 1 / (1 + np.exp(-(EXAMPLE @ np.array([[0.5], [-1.0], [0.25]]))))
    np.testing.assert_allclose(model.predict({"features": EXAMPLE})["score"], wanted, rtol=1e-6)
    inputs = json.loads(model.metadata.signature.to_dict()["inputs"])
    assert [(each["name"], each["tensor-spec"]["shape"]) for each in inputs] == [("features", [-1, 3])]
    assert model.metadata.saved_input_example_info is not None
    kept = mlflow.MlflowClient(registry.uri).get_logged_model(logged.model_id)
    (metric,) = kept.metrics
    assert (metric.key, metric.value) == ("average_precision", 0.5)
    with pytest.raises(mlflow.exceptions.MlflowException, match="features"):
        model.predict({"other": EXAMPLE})  # the signature is enforced


def test_a_torch_model_has_a_signature_and_an_example(registry: Registry) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Sigmoid()).eval()
    with registry.run("train") as run:
        logged = run.torch_model(module, EXAMPLE)
    info = mlflow.models.get_model_info(logged.uri)
    assert "Tensor('float32', (-1, 3))" in str(info.signature)
    assert info.saved_input_example_info is not None
    with torch.inference_mode():
        wanted = module(torch.from_numpy(EXAMPLE)).numpy()
    np.testing.assert_allclose(mlflow.pyfunc.load_model(logged.uri).predict(EXAMPLE), wanted, rtol=1e-6)


def test_weights_beside_the_onnx_file_are_refused(registry: Registry, tmp_path: Path) -> None:
    path = write_onnx(tmp_path / "model.onnx")
    onnx.save(onnx.load(str(path)), str(path), save_as_external_data=True, location="model.onnx.data", size_threshold=0)
    with registry.run("train") as run, pytest.raises(RegistryError, match="export it again, as one file"):
        run.onnx_model(path, {"features": EXAMPLE})


def test_an_example_of_another_width_is_refused(registry: Registry, tmp_path: Path) -> None:
    path = write_onnx(tmp_path / "model.onnx")
    with registry.run("train") as run, pytest.raises(RegistryError, match="fails on the input example"):
        run.onnx_model(path, {"features": EXAMPLE[:, :2]})
