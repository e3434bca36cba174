from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pixguard.attribution import Attribution, export_attribution
from pixguard.explain import OUTPUTS, session
from pixguard.model import FraudModel, ModelConfig, ModelError
from tests.learnable import learnable_rows

FEATURES = 3
ROWS = learnable_rows(400, seed=3)
MEDIANS = np.nanmedian(ROWS.x_rf, axis=0).astype(np.float32)


def trained(blocks: int = 1, seed: int = 0) -> FraudModel:
    """Return a model whose weights are far from zero."""
    torch.manual_seed(seed)
    model = FraudModel.for_rows(ROWS.x_rf, ROWS.y, ModelConfig(4, 4, 16, blocks, dropout=0.35))
    optimizer = torch.optim.AdamW(model.parameters(), 5e-3)
    y = torch.from_numpy(ROWS.y.astype(np.float32))
    for _ in range(40):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(torch.from_numpy(ROWS.x_rf)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.log_odds_shift.fill_(-0.7)
    return model.eval()


MODEL = trained()
GRAPH = Attribution(MODEL, MEDIANS).eval()


def explained(graph: Attribution, x_rf: np.ndarray) -> list[torch.Tensor]:
    """Return each output for all rows, of a graph that takes one at a time."""
    with torch.no_grad():
        found = [graph(torch.from_numpy(x_rf[row : row + 1])) for row in range(len(x_rf))]
    return [torch.cat(each) for each in zip(*found, strict=True)]


values = st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6, width=32))
some_rows = hnp.arrays(np.float32, st.tuples(st.integers(1, 5), st.just(FEATURES)), elements=values)


@given(some_rows)
def test_contributions_add_up_to_the_log_odds(x_rf: np.ndarray) -> None:
    score, log_odds, base, contributions, _ = explained(GRAPH, x_rf)
    with torch.no_grad():
        expected = MODEL(torch.from_numpy(x_rf))
    torch.testing.assert_close(log_odds, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(base + contributions.sum(dim=1), log_odds, atol=2e-4, rtol=1e-4)
    torch.testing.assert_close(score, torch.sigmoid(expected))


@given(some_rows, st.integers(0, FEATURES - 1))
def test_a_feature_at_its_median_contributes_nothing(x_rf: np.ndarray, feature: int) -> None:
    x_rf[:, feature] = MEDIANS[feature]
    assert (explained(GRAPH, x_rf)[3][:, feature] == 0).all()


def test_the_slopes_by_hand_are_those_of_autograd() -> None:
    for blocks in (0, 1, 3):
        model = trained(blocks)
        graph = Attribution(model, MEDIANS)
        hidden = graph._first(model.embed(torch.from_numpy(ROWS.x_rf[:50]))).detach().requires_grad_()
        out, kept = graph._behind(hidden)
        (expected,) = torch.autograd.grad(out.sum(), hidden)
        torch.testing.assert_close(graph._slopes(kept), expected, atol=1e-6, rtol=1e-5)


def test_more_points_bring_the_gap_down() -> None:
    x_rf = ROWS.x_rf[:100]
    gaps = [float(explained(Attribution(MODEL, MEDIANS, points), x_rf)[4].abs().mean()) for points in (1, 16, 256)]
    moved = float((explained(GRAPH, x_rf)[1] - GRAPH.start_1).abs().mean())
    assert gaps[2] < gaps[1] < gaps[0]
    assert gaps[1] < 0.02 * moved


def test_the_graph_gives_what_torch_gives(tmp_path: Path) -> None:
    export_attribution(MODEL, MEDIANS, tmp_path / "reasons.onnx")
    served = session(tmp_path / "reasons.onnx")
    for row in range(7):
        x_1f = ROWS.x_rf[row : row + 1]
        found = served.run(list(OUTPUTS), {"features": x_1f})
        for name, one, other in zip(OUTPUTS, found, explained(GRAPH, x_1f), strict=True):
            np.testing.assert_allclose(one, other.numpy(), atol=1e-5, err_msg=name)


def test_medians_of_another_width_and_many_rows_are_refused() -> None:
    with pytest.raises(ModelError, match=r"medians of shape \(2,\)"):
        Attribution(MODEL, MEDIANS[:2])
    with pytest.raises(ModelError, match="17 rows"):
        GRAPH(torch.zeros(17, FEATURES))
    with pytest.raises(ModelError, match="0 points"):
        Attribution(MODEL, MEDIANS, points=0)
