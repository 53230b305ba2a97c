"""The pointwise multi-layer perceptrons that the network is made of."""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn


@final
class MLP(nn.Sequential):
    """Linear layers of the given widths with ReLU between them, applied to the last axis.

    Hidden layers start at PyTorch's default weights (uniform within 1 / sqrt(fan-in)), the output layer at He's
    (Kaiming) uniform ones; all biases start at zero (supplement B.3's published configuration).

    >>> MLP((3, 4, 2), torch.Generator())(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(self, widths: Sequence[int], generator: torch.Generator) -> None:
        linears = [nn.utils.skip_init(nn.Linear, fan_in, fan_out) for fan_in, fan_out in pairwise(widths)]
        layers: list[nn.Module] = []
        for linear in linears:
            layers += [linear, nn.ReLU()]
            bound = linear.in_features**-0.5
            nn.init.uniform_(linear.weight, -bound, bound, generator=generator)
            nn.init.zeros_(linear.bias)
        nn.init.kaiming_uniform_(linears[-1].weight, nonlinearity="relu", generator=generator)
        super().__init__(*layers[:-1])

    def forward(self, points: Float[Tensor, "*batch fan_in"]) -> Float[Tensor, "*batch fan_out"]:
        """Apply the layers."""
        for layer in self:
            points = layer(points)
        return points
