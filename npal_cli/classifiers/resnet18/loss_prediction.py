"""Learning loss: a module that predicts the task model's loss on a point, trained along with it."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

HIDDEN = 128


@final
class LossPrediction(nn.Module):
    """Predicts the loss from the outputs of the four stages: each averaged over positions, mapped to 128, joined.

    Source: Yoo and Kweon (2019), section 3.2 and figure 2.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Sequential(nn.Linear(each, HIDDEN), nn.ReLU()) for each in channels)
        self.last = nn.Linear(HIDDEN * len(channels), 1)

    def forward(self, stages: Sequence[Float[Tensor, "image _ _ _"]]) -> Float[Tensor, " image"]:
        """The predicted loss of each image."""
        with torch.autocast(stages[0].device.type, enabled=False):  # losses are ranked: not in half precision
            hidden = [layer(stage.float().mean(dim=(2, 3))) for layer, stage in zip(self.maps, stages, strict=True)]
            predicted: Tensor = self.last(torch.cat(hidden, dim=1))
        return predicted.squeeze(1)


def ranking_loss(
    predicted: Float[Tensor, " image"], losses: Float[Tensor, " image"], margin: float
) -> Float[Tensor, ""]:
    """Whether pairs of images are ranked by predicted loss as by their true ones, with a margin; the mean over pairs.

    Image i is paired with image n - 1 - i; of an odd number the last is left out. With the true losses ``l`` (which get
    no gradient) and the predicted ones ``p`` of a pair, ``max(0, margin - sign(l_i - l_j) (p_i - p_j))``.

    Source: Yoo and Kweon (2019), equation 2.

    >>> ranking_loss(torch.tensor([0.0, 3.0]), torch.tensor([1.0, 2.0]), margin=1.0).item()
    0.0
    >>> ranking_loss(torch.tensor([0.0, 0.5]), torch.tensor([1.0, 2.0]), margin=1.0).item()
    0.5
    """
    pairs = len(predicted) // 2
    even = 2 * pairs
    if pairs == 0:
        return predicted.sum() * 0.0
    difference = predicted[:pairs] - predicted[:even].flip(0)[:pairs]
    order = (losses[:pairs] - losses[:even].flip(0)[:pairs]).detach().sign()
    return (margin - order * difference).clamp_min(0).mean()
