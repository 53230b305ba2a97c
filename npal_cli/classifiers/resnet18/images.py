"""Images on the device: normalised and augmented there, a batch at a time."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from npal_cli.classifiers.resnet18.options import Augmentation

SOURCE: dict[str, Augmentation] = {"cifar10": "crop_and_flip"}
"""Data sets that are augmented there (Caramalau et al., 2021)."""

PADDING = 4

Pixels = UInt8[Tensor, "image channel height width"]


@dataclass(frozen=True)
class Channels:
    """Mean and deviation of each channel of the training part, of values in [0, 1]."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def of(cls, images: UInt8[np.ndarray, "image channel height width"]) -> "Channels":
        """Those of ``images``; a channel that is constant has deviation 1.

        Counted by value, so that no copy of the images is made in floating point.

        >>> Channels.of(np.array([0, 255], dtype=np.uint8).reshape(2, 1, 1, 1))
        Channels(mean=(0.5,), deviation=(0.5,))
        """
        values = np.arange(256) / 255
        mean, deviation = [], []
        for channel in range(images.shape[1]):
            shares = np.bincount(images[:, channel].ravel(), minlength=256) / images[:, channel].size
            mean.append(float(shares @ values))
            deviation.append(float(np.sqrt(shares @ np.square(values - mean[-1]))) or 1.0)
        return cls(tuple(mean), tuple(deviation))

    def normalise(self, images: Pixels) -> Float[Tensor, "image channel height width"]:
        """The images in floating point, each channel with mean 0 and deviation 1 over the training part."""
        mean, deviation = (_on_device(values, images.device) for values in (self.mean, self.deviation))
        return (images.float() / 255 - mean) / deviation


@cache
def _on_device(values: tuple[float, ...], device: torch.device) -> Float[Tensor, "channel 1 1"]:
    """Kept there: a copy for each batch would make the device wait."""
    return torch.tensor(values, device=device)[:, None, None]


def resolve(augmentation: Augmentation, data: str) -> Augmentation:
    """What ``source`` means for a data set.

    >>> resolve("source", "cifar10"), resolve("source", "mnist"), resolve("none", "cifar10")
    ('crop_and_flip', 'none', 'none')
    """
    return SOURCE.get(data, "none") if augmentation == "source" else augmentation


def crop_and_flip(
    images: Pixels,
    shifts: Int[Tensor, "image 2"],
    flips: Int[Tensor, " image"],
) -> Pixels:
    """Each image padded by 4 black pixels, cropped from ``shifts`` (0 to 8) on, and mirrored where ``flips`` is 1."""
    height, width = images.shape[2:]
    padded = torch.nn.functional.pad(images, [PADDING] * 4)
    rows = shifts[:, :1] + torch.arange(height, device=images.device)
    columns = torch.arange(width, device=images.device).expand(len(images), -1)
    columns = shifts[:, 1:] + torch.where(flips[:, None] == 1, width - 1 - columns, columns)
    each = torch.arange(len(images), device=images.device)
    cropped: Tensor = padded.permute(0, 2, 3, 1)[each[:, None, None], rows[:, :, None], columns[:, None, :]]
    return cropped.permute(0, 3, 1, 2)


def augment(images: Pixels, generator: torch.Generator) -> Pixels:
    """Random crops and mirror images; what is drawn does not depend on the device."""
    shifts = torch.randint(2 * PADDING + 1, (len(images), 2), generator=generator)
    flips = torch.randint(2, (len(images),), generator=generator)
    return crop_and_flip(images, shifts.to(images.device), flips.to(images.device))
