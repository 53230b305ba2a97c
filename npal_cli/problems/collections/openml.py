"""OpenML's data sets (Vanschoren et al., 2014), by number: fetched once by scikit-learn, which keeps them on disk."""

from functools import cache, partial

import numpy as np

from npal_cli.errors import UsageError
from npal_cli.problems.dataset import Dataset, DatasetKind


@cache  # one kind for a number, however often it is named
def kind(number: str) -> DatasetKind:
    """The data set of a number, whose rows never change.

    Raises:
        UsageError: if it is no number.
    """
    if not number.isascii() or not number.isdigit():
        raise UsageError(f"openml:{number}: expected the number of a data set, as in openml:31")
    return DatasetKind(f"openml_{number}", partial(load, number), version=f"openml {number}")


def load(number: str) -> Dataset:
    """Read it, or fetch it first: columns of any kind become features as those of one's own tables do.

    Raises:
        ValueError: if it cannot be had, or has no classes.
    """
    from sklearn.datasets import fetch_openml

    from npal_cli.tables.encoder import encode

    try:
        found = fetch_openml(data_id=int(number), as_frame=True, parser="auto")
    except OSError as error:  # all that the network raises
        raise ValueError(f"cannot fetch it ({error}); it is kept once it was fetched with a network") from error
    target = found.target
    if target is None or target.dtype.kind == "f":
        raise ValueError("it has no column of classes")
    known = target.notna()
    classes = tuple(str(each) for each in sorted(target[known].unique(), key=str))
    labels = target[known].astype(str).map({each: i for i, each in enumerate(classes)}).to_numpy(dtype=np.int64)
    return Dataset(f"openml_{number}", encode(found.data[known], f"openml:{number}"), labels, classes)
