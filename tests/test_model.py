import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pixguard.model import FraudModel, ModelConfig, ModelError
from tests.learnable import learnable_rows

CONFIG = ModelConfig(bins=4, embedding=3, width=8)


def model(seed: int = 0) -> FraudModel:
    torch.manual_seed(seed)
    rows = learnable_rows(400, seed=1)
    return FraudModel.for_rows(rows.x_rf, rows.y, CONFIG).eval()


def test_log_odds_are_one_for_each_row_and_move_with_the_shift() -> None:
    fraud_model, x_rf = model(), torch.from_numpy(learnable_rows(7, seed=2).x_rf)
    before = fraud_model(x_rf)
    fraud_model.log_odds_shift.fill_(-2.5)
    assert before.shape == (7,)
    torch.testing.assert_close(fraud_model(x_rf), before - 2.5)


def test_bins_lie_at_the_quantiles_of_both_classes() -> None:
    x_rf = np.zeros((1000, 1), np.float32)
    y = np.arange(1000) < 5
    x_rf[y, 0] = [10, 20, 30, 40, 50]  # what only frauds have, half a percent of the rows
    embed = FraudModel.for_rows(x_rf, y, CONFIG).embed
    low = embed.low_fb[0][embed.per_width_fb[0] > 0]
    assert low.tolist() == [0, 10, 20, 30, 40]


def test_a_value_fills_the_bins_below_it_in_part() -> None:
    values = np.array([[0], [4], [8]], np.float32)
    fraud_model = FraudModel.for_rows(values, np.array([True, True, True]), ModelConfig(bins=2, embedding=1, width=2))
    embed = fraud_model.embed
    with torch.no_grad():
        embed.weight_fbd.copy_(torch.tensor([[[1.0], [10.0]]]))
    seen = embed(torch.tensor([[0.0], [2.0], [4.0], [6.0], [8.0], [99.0], [-1.0]]))[:, 0]
    assert seen.tolist() == [0, 0.5, 1, 6, 11, 11, 0]


def test_a_null_has_an_embedding_of_its_own() -> None:
    fraud_model = model()
    with torch.no_grad():
        fraud_model.embed.null_fd.fill_(7)
    seen = fraud_model.embed(torch.tensor([[1.0, float("nan"), 2.0]])).view(3, CONFIG.embedding)
    assert seen[1].tolist() == [7] * CONFIG.embedding
    assert not (seen[[0, 2]] == 7).any()


@given(st.lists(st.floats(width=32, allow_infinity=False), min_size=3, max_size=3))
def test_any_value_gives_a_finite_score(values: list[float]) -> None:
    score = model().score(np.array([values], np.float32))
    assert 0 <= score[0] <= 1


def test_a_feature_that_never_varies_or_is_always_null_does_no_harm() -> None:
    rows = learnable_rows(100, seed=3)
    rows.x_rf[:, 1], rows.x_rf[:, 2] = 5, np.nan
    assert np.isfinite(FraudModel.for_rows(rows.x_rf, rows.y, CONFIG).score(rows.x_rf)).all()


def test_scores_do_not_depend_on_the_batch_and_leave_the_mode() -> None:
    fraud_model, x_rf = model().train(), learnable_rows(100, seed=4).x_rf
    np.testing.assert_allclose(fraud_model.score(x_rf, batch_rows=7), fraud_model.score(x_rf), rtol=1e-5)
    assert fraud_model.training
    assert fraud_model.score(x_rf[:0]).shape == (0,)


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(ModelError, match="rows, 3"):
        model().score(np.zeros((2, 4), np.float32))


@pytest.mark.parametrize("sizes", [{"bins": 0}, {"width": 0}, {"dropout": 1.0}, {"blocks": -1}])
def test_sizes_without_meaning_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ModelError):
        ModelConfig(**sizes)
