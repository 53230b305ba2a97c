"""The paper's UCI data, read into the very arrays that its code reads (``waveform`` is drawn anew)."""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from npal_cli.problems.dataset import Dataset, DatasetKind, SourceFile
from npal_cli.problems.sets.waveform import generate_waveform


def load_waveform() -> Dataset:
    """Waveform, generated: 5,000 points of 21 features; class 1 (1,647 points) against the other two."""
    return _waveform("waveform", *generate_waveform())


def load_waveform_uci(path: Path) -> Dataset:
    """Waveform, the UCI file as PMLB serves it: the points that the paper used."""
    import pandas as pd

    from npal_cli.tables.formats import check_text

    check_text(path)
    table = pd.read_csv(path, sep="\t")
    _expect(table.shape, (5000, 22))
    features = table.drop(columns="target").to_numpy(np.float64)
    return _waveform("waveform_uci", features, table["target"].to_numpy(np.int64))


def load_mushrooms(path: Path) -> Dataset:
    """UCI mushrooms: each letter replaced by its alphabetical rank within its column; poisonous is class 1."""
    import pandas as pd

    table = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
    _expect(table.shape, (8124, 23))
    ranks = [np.unique(table[column].to_numpy(str), return_inverse=True)[1] for column in table.columns[1:]]
    labels = (table[0] == "p").to_numpy(np.int64)
    return Dataset("mushrooms", np.column_stack(ranks).astype(np.float64), labels, ("edible", "poisonous"))


def load_adult(path: Path) -> Dataset:
    """UCI Adult as LIBSVM's a1a: 119 binary features; an income above 50k is class 1."""
    from sklearn.datasets import load_svmlight_file

    features, labels = load_svmlight_file(str(path), n_features=119)
    _expect(features.shape, (1605, 119))
    return Dataset("adult", features.toarray(), (labels > 0).astype(np.int64), ("<=50k", ">50k"))


def _waveform(name: str, features: Float[np.ndarray, "row feature"], labels: Int[np.ndarray, " row"]) -> Dataset:
    with np.errstate(all="ignore"):  # what overflows is refused below
        deviation = features.std(axis=0, ddof=1)
        standardised = (features - features.mean(axis=0)) / deviation
    for column in np.flatnonzero(~((deviation > 0) & np.isfinite(deviation)))[:1]:
        raise ValueError(f"feature {column + 1} has deviation {deviation[column]}, expected a finite one above 0")
    return Dataset(name, standardised, (labels == 1).astype(np.int64), ("0 or 2", "1"))


def _expect(found: tuple[int, ...], expected: tuple[int, int]) -> None:
    if found != expected:
        raise ValueError(
            f"{found[0]} rows of {found[1]} columns, expected {expected[0]} of {expected[1]}: "
            "the file is truncated or another one"
        )


WAVEFORM = DatasetKind(
    "waveform",
    load_waveform,
    standardise="overall",
)


WAVEFORM_UCI = DatasetKind(
    "waveform_uci",
    load_waveform_uci,
    files=(
        SourceFile(
            "waveform_21.tsv.gz",
            "7c2cc6b218c3c4868ccc2edcf6a637c796f4e6bf4ad9f0994e95a260bfe3aabc",
            "https://github.com/EpistasisLab/pmlb/raw/master/datasets/waveform_21/waveform_21.tsv.gz",
        ),
    ),
    standardise="overall",
)


MUSHROOMS = DatasetKind(
    "mushrooms",
    load_mushrooms,
    files=(
        SourceFile(
            "agaricus-lepiota.data",
            "e65d082030501a3ebcbcd7c9f7c71aa9d28fdfff463bf4cf4716a3fe13ac360e",
            "https://archive.ics.uci.edu/ml/machine-learning-databases/mushroom/agaricus-lepiota.data",
        ),
    ),
    standardise="overall",
)


ADULT = DatasetKind(
    "adult",
    load_adult,
    files=(
        SourceFile(
            "a1a",
            "eb54c45f1bdb51286f803dd092eb8202b44637a858fc6c4e533a2d64a0d94b4e",
            "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/binary/a1a",
        ),
    ),
    standardise="overall",
)
