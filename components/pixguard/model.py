"""The served torch module: raw feature values in, log-odds of fraud out; everything between is inside the graph.

Each feature is cut at quantiles of honest and of fraudulent training rows into bins, and read piecewise linearly: value
v gives, for every bin, the share of the bin that lies below v. A small linear layer per feature turns the bins into
an embedding, and a residual network reads all embeddings. Source: Gorishniy, Rubachev and Babenko 2022, On embeddings
for numerical features in tabular deep learning. Edges of both classes, since what only frauds have is rare: quantiles
of all rows would put it into one bin.

Suffixes: r row, f feature, b bin, d embedding dimension, h hidden unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pixguard.errors import PixguardError

LARGEST = 3e38  # beyond it float32 is infinite, which would make a bin without width a null


class ModelError(PixguardError):
    """Sizes that no model can have, or rows of another shape than the model's features."""


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the network; the defaults cost tens of microseconds for one payment."""

    bins: int = 16  # bins by the quantiles of each class; up to twice as many in all
    embedding: int = 4  # 8 double the work of a payment and rank no better
    width: int = 128
    blocks: int = 1  # residual blocks after the first layer
    dropout: float = 0.5  # frauds are few, and the newest of their kinds are fewer

    def __post_init__(self) -> None:
        if min(self.bins, self.embedding, self.width) < 1 or self.blocks < 0 or not 0 <= self.dropout < 1:
            raise ModelError(f"{self}: sizes must be positive and dropout in [0, 1)")


class PiecewiseLinear(nn.Module):
    """Raw values [r, f] → embeddings [r, f·d]; a null (NaN) has an embedding of its own."""

    low_fb: Tensor
    per_width_fb: Tensor

    def __init__(self, features: int, bins: int, embedding: int) -> None:
        super().__init__()
        self.register_buffer("low_fb", torch.zeros(features, bins))
        self.register_buffer("per_width_fb", torch.zeros(features, bins))
        self.weight_fbd = nn.Parameter(torch.randn(features, bins, embedding) / bins**0.5)
        self.bias_fd = nn.Parameter(torch.zeros(features, embedding))
        self.null_fd = nn.Parameter(torch.zeros(features, embedding))

    def forward(self, x_rf: Tensor) -> Tensor:
        """Return the embeddings, float32 [r, f·d]."""
        null_rf1, share_rfb = self.shares(x_rf)
        linear_rfd = torch.matmul(share_rfb.transpose(0, 1), self.weight_fbd).transpose(0, 1)
        return self.embedded(null_rf1, linear_rfd)

    def shares(self, x_rf: Tensor) -> tuple[Tensor, Tensor]:
        """Return which values are null, bool [r, f, 1], and how much of each bin lies below a value, [r, f, b]."""
        x_rf1 = x_rf.unsqueeze(2)
        null_rf1 = torch.isnan(x_rf1)
        value_rf1 = x_rf1.clamp(-LARGEST, LARGEST).masked_fill(null_rf1, 0.0)
        return null_rf1, ((value_rf1 - self.low_fb) * self.per_width_fb).clamp(0, 1)

    def embedded(self, null_rf1: Tensor, linear_rfd: Tensor) -> Tensor:
        """Return the embeddings [r, f·d] out of each value's shares times the weights, [r, f, d]."""
        return torch.where(null_rf1, self.null_fd, linear_rfd + self.bias_fd).relu().flatten(1)


