"""A data set before it is split: features or images, labels, and a test part where it comes with one."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8

Images = UInt8[np.ndarray, "row channel height width"]
Features = Float[np.ndarray, "row feature"] | Images
"""A vector of features for each row, or an image."""


@dataclass(frozen=True)
class Dataset:
    """A fully labelled data set, rows in file order."""

    name: str
    features: Features
    labels: Int[np.ndarray, " row"]
    """Class indices 0, 1, ..."""
    classes: tuple[str, ...]
    """The name of each class."""
    test_part: int = 0
    """How many of the last rows are published as the test part; 0 for data that come in one piece."""

    @property
    def training_rows(self) -> int:
        """How many of the first rows are not in the test part."""
        return len(self.labels) - self.test_part


def is_image(features: Features) -> bool:
    """Whether the rows are images.

    >>> is_image(np.zeros((1, 3, 32, 32), dtype=np.uint8)), is_image(np.zeros((1, 21)))
    (True, False)
    """
    return features.ndim == 4
