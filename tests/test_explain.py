import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from pixguard.attribution import export_attribution
from pixguard.explain import Explainer, ExplainError, check_same_score, medians
from pixguard.weights import export_onnx
from tests.test_attribution import MEDIANS, MODEL, ROWS, trained

NAMES = ("large", "noise", "sometimes_null")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("explain")
    export_attribution(MODEL, MEDIANS, where / "reasons.onnx")
    export_onnx(MODEL, where / "model.onnx")
    export_onnx(trained(seed=5), where / "other.onnx")
    return where


@pytest.fixture
def explainer(folder: Path) -> Explainer:
    return Explainer(folder / "reasons.onnx", NAMES)


def test_the_score_is_the_models_to_the_bit(explainer: Explainer) -> None:
    """What the gate judged is what is served: both graphs do the same sums in the same order."""
    for x_f in ROWS.x_rf[:20]:
        found = explainer.explain(x_f[None, :])
        assert found.score == pytest.approx(float(MODEL.score(x_f[None, :])[0]), abs=1e-6)
        assert found.base + found.contributions.sum() == pytest.approx(found.log_odds, abs=1e-4)


def test_reasons_are_the_largest_contributions_in_order(explainer: Explainer) -> None:
    x_f = np.array([9.0, 0.5, np.nan], dtype=np.float32)
    explained = explainer.explain(x_f[None, :])
    found = explainer.reasons(explained, x_f, 2)
    order = np.argsort(-np.abs(explained.contributions))[:2]
    assert [reason["feature"] for reason in found] == [NAMES[at] for at in order]
    assert [reason["contribution"] for reason in found] == [float(explained.contributions[at]) for at in order]
    assert len(explainer.reasons(explained, x_f, 99)) == 3
    null = next(reason for reason in explainer.reasons(explained, x_f, 3) if reason["feature"] == "sometimes_null")
    assert null["value"] is None


def test_contributions_agree_with_shap(explainer: Explainer) -> None:
    """Kernel SHAP plays the same game (feature known or at its median), averaged over orders and not along a line."""

    def log_odds(x_rf: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            found: np.ndarray = MODEL(torch.from_numpy(x_rf.astype(np.float32))).numpy()
        return found

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # of matplotlib, for what shap does to it
        import shap

    rows = ROWS.x_rf[~np.isnan(ROWS.x_rf).any(axis=1)][:60]
    expected = shap.KernelExplainer(log_odds, MEDIANS[None, :].astype(np.float64)).shap_values(
        rows.astype(np.float64), silent=True
    )
    found = np.stack([explainer.explain(row[None, :]).contributions for row in rows])
    correlation = np.corrcoef(found.ravel(), np.asarray(expected).ravel())[0, 1]
    assert correlation > 0.98
    assert (found.argmax(axis=1) == np.asarray(expected).argmax(axis=1)).mean() > 0.9


def test_both_graphs_must_be_of_one_model(folder: Path, explainer: Explainer) -> None:
    check_same_score(explainer, folder / "model.onnx", ROWS.x_rf[:3])
    with pytest.raises(ExplainError, match=r"other\.onnx: scores"):
        check_same_score(explainer, folder / "other.onnx", ROWS.x_rf[:3])


def test_a_graph_of_another_shape_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ExplainError, match=r"for 3 features, wanted .* for 2"):
        Explainer(folder / "reasons.onnx", NAMES[:2])
    with pytest.raises(ExplainError, match="gives \\('score',\\)"):
        Explainer(folder / "model.onnx", NAMES)
    (tmp_path / "reasons.onnx").write_bytes(b"no graph")
    with pytest.raises(ExplainError, match="no graph that can be run"):
        Explainer(tmp_path / "reasons.onnx", NAMES)


def test_medians_come_in_the_order_of_the_names() -> None:
    reference = {"features": {"a": {"median": 1.5}, "b": {"median": -2}}}
    assert medians(reference, ["b", "a"]).tolist() == [-2.0, 1.5]
    with pytest.raises(ExplainError, match="median of 'c'"):
        medians(reference, ["c"])
