"""The data sets: a registry of named ones, and tables of one's own.

Each loader returns features and labels exactly as the paper's arrays have them (``waveform`` is drawn anew from the
same distribution); standardising and splitting come later.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from sklearn.datasets import load_svmlight_file

from npal_cli.errors import DataError, unknown
from npal_cli.problems import tables
from npal_cli.problems.sources import Sources
from npal_cli.problems.waveform import generate_waveform

GIVE = "give the published file with --source"


@dataclass(frozen=True)
class Dataset:
    """A fully labelled data set, rows in file order."""

    name: str
    features: Float[np.ndarray, "row feature"]
    labels: Int[np.ndarray, " row"]
    """Class indices 0, 1, ..."""
    classes: tuple[str, ...]
    """The name of each class."""


@dataclass(frozen=True)
class Entry:
    """A named data set: what reads it, and the source file it is read from (none for generated data)."""

    load: Callable[[Path], Dataset]
    file: str | None


def load_dataset(name: str, sources: Sources) -> Dataset:
    """The data set ``name``: a registered one, or a table taken in earlier with ``npal prepare --data FILE``.

    Raises:
        UsageError: if there is no such data set.
        DataError: if its source cannot be had or is not what it should be.
    """
    if name in REGISTRY:
        entry = REGISTRY[name]
        path = sources.path(entry.file) if entry.file is not None else Path()
        try:
            return entry.load(path)
        except (OSError, EOFError, ValueError, KeyError, zlib.error) as error:  # what the readers of tables raise
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(f"{entry.file}: not a readable copy of the published file ({reason}); {GIVE}") from error
    if name in tables.known(sources.folder):
        return Dataset(name, *tables.load(name, sources.folder))
    raise unknown("data set", name, known_datasets(sources))


def known_datasets(sources: Sources) -> list[str]:
    """The names that :func:`load_dataset` accepts."""
    return [*REGISTRY, *tables.known(sources.folder)]


def source_digest(name: str, sources: Sources) -> str | None:
    """The SHA-256 of the source file of data set ``name``; None for generated data."""
    if name in REGISTRY:
        file = REGISTRY[name].file
        return sources.digest(file) if file else None
    if name in tables.known(sources.folder):
        return tables.digest(name, sources.folder)
    raise unknown("data set", name, known_datasets(sources))


def load_waveform(_: Path) -> Dataset:
    """Waveform, generated: 5,000 points of 21 features; class 1 (1,647 points) against the other two."""
    return _waveform("waveform", *generate_waveform())


def load_waveform_uci(path: Path) -> Dataset:
    """Waveform, the UCI file as PMLB serves it: the points that the paper used."""
    table = pd.read_csv(path, sep="\t")
    _expect("waveform_21.tsv.gz", table.shape, (5000, 22))
    features = table.drop(columns="target").to_numpy(np.float64)
    return _waveform("waveform_uci", features, table["target"].to_numpy(np.int64))


def load_mushrooms(path: Path) -> Dataset:
    """UCI mushrooms: each letter replaced by its alphabetical rank within its column; poisonous is class 1."""
    table = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
    _expect("agaricus-lepiota.data", table.shape, (8124, 23))
    ranks = [np.unique(table[column].to_numpy(str), return_inverse=True)[1] for column in table.columns[1:]]
    labels = (table[0] == "p").to_numpy(np.int64)
    return Dataset("mushrooms", np.column_stack(ranks).astype(np.float64), labels, ("edible", "poisonous"))


def load_adult(path: Path) -> Dataset:
    """UCI Adult as LIBSVM's a1a: 119 binary features; an income above 50k is class 1."""
    features, labels = load_svmlight_file(str(path), n_features=119)
    _expect("a1a", features.shape, (1605, 119))
    return Dataset("adult", features.toarray(), (labels > 0).astype(np.int64), ("<=50k", ">50k"))


REGISTRY: dict[str, Entry] = {
    "waveform": Entry(load_waveform, None),
    "waveform_uci": Entry(load_waveform_uci, "waveform_21.tsv.gz"),
    "mushrooms": Entry(load_mushrooms, "agaricus-lepiota.data"),
    "adult": Entry(load_adult, "a1a"),
}


def _waveform(name: str, features: Float[np.ndarray, "row feature"], labels: Int[np.ndarray, " row"]) -> Dataset:
    standardised = (features - features.mean(axis=0)) / features.std(axis=0, ddof=1)
    return Dataset(name, standardised, (labels == 1).astype(np.int64), ("0 or 2", "1"))


def _expect(file: str, found: tuple[int, ...], expected: tuple[int, int]) -> None:
    if found != expected:
        raise DataError(
            f"{file}: {found[0]} rows of {found[1]} columns, expected {expected[0]} of {expected[1]}; "
            f"the file is truncated or another one; {GIVE}"
        )
