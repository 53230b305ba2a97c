"""A data set before it is split, and what one says about itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True)
class SourceFile:
    """A file that a data set is read from."""

    name: str
    """Under the folder of raw files."""
    digest: str
    """SHA-256 in hexadecimal, or ``md5:`` and the MD5 where its authors list no other."""
    url: str
    """Where its authors publish it."""


Standardise = Literal["overall", "per_feature"]
"""One mean and deviation over all entries, or one of each for every feature."""


@dataclass(frozen=True)
class DatasetKind:
    """A data set that can be named: all that it says about itself.

    >>> rows = np.array([[0.0, 1.0], [2.0, 3.0]])
    >>> mine = DatasetKind("mine", lambda: Dataset("mine", rows, np.array([0, 1]), ("no", "yes")))
    >>> mine.load().features.shape
    (2, 2)
    """

    name: str
    """On the command line and in file names."""
    load: Callable[..., Dataset]
    """Reads it from the paths of its files, features and labels exactly as they are published.

    Raises:
        ValueError: if a file is not what is expected.
    """
    files: tuple[SourceFile, ...] = ()
    """What it is read from; nothing for generated data."""
    images: bool = False
    """Whether its rows are images."""
    standardise: Standardise = "per_feature"
    """How its features are standardised where ``params.yaml`` does not say."""
    version: str = "generated"
    """Of data that are read from no files: another one says that the rows are others."""


def is_image(features: Features) -> bool:
    """Whether the rows are images.

    >>> is_image(np.zeros((1, 3, 32, 32), dtype=np.uint8)), is_image(np.zeros((1, 21)))
    (True, False)
    """
    return features.ndim == 4
