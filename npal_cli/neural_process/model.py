"""The network: Attentive Conditional Neural Process (Figure 2)."""

from typing import NamedTuple, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from npal_cli.neural_process.attention import CrossAttention
from npal_cli.neural_process.mlp import MLP
from npal_cli.neural_process.options import HEADS, ModelOptions


class Shape(NamedTuple):
    """How wide what enters and leaves a network is; all but the features' number are the paper's."""

    features: int
    channels: int = 1
    """What it is told of a context point besides its features: what it improved, and its class in one-hot code."""
    inputs: int = 0
    """What it is told of a target point besides its features."""
    decodes_features: bool = True
    """Whether a target's features reach the decoder; else they only say which context points to attend to."""


@final
class AttentiveCNP(nn.Module):
    """Predicts a Gaussian over the improvement of each target point, given the context points.

    With point encoder ``e``, label encoder ``l`` and value MLP ``v``: keys are ``e(x_c)``, values
    ``v(ReLU(e(x_c) + l(y_c)))``, queries ``e(x_t)``; the attended representation ``R`` is decoded to
    ``(mean, s) = d(ReLU(r(R) + e(x_t)))`` and ``sigma = 0.01 + 0.99 softplus(s)``. What else is told of a target point
    is added, encoded, to ``e(x_t)`` there.

    Source: section 5 and Figure 2; Garnelo et al. (2018), Kim et al. (2019).

    >>> model = AttentiveCNP(Shape(21), ModelOptions(), torch.Generator())
    >>> sum(p.numel() for p in model.parameters())
    21924
    """

    def __init__(self, shape: Shape, options: ModelOptions, generator: torch.Generator) -> None:
        super().__init__()
        width = options.width
        self.shape = shape
        self.point_encoder = MLP((shape.features, width, width), generator)
        self.label_encoder = MLP((shape.channels, shape.channels, width), generator)
        self.value_mlp = MLP((width, 2 * width, 2 * width, width), generator)
        self.attention = CrossAttention(width, HEADS, generator) if options.attention == "cross" else None
        self.representation_mlp = MLP((width, width, width), generator)
        self.decoder = MLP((width, width, width, width, width, 2), generator)
        self.input_encoder = MLP((shape.inputs, width, width), generator) if shape.inputs else None

    def forward(
        self,
        context: Float[Tensor, "batch context feature"],
        context_labels: Float[Tensor, "batch context channel"],
        targets: Float[Tensor, "batch target feature"],
        inputs: Float[Tensor, "batch target input"],
    ) -> tuple[Float[Tensor, "batch target"], Float[Tensor, "batch target"]]:
        """Mean and standard deviation of the improvement of each target point."""
        keys = self.point_encoder(context)
        queries = self.point_encoder(targets)
        values = self._values(keys, context_labels)
        if self.attention is not None:
            representation = self.attention(keys, queries, values)
        else:
            representation = values.mean(dim=1, keepdim=True).expand_as(queries)
        return self._decode(representation, queries, inputs)

    def forward_shared(
        self,
        points: Float[Tensor, "point feature"],
        labels: Float[Tensor, "#batch point channel"],
        masks: Float[Tensor, "batch point"],
        targets: Int[Tensor, " target"],
        inputs: Float[Tensor, "target input"],
    ) -> tuple[Float[Tensor, " target"], Float[Tensor, " target"]]:
        """The same for many problems among the same points, which are then encoded once.

        A problem's context is where its mask is 1; ``labels`` are theirs, one row if all problems share them.
        ``targets`` are positions in the flattened (batch, point).
        """
        encoded = self.point_encoder(points)
        values = self._values(encoded[None], labels)
        if self.attention is not None:
            representation = self.attention.forward_shared(encoded, values, masks, targets)
        else:
            mean = (values * masks[:, :, None]).sum(dim=1) / masks.sum(dim=1).clamp_min(1)[:, None]
            representation = mean[targets // len(points)]
        return self._decode(representation, encoded[targets % len(points)], inputs)

    def _values(
        self, keys: Float[Tensor, "#batch context width"], labels: Float[Tensor, "batch context channel"]
    ) -> Float[Tensor, "batch context width"]:
        values: Tensor = self.value_mlp(torch.relu(keys + self.label_encoder(labels)))
        return values

    def _decode(
        self,
        representation: Float[Tensor, "*target width"],
        queries: Float[Tensor, "*target width"],
        inputs: Float[Tensor, "*target input"],
    ) -> tuple[Float[Tensor, "*target"], Float[Tensor, "*target"]]:
        hidden = self.representation_mlp(representation)
        if self.shape.decodes_features:
            hidden = hidden + queries
        if self.input_encoder is not None:
            hidden = hidden + self.input_encoder(inputs)
        mean, scale = self.decoder(torch.relu(hidden)).unbind(dim=-1)
        return mean, 0.01 + 0.99 * nn.functional.softplus(scale)
