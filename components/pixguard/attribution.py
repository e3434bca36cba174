"""Why a score is what it is: a second graph beside the model, that splits the log-odds of a payment over its features.

The embeddings of all features move on a straight line from those of the training medians to those of the payment; each
feature gets the integral of the network's gradient along the way, times its own way. Source: Aumann and Shapley 1974,
Values of non-atomic games; Sundararajan, Taly and Yan 2017, Axiomatic attribution for deep networks. The line runs
behind the embedding and not through the raw values, so that a null is an ordinary place to start or to end, and since
the first layer is linear in the embeddings, only the small network behind it is asked at every point of the line.

The integral is a sum over POINTS midpoints. What the sum lacks of the true difference is measured (`gap`) and shared
out in proportion to the contributions' sizes, so base + contributions = log-odds always.

It is the graph that serves, one payment at a time, where ONNX Runtime's price is by the node: so what is linear is put
together beforehand, and a matrix product of 4 columns is a product and a sum.

Suffixes: r row, f feature, b bin, d embedding dimension, e = f·d, h hidden unit, p point of the line.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pixguard.explain import OUTPUTS
from pixguard.model import FraudModel, ModelError, ResidualBlock
from pixguard.weights import export_graph

POINTS = 16


class Attribution(nn.Module):
    """Raw values [1, f] → score [1], log-odds [1], base [1], contributions [1, f], gap [1]."""

    weight_fdb: Tensor
    at_p1: Tensor
    share_1p: Tensor
    median_1e: Tensor
    median_1h: Tensor
    start_1: Tensor

    def __init__(self, model: FraudModel, medians_f: NDArray[np.float32], points: int = POINTS) -> None:
        super().__init__()
        if medians_f.shape != (model.features,) or points < 1:
            raise ModelError(f"medians of shape {medians_f.shape}, {points} points: wanted [{model.features}] and 1 up")
        self.model = model.eval()
        # The last point is the payment itself, which gives the score and has no share in the integral.
        self.register_buffer("at_p1", torch.cat([(torch.arange(points) + 0.5) / points, torch.ones(1)]).unsqueeze(1))
        self.register_buffer("share_1p", torch.tensor([[1 / points] * points + [0.0]]))
        with torch.no_grad():
            self.blocks = nn.ModuleList(_Block(cast(ResidualBlock, block)) for block in model.blocks)
            self.register_buffer("weight_fdb", model.embed.weight_fbd.transpose(1, 2).contiguous())
            self.register_buffer("median_1e", self._embed(torch.from_numpy(medians_f).unsqueeze(0)))
            self.register_buffer("median_1h", self._first(self.median_1e))
            self.register_buffer("start_1", self._behind(self.median_1h)[0].squeeze(1) + model.log_odds_shift)

    def forward(self, x_1f: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return the outputs in the order of OUTPUTS."""
        if x_1f.shape[0] != 1:
            raise ModelError(f"{x_1f.shape[0]} rows: the graph explains one payment at a time")
        embedded_1e = self._embed(x_1f)
        places_ph = self.median_1h + self.at_p1 * (self._first(embedded_1e) - self.median_1h)
        outs_p1, kept = self._behind(places_ph)
        log_odds_11 = outs_p1[-1:] + self.model.log_odds_shift
        back_1e = (self.share_1p @ self._slopes(kept)) @ cast(nn.Linear, self.model.first[0]).weight
        parts_1fd = ((embedded_1e - self.median_1e) * back_1e).reshape(1, self.model.features, -1)
        rough_1f = parts_1fd.sum(dim=2)
        gap_11 = log_odds_11 - self.start_1 - rough_1f.sum(dim=1, keepdim=True)
        size_1f = rough_1f.abs()
        contributions_1f = rough_1f + size_1f * (gap_11 / size_1f.sum(dim=1, keepdim=True).clamp(min=1e-30))
        log_odds_1 = log_odds_11.squeeze(1)
        return torch.sigmoid(log_odds_1), log_odds_1, self.start_1.clone(), contributions_1f, gap_11.squeeze(1)

    def _embed(self, x_1f: Tensor) -> Tensor:
        null_1f1, share_1fb = self.model.embed.shares(x_1f)
        linear_1fd = (share_1fb.unsqueeze(2) * self.weight_fdb).sum(dim=3)
        return self.model.embed.embedded(null_1f1, linear_1fd)

    def _first(self, embedded_1e: Tensor) -> Tensor:
        return cast(Tensor, self.model.first[0](embedded_1e))

    def _behind(self, hidden_ph: Tensor) -> tuple[Tensor, list[Tensor | _Kept]]:
        """Return log-odds [p, 1] without shift behind the first layer, and what the way back needs of each layer."""
        kept: list[Tensor | _Kept] = [hidden_ph]
        out_ph = hidden_ph.relu()
        for block in self.blocks:
            out_ph, needed = cast(_Block, block).there(out_ph)
            kept.append(needed)
        kept.append(out_ph)
        return cast(nn.Linear, self.model.last[2])(out_ph.relu()), kept

    def _slopes(self, kept: list[Tensor | _Kept]) -> Tensor:
        """Return the gradient of the log-odds by the first layer's sums: the chain rule by hand, for ONNX has none."""
        hidden_ph, *blocks, out_ph = kept
        slope_ph = cast(nn.Linear, self.model.last[2]).weight.where(cast(Tensor, out_ph) > 0, 0.0)
        for block, needed in zip(reversed(self.blocks), reversed(blocks), strict=True):
            slope_ph = cast(_Block, block).back(slope_ph, cast(_Kept, needed))
        return slope_ph.where(cast(Tensor, hidden_ph) > 0, 0.0)


