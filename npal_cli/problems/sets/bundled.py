"""Small data sets that come with scikit-learn: no file is needed, and nothing here was tuned on them."""

import numpy as np

from npal_cli.problems.dataset import Dataset, DatasetKind


def load_breast_cancer() -> Dataset:
    """UCI breast cancer (Wisconsin, diagnostic): malignant is class 0; each feature standardised, as units differ."""
    from sklearn import datasets

    data = datasets.load_breast_cancer()
    features = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0, ddof=1)
    return Dataset("breast_cancer", features, data.target.astype(np.int64), ("malignant", "benign"))


def load_digits_3_5() -> Dataset:
    """Handwritten digits of 8 x 8 pixels (UCI optdigits' test part): 3 is class 0, 5 is class 1."""
    from sklearn import datasets

    data = datasets.load_digits()
    chosen = np.isin(data.target, (3, 5))
    labels = (data.target[chosen] == 5).astype(np.int64)
    return Dataset("digits_3_5", data.data[chosen].astype(np.float64), labels, ("3", "5"))


BREAST_CANCER = DatasetKind(
    "breast_cancer",
    load_breast_cancer,
    standardise="overall",
)


DIGITS_3_5 = DatasetKind(
    "digits_3_5",
    load_digits_3_5,
    standardise="overall",
)
