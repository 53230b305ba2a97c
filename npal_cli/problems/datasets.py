"""The data sets: a registry of named ones, and tables of one's own.

Each loader returns features and labels exactly as they are published; standardising and splitting come later.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from npal_cli.errors import DataError, UsageError, unknown
from npal_cli.problems import bundled, images, tables, uci
from npal_cli.problems.dataset import Dataset, is_image
from npal_cli.problems.sources import Sources

GIVE = "give the published file with --source"


@dataclass(frozen=True)
class Entry:
    """A named data set: what reads it, and the source files it is read from (none for generated data)."""

    load: Callable[..., Dataset]
    files: tuple[str, ...] = ()
    images: bool = False
    """Whether its rows are images."""


def _idx_files(folder: str) -> tuple[str, ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return tuple(f"{folder}/{name}-ubyte.gz" for name in names)


REGISTRY: dict[str, Entry] = {
    "waveform": Entry(uci.load_waveform),
    "waveform_uci": Entry(uci.load_waveform_uci, ("waveform_21.tsv.gz",)),
    "mushrooms": Entry(uci.load_mushrooms, ("agaricus-lepiota.data",)),
    "adult": Entry(uci.load_adult, ("a1a",)),
    "breast_cancer": Entry(bundled.load_breast_cancer),
    "digits_3_5": Entry(bundled.load_digits_3_5),
    "mnist": Entry(images.load_mnist, _idx_files("mnist"), images=True),
    "fashion_mnist": Entry(images.load_fashion_mnist, _idx_files("fashion_mnist"), images=True),
    "svhn": Entry(images.load_svhn, ("svhn/train_32x32.mat", "svhn/test_32x32.mat"), images=True),
    "cifar10": Entry(images.load_cifar10, ("cifar-10-binary.tar.gz",), images=True),
}


def load_dataset(name: str, sources: Sources) -> Dataset:
    """The data set ``name``: a registered one, or a table taken in earlier with ``npal prepare --data FILE``.

    Raises:
        UsageError: if there is no such data set.
        DataError: if its source cannot be had or is not what it should be.
    """
    if name in REGISTRY:
        entry = REGISTRY[name]
        paths = [sources.path(file) for file in entry.files]
        try:
            dataset = entry.load(*paths)
            _check_finite(dataset)
        except (OSError, EOFError, ValueError, KeyError, zlib.error) as error:  # what the readers of files raise
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            files = ", ".join(entry.files)
            raise DataError(f"{files}: not a readable copy of what is published ({reason}); {GIVE}") from error
        return dataset
    if name in tables.known(sources.folder):
        return Dataset(name, *tables.load(name, sources.folder))
    raise unknown("data set", name, known_datasets(sources))


def _check_finite(dataset: Dataset) -> None:
    """Refuse features that no classifier can use; a table of one's own is checked where its columns have names."""
    if is_image(dataset.features):
        return
    for row, column in np.argwhere(~np.isfinite(dataset.features))[:1]:
        value = dataset.features[row, column]
        raise ValueError(f"feature {column + 1} is {value} in row {row + 1}, expected a finite number")


def default_standardise(name: str) -> Literal["overall", "per_feature"]:
    """How the features of ``name`` are standardised where ``params.yaml`` does not say.

    Registered data sets are as the published code has them; none has features of very different sizes. The columns of
    a table of one's own may have any unit: beside an income, overall, all else would vanish.
    """
    return "overall" if name in REGISTRY else "per_feature"


def known_datasets(sources: Sources) -> list[str]:
    """The names that :func:`load_dataset` accepts."""
    return [*REGISTRY, *tables.known(sources.folder)]


def image_datasets() -> list[str]:
    """The names of those whose rows are images."""
    return [name for name, entry in REGISTRY.items() if entry.images]


def source_digest(name: str, sources: Sources) -> str | None:
    """The digest of the source file of data set ``name`` (of several, all of them); None for generated data."""
    if name in REGISTRY:
        return " ".join(sources.digest(file) for file in REGISTRY[name].files) or None
    if name in tables.known(sources.folder):
        return tables.digest(name, sources.folder)
    raise unknown("data set", name, known_datasets(sources))


def give_source(name: str, source: Path, sources: Sources, *, verify: bool) -> None:
    """Take ``source`` as what the data set ``name`` is read from: its file, or a folder that holds its files.

    Raises:
        UsageError: if the data set is not read from files.
        DataError: if a file is missing, or is not the published one and ``verify`` is true.
    """
    files = REGISTRY[name].files if name in REGISTRY else ()
    if not files:
        raise UsageError(f"--source {source}: {name} is not read from a published file")
    if len(files) > 1 and not source.is_dir():
        wanted = ", ".join(Path(file).name for file in files)
        raise DataError(f"--source {source}: {name} is read from {len(files)} files; give a folder with {wanted}")
    for file in files:
        sources.give(file, source / Path(file).name if source.is_dir() else source, verify=verify)