class ResidualBlock(nn.Module):
    """h → h: normalise, two linear layers, add."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width)
        )

    def forward(self, hidden_rh: Tensor) -> Tensor:
        """Return hidden units [r, h]."""
        return hidden_rh + cast(Tensor, self.layers(hidden_rh))


class FraudModel(nn.Module):
    """Log-odds of fraud from raw feature values.

    `log_odds_shift` undoes the sampling of honest rows in training, so that log-odds hold for all payments (King and
    Zeng 2001, Logistic regression in rare events data: prior correction).
    """

    log_odds_shift: Tensor

    def __init__(self, features: int, config: ModelConfig, edges: int | None = None) -> None:
        super().__init__()
        self.features, self.config = features, config
        self.edges = edges or 2 * config.bins + 1
        self.embed = PiecewiseLinear(features, self.edges - 1, config.embedding)
        self.first = nn.Sequential(
            nn.Linear(features * config.embedding, config.width), nn.ReLU(), nn.Dropout(config.dropout)
        )
        self.blocks = nn.Sequential(*(ResidualBlock(config.width, config.dropout) for _ in range(config.blocks)))
        self.last = nn.Sequential(nn.ReLU(), nn.Dropout(config.dropout), nn.Linear(config.width, 1))
        self.register_buffer("log_odds_shift", torch.zeros(()))

    @classmethod
    def for_rows(cls, x_rf: NDArray[np.float32], y: NDArray[np.bool_], config: ModelConfig) -> FraudModel:
        """Return an untrained model whose bins lie at the quantiles of both classes of the training rows."""
        edges = [_edges(values, y, config.bins) for values in x_rf.T]
        model = cls(x_rf.shape[1], config, edges=max(2, *(each.size for each in edges)))
        for feature, each in enumerate(edges):
            widths = np.diff(each)
            model.embed.low_fb[feature, : widths.size] = torch.from_numpy(each[:-1])
            model.embed.per_width_fb[feature, : widths.size] = torch.from_numpy(1 / widths)
        return model

    def forward(self, x_rf: Tensor) -> Tensor:
        """Return log-odds of fraud, float32 [r], for raw feature values [r, f]."""
        return self.behind(self.embed(x_rf))

    def behind(self, embedded_re: Tensor) -> Tensor:
        """Return log-odds of fraud, float32 [r], for embeddings [r, f·d]."""
        hidden_rh = self.blocks(self.first(embedded_re))
        return cast(Tensor, self.last(hidden_rh)).squeeze(1) + self.log_odds_shift

    @torch.inference_mode()
    def score(self, x_rf: NDArray[np.float32], batch_rows: int = 8192) -> NDArray[np.float32]:
        """Return scores in [0, 1], float32 [rows], without dropout; ModelError on rows of another width."""
        if x_rf.ndim != 2 or x_rf.shape[1] != self.features:
            raise ModelError(f"rows of shape {x_rf.shape}: the model reads [rows, {self.features}]")
        was_training, device = self.training, self.log_odds_shift.device
        self.eval()
        parts = [
            torch.sigmoid(self(torch.from_numpy(x_rf[start : start + batch_rows]).to(device))).cpu()
            for start in range(0, len(x_rf), batch_rows)
        ]
        self.train(was_training)
        return torch.cat(parts).numpy() if parts else np.empty(0, np.float32)

    @torch.inference_mode()
    def moved_by_occlusion(self, x_rf: NDArray[np.float32], values_f: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how far the log-odds move on average, [features], when a feature has its value of `values_f`."""
        was_training, device = self.training, self.log_odds_shift.device
        self.eval()
        embedded_rfd, other_1fd = (
            self.embed(torch.from_numpy(x).to(device)).unflatten(1, (self.features, -1)) for x in (x_rf, values_f[None])
        )
        full_r, moved = self.behind(embedded_rfd.flatten(1)), np.empty(self.features)
        for feature in range(self.features):  # all else is embedded once
            occluded_rfd = embedded_rfd.clone()
            occluded_rfd[:, feature] = other_1fd[:, feature]
            moved[feature] = float((self.behind(occluded_rfd.flatten(1)) - full_r).abs().mean())
        self.train(was_training)
        return moved


def _edges(values: NDArray[np.float32], y: NDArray[np.bool_], bins: int) -> NDArray[np.float32]:
    """Return rising bin edges: quantiles of honest and of fraudulent rows; fewer where values repeat."""
    shares = np.linspace(0, 1, bins + 1)
    classes = (values[kind & ~np.isnan(values)] for kind in (y, ~y))
    cuts: list[NDArray[np.float64]] = [np.quantile(each, shares) for each in classes if each.size]
    return np.unique(np.concatenate([np.zeros(0), *cuts]).astype(np.float32))
