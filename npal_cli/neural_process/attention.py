"""Cross-attention between context and target points (Parmar et al., Image Transformer, 2018)."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from npal_cli.neural_process.mlp import MLP


@final
class CrossAttention(nn.Module):
    """Multi-head dot-product attention, then residual, layer norm and a pointwise MLP.

    With keys ``K``, queries ``Q`` and values ``V`` mapped linearly to heads of width w, the heads' outputs
    ``softmax(Q K^T / sqrt(w)) V`` are concatenated to ``A``; then ``H = LayerNorm(A + queries)`` and the result is
    ``LayerNorm(H + MLP(H))``. There is no output projection, and only the query map has a bias.

    Source: Vaswani et al. (2017), equation 1; Parmar et al. (2018), section 3.2; supplement B.3.
    """

    def __init__(self, width: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.key_map = nn.utils.skip_init(nn.Linear, width, width, bias=False)
        self.query_map = nn.utils.skip_init(nn.Linear, width, width)
        self.value_map = nn.utils.skip_init(nn.Linear, width, width, bias=False)
        self.first_norm = nn.LayerNorm(width)
        self.mlp = MLP((width, width, width), generator)
        self.second_norm = nn.LayerNorm(width)
        deviation = (2 / (width + width // heads)) ** 0.5
        for linear in (self.key_map, self.query_map, self.value_map):
            nn.init.normal_(linear.weight, std=deviation, generator=generator)
        nn.init.zeros_(self.query_map.bias)

    def forward(
        self,
        keys: Float[Tensor, "batch context width"],
        queries: Float[Tensor, "batch target width"],
        values: Float[Tensor, "batch context width"],
    ) -> Float[Tensor, "batch target width"]:
        """Attend from every query to every key; queries do not see each other."""
        attended = nn.functional.scaled_dot_product_attention(
            self._split(self.query_map(queries)), self._split(self.key_map(keys)), self._split(self.value_map(values))
        )
        hidden = self.first_norm(attended.transpose(1, 2).flatten(2) + queries)
        result: Tensor = self.second_norm(hidden + self.mlp(hidden))
        return result

    def _split(self, points: Float[Tensor, "batch point width"]) -> Float[Tensor, "batch head point head_width"]:
        return points.unflatten(2, (self.heads, -1)).transpose(1, 2)