class _Kept(NamedTuple):
    """What a residual block's way back needs of the way there."""

    normal_ph: Tensor
    per_deviation_p1: Tensor
    inner_ph: Tensor


class _Block(nn.Module):
    """A residual block, there and back.

    LayerNorm's scale and shift are part of the linear layer behind it. Each row of that layer has its mean taken off:
    what was normalised adds up to nothing, so there it makes no difference, and on the way back LayerNorm would do it.
    """

    up_hh: Tensor
    up_bias_h: Tensor

    def __init__(self, block: ResidualBlock) -> None:
        super().__init__()
        norm, up, _, _, down = block.layers
        self.norm, self.down = cast(nn.LayerNorm, norm), cast(nn.Linear, down)
        weight_hh, bias_h = cast(nn.Linear, up).weight, cast(nn.Linear, up).bias
        scaled_hh = weight_hh * self.norm.weight
        self.register_buffer("up_hh", scaled_hh - scaled_hh.mean(dim=1, keepdim=True))
        self.register_buffer("up_bias_h", bias_h + weight_hh @ self.norm.bias)

    def there(self, out_ph: Tensor) -> tuple[Tensor, _Kept]:
        """Return what the block makes of `out_ph`, and what `back` needs."""
        normal_ph, _, per_deviation_p1 = torch.native_layer_norm(
            out_ph, self.norm.normalized_shape, None, None, self.norm.eps
        )
        inner_ph = nn.functional.linear(normal_ph, self.up_hh, self.up_bias_h)
        return out_ph + self.down(inner_ph.relu()), _Kept(normal_ph, per_deviation_p1, inner_ph)

    def back(self, slope_ph: Tensor, kept: _Kept) -> Tensor:
        """Return the gradient by the block's input, given that by its output."""
        inside_ph = (slope_ph @ self.down.weight).where(kept.inner_ph > 0, 0.0) @ self.up_hh
        along_p1 = (inside_ph * kept.normal_ph).mean(dim=1, keepdim=True)
        return slope_ph + kept.per_deviation_p1 * (inside_ph - kept.normal_ph * along_p1)


def export_attribution(model: FraudModel, medians_f: NDArray[np.float32], path: Path) -> None:
    """Write the graph for serving: input `features` float32 [1, features], outputs as in OUTPUTS."""
    export_graph(Attribution(model.cpu(), medians_f).eval(), model.features, OUTPUTS, path, rows=1)
