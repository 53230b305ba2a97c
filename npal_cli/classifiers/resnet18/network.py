"""The residual network with 18 layers, for small images."""

from typing import NamedTuple, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

STRIDES = (1, 2, 2, 2)


class Activations(NamedTuple):
    """What the network makes of a batch of images."""

    logits: Float[Tensor, "image class"]
    features: Float[Tensor, "image feature"]
    """What enters the last layer."""
    stages: tuple[Float[Tensor, "image _ _ _"], ...]
    """The outputs of the four stages of blocks."""


@final
class ResNet18(nn.Module):
    """ResNet18 with a 3 x 3 stem of stride 1 and no pooling after it, for images of some 32 x 32 pixels.

    Four stages of two basic blocks, of ``width`` times 1, 2, 4 and 8 channels, each but the first halving the image;
    then the mean over positions and one linear layer.

    Source: He et al. (2016), table 1 and section 4.2; supplement B.1.

    >>> network = ResNet18(channels=3, classes=10, width=64)
    >>> f"{sum(p.numel() for p in network.parameters()):,}"
    '11,173,962'
    """

    def __init__(self, channels: int, classes: int, width: int) -> None:
        super().__init__()
        widths = [width * factor for factor in (1, 2, 4, 8)]
        self.stem = nn.Sequential(_convolution(channels, width, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.stages = nn.ModuleList(
            nn.Sequential(_Block(before, after, stride), _Block(after, after, 1))
            for before, after, stride in zip([width, *widths], widths, STRIDES, strict=False)
        )
        self.last = nn.Linear(widths[-1], classes)

    def forward(self, images: Float[Tensor, "image channel height width"]) -> Activations:
        """Logits, features and the output of each stage."""
        hidden = self.stem(images)
        stages = []
        for stage in self.stages:
            hidden = stage(hidden)
            stages.append(hidden)
        with torch.autocast(hidden.device.type, enabled=False):  # scores are ranked by: not in half precision
            features = hidden.float().mean(dim=(2, 3))
            return Activations(self.last(features), features, tuple(stages))


class _Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut, which is a 1 x 1 convolution where the shape changes."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            _convolution(before, after, stride),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            _convolution(after, after, 1),
            nn.BatchNorm2d(after),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(_convolution(before, after, stride, size=1), nn.BatchNorm2d(after))

    def forward(self, images: Tensor) -> Tensor:
        return torch.relu(self.residual(images) + self.shortcut(images))


def _convolution(before: int, after: int, stride: int, size: int = 3) -> nn.Conv2d:
    return nn.Conv2d(before, after, size, stride, padding=size // 2, bias=False)
