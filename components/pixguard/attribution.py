"""Why a score is what it is: a second graph beside the model, that splits the log-odds of a payment over its features.

The embeddings of all features move on a straight line from those of the training medians to those of the payment; each
feature gets the integral of the network's gradient along the way, times its own way. Source: Aumann and Shapley 1974,
Values of non-atomic games; Sundararajan, Taly and Yan 2017, Axiomatic attribution for deep networks. The line runs
behind the embedding and not through the raw values, so that a null is an ordinary place to start or to end, and since
the first layer is linear in the embeddings, only the small network behind it is asked at every point of the line.

The integral is a sum over POINTS midpoints. What the sum lacks of the true difference is measured (`gap`) and shared
out in proportion to the contributions' sizes, so base + contributions = log-odds always.

Suffixes: r row, f feature, d embedding dimension, h hidden unit, p point of the line.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pixguard.explain import OUTPUTS
from pixguard.model import FraudModel, ModelError, ResidualBlock
from pixguard.weights import export_graph

POINTS = 16


class Attribution(nn.Module):
    """Raw values [r, f] → score [r], log-odds [r], base [r], contributions [r, f], gap [r]."""

    at_p1: Tensor
    median_e: Tensor
    median_h: Tensor
    start: Tensor

    def __init__(self, model: FraudModel, medians_f: NDArray[np.float32], points: int = POINTS) -> None:
        super().__init__()
        if medians_f.shape != (model.features,) or points < 1:
            raise ModelError(f"medians of shape {medians_f.shape}, {points} points: wanted [{model.features}] and 1 up")
        self.model = model.eval()
        with torch.no_grad():
            median_e = model.embed(torch.from_numpy(medians_f).unsqueeze(0))
            self.register_buffer("median_e", median_e)
            self.register_buffer("median_h", self._first(median_e))
            self.register_buffer("start", self._behind(self.median_h)[0] + model.log_odds_shift)
        self.register_buffer("at_p1", ((torch.arange(points) + 0.5) / points).unsqueeze(1))

    def forward(self, x_rf: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return the outputs in the order of OUTPUTS."""
        embedded_re = self.model.embed(x_rf)
        hidden_rh = self._first(embedded_re)
        way_r1h = (hidden_rh - self.median_h).unsqueeze(1)
        line_rph = self.median_h + self.at_p1 * way_r1h
        places_rph = torch.cat([line_rph, hidden_rh.unsqueeze(1)], dim=1)
        points, width = self.at_p1.shape[0], hidden_rh.shape[1]
        outs, kept = self._behind(places_rph.reshape(-1, width))
        log_odds_r = outs.reshape(-1, points + 1)[:, points] + self.model.log_odds_shift
        slope_rph = self._slopes(kept).reshape(-1, points + 1, width)[:, :points]
        back_re = torch.matmul(slope_rph.mean(dim=1), cast(nn.Linear, self.model.first[0]).weight)
        rough_rf = (
            ((embedded_re - self.median_e) * back_re)
            .reshape(-1, self.model.features, self.model.config.embedding)
            .sum(dim=2)
        )
        gap_r = log_odds_r - self.start - rough_rf.sum(dim=1)
        size_rf = rough_rf.abs()
        share_rf = size_rf / size_rf.sum(dim=1, keepdim=True).clamp(min=1e-30)
        contributions_rf = rough_rf + share_rf * gap_r.unsqueeze(1)
        return torch.sigmoid(log_odds_r), log_odds_r, self.start.expand(log_odds_r.shape), contributions_rf, gap_r

    def _first(self, embedded_re: Tensor) -> Tensor:
        return cast(Tensor, self.model.first[0](embedded_re))

    def _behind(self, hidden: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor, Tensor]]]:
        """Return the log-odds without shift behind the first layer, and what the way back needs of each block."""
        kept = [(hidden, hidden, hidden)]
        out = hidden.relu()
        for block in self.model.blocks:
            norm, up, down = _layers(block)
            centred = out - out.mean(dim=1, keepdim=True)
            per_deviation = torch.rsqrt((centred * centred).mean(dim=1, keepdim=True) + norm.eps)
            normal = centred * per_deviation
            inner = up(normal * norm.weight + norm.bias)
            kept.append((normal, per_deviation, inner))
            out = out + down(inner.relu())
        kept.append((out, out, out))
        return cast(nn.Linear, self.model.last[2])(out.relu()).squeeze(1), kept

    def _slopes(self, kept: list[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
        """Return the gradient of the log-odds by the first layer's sums: the chain rule by hand, for ONNX has none."""
        (hidden, _, _), *blocks, (out, _, _) = kept
        slope = cast(nn.Linear, self.model.last[2]).weight.where(out > 0, 0.0)
        for block, (normal, per_deviation, inner) in zip(reversed(self.model.blocks), reversed(blocks), strict=True):
            norm, up, down = _layers(block)
            inside = torch.matmul(torch.matmul(slope, down.weight).where(inner > 0, 0.0), up.weight) * norm.weight
            along = (inside * normal).mean(dim=1, keepdim=True)
            slope = slope + per_deviation * (inside - inside.mean(dim=1, keepdim=True) - normal * along)
        return slope.where(hidden > 0, 0.0)


def _layers(block: nn.Module) -> tuple[nn.LayerNorm, nn.Linear, nn.Linear]:
    norm, up, _, _, down = cast(ResidualBlock, block).layers
    return cast(nn.LayerNorm, norm), cast(nn.Linear, up), cast(nn.Linear, down)


def export_attribution(model: FraudModel, medians_f: NDArray[np.float32], path: Path) -> None:
    """Write the graph for serving: input `features` float32 [rows, features], outputs as in OUTPUTS."""
    export_graph(Attribution(model.cpu(), medians_f).eval(), model.features, OUTPUTS, path)
