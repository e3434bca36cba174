from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from pixguard.model import FraudModel, ModelConfig
from pixguard.weights import WeightsError, export_onnx, load_model, save_atomically, save_model
from tests.learnable import learnable_rows

ROWS = learnable_rows(500, seed=1)


@pytest.fixture(scope="module")
def model() -> FraudModel:
    torch.manual_seed(0)
    fraud_model = FraudModel.for_rows(ROWS.x_rf, ROWS.y, ModelConfig(bins=5, embedding=4, width=16))
    fraud_model.log_odds_shift.fill_(-3)
    return fraud_model.eval()


def test_a_saved_model_scores_as_before(model: FraudModel, tmp_path: Path) -> None:
    save_model(model, tmp_path / "model.pt")
    assert (load_model(tmp_path / "model.pt").score(ROWS.x_rf) == model.score(ROWS.x_rf)).all()
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]


def test_onnx_gives_the_same_scores_for_any_number_of_rows(model: FraudModel, tmp_path: Path) -> None:
    export_onnx(model, tmp_path / "model.onnx")
    session = ort.InferenceSession(str(tmp_path / "model.onnx"))
    (name,), (output,) = session.get_inputs(), session.get_outputs()
    assert (name.name, output.name) == ("features", "score")
    for rows in (1, 2, 500):
        (score,) = session.run(None, {"features": ROWS.x_rf[:rows]})
        np.testing.assert_allclose(score, model.score(ROWS.x_rf[:rows]), rtol=1e-4, atol=1e-7)
    assert np.isnan(ROWS.x_rf[:1]).sum() + np.isnan(ROWS.x_rf).sum() > 0  # nulls were among them


def test_a_killed_write_leaves_the_old_file(model: FraudModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.pt"
    save_model(model, path)
    before = path.read_bytes()

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_atomically({"other": 1}, path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["model.pt"]


@pytest.mark.parametrize("broken", [b"", b"no weights", b"PK\x03\x04half"])
def test_a_broken_file_is_refused_by_name(broken: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(broken)
    with pytest.raises(WeightsError, match=r"model\.pt"):
        load_model(path)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"config": Path("/")}, tmp_path / "model.pt")
    with pytest.raises(WeightsError):
        load_model(tmp_path / "model.pt")


def test_weights_of_other_sizes_are_refused(model: FraudModel, tmp_path: Path) -> None:
    content = {"features": 4, "edges": 9, "config": {}, "weights": model.state_dict()}
    save_atomically(content, tmp_path / "model.pt")
    with pytest.raises(WeightsError, match="train again"):
        load_model(tmp_path / "model.pt")
