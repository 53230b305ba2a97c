"""Cross-attention between context and target points (Parmar et al., Image Transformer, 2018)."""

from typing import final

import torch
from jaxtyping import Float, Int
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
        return self._finish(attended.transpose(1, 2).flatten(2), queries)

    def forward_shared(
        self,
        points: Float[Tensor, "point width"],
        values: Float[Tensor, "#batch point width"],
        masks: Float[Tensor, "batch point"],
        targets: Int[Tensor, " target"],
    ) -> Float[Tensor, "target width"]:
        """Attend among the same points in many problems, each with its own context (where ``masks`` is 1).

        ``targets`` are positions in the flattened (batch, point). The exponentials of the softmax are the same in all
        problems: only what they weigh is masked, and one matrix product sums it. (A context whose logits are all 69
        below the largest of its row would count as nothing.)
        """
        queries, keys = self._split(self.query_map(points)), self._split(self.key_map(points))
        logits = queries @ keys.transpose(1, 2) * keys.shape[2] ** -0.5
        weights = (logits - logits.amax(dim=2, keepdim=True).detach()).exp()
        summed = nn.functional.pad(self._split(self.value_map(values)), (0, 1), value=1.0).movedim(0, 2)
        masked = (summed * masks.T[:, :, None]).flatten(2)
        total = (weights @ masked).unflatten(2, (len(masks), -1)).transpose(0, 2).flatten(0, 1)[targets]
        attended = total[..., :-1] / total[..., -1:].clamp_min(1e-30)
        return self._finish(attended.flatten(1), points[targets % len(points)])

    def _split(self, points: Float[Tensor, "*batch point width"]) -> Float[Tensor, "*batch head point head_width"]:
        return points.unflatten(-1, (self.heads, -1)).transpose(-3, -2)

    def _finish(
        self, attended: Float[Tensor, "*target width"], queries: Float[Tensor, "*target width"]
    ) -> Float[Tensor, "*target width"]:
        hidden = self.first_norm(attended + queries)
        result: Tensor = self.second_norm(hidden + self.mlp(hidden))
        return result
