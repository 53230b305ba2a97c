"""Rows of a table, some of them labelled, as an active-learning problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy import sparse

from npal_cli.errors import DataError, UsageError
from npal_cli.objectives import class_weights
from npal_cli.problems.problem import HIDDEN, Problem
from npal_cli.problems.standardise import standardise as standardised
from npal_cli.randomness import Run
from npal_cli.tables.encoder import encode

ClassWeight = Mapping[Any, float] | str | None


def features_of(X: Any, *, standardise: bool) -> Float[np.ndarray, "row feature"]:
    """Float64 features of an array, a data frame or a sparse matrix.

    The columns of a data frame are encoded as those of a table file: text is one-hot encoded, missing numbers are
    replaced by the median. To ``standardise`` gives each feature mean 0 and deviation 1.

    Raises:
        DataError: if there are no rows, or a number is missing, infinite or too large.
    """
    if isinstance(X, pd.DataFrame):
        features = encode(X.rename(columns=str), "X")
    else:
        given: Any = X
        if sparse.issparse(X):
            given = given.toarray()
        try:
            features = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"X: {error}; give numbers, or a data frame for columns of other kinds") from error
    if features.ndim != 2 or 0 in features.shape:
        raise DataError(f"X has shape {features.shape}; expected rows and columns")
    wrong = np.argwhere(~np.isfinite(features))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(f"X: column {column} of row {row} is {features[row, column]}; give finite numbers")
    return standardised(features, "per_feature") if standardise else features


@dataclass(frozen=True)
class RowLabels:
    """The labels of rows, as far as they are known."""

    codes: Int[np.ndarray, " row"]
    """Positions in ``classes``; :data:`npal_cli.problems.problem.HIDDEN` where the label is not known."""
    classes: np.ndarray
    """All classes, sorted."""

    @classmethod
    def of(cls, y: Any, missing_label: Any = None, classes: Sequence[Any] | None = None) -> "RowLabels":
        """The labels of ``y``, where NaN, None and ``missing_label`` say that one is not known.

        >>> RowLabels.of(["cat", None, "dog"]).codes.tolist()
        [0, -1, 1]

        Raises:
            DataError: if a label is none of ``classes``, or they cannot be sorted.
        """
        values = np.asarray(y)
        if values.ndim != 1:
            raise DataError(f"y has shape {values.shape}; expected one label a row")
        unknown = np.asarray(pd.isna(values))
        if missing_label is not None and not pd.isna(missing_label):
            unknown = unknown | np.array([value == missing_label for value in values], dtype=bool)
        try:
            found = np.unique(values[~unknown].tolist())
        except TypeError as error:
            raise DataError(f"y: {error}; give labels of one kind") from error
        every = found if classes is None else np.unique(np.asarray(classes))
        if not np.isin(found, every).all():
            raise DataError(f"y: label {found[~np.isin(found, every)][0]!r} is none of the classes {every.tolist()}")
        codes = np.full(len(values), HIDDEN, dtype=np.int64)
        codes[~unknown] = np.searchsorted(every, np.asarray(values[~unknown].tolist(), dtype=every.dtype))
        return cls(codes, every)


def weights_of(
    class_weight: ClassWeight, classes: np.ndarray, codes: Int[np.ndarray, " labelled"]
) -> Float[np.ndarray, " class"]:
    """What each class weighs: 1; or by inverse frequency among the labelled rows; or as a mapping says.

    Raises:
        UsageError: if a mapping lacks a class, or a weight is not a positive number.
    """
    if class_weight is None:
        return np.ones(len(classes))
    if class_weight == "balanced":
        return class_weights(np.maximum(np.bincount(codes, minlength=len(classes)), 1))
    if not isinstance(class_weight, Mapping):
        raise UsageError(f"class_weight={class_weight!r}: expected None, 'balanced', or a weight for each class")
    lacking = [label for label in classes.tolist() if label not in class_weight]
    if lacking:
        raise UsageError(f"class_weight has no weight of class {lacking[0]!r}")
    weights = np.array([class_weight[label] for label in classes.tolist()], dtype=np.float64)
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise UsageError(f"class_weight: {weights.tolist()}; expected positive numbers")
    return weights


def run_of(random_state: Any) -> Run:
    """The run whose named streams a seed gives: ``npal acquire --data-seed N --seed N`` has the same.

    Raises:
        UsageError: if it is no whole number from 0 on.
    """
    if isinstance(random_state, Run):
        return random_state
    whole = isinstance(random_state, int | np.integer) and not isinstance(random_state, bool)
    if not whole or not 0 <= random_state < 2**63:
        raise UsageError(f"random_state={random_state!r}: expected a whole number from 0 to 2**63 - 1")
    return Run(int(random_state), int(random_state))


def problem_of(
    features: Float[np.ndarray, "row feature"],
    codes: Int[np.ndarray, " row"],
    annotated: Int[np.ndarray, " annotated"],
    weights: Float[np.ndarray, " class"],
    run: Run,
) -> Problem:
    """The problem whose pool are the rows without a label; there is neither a reward set nor a test set."""
    none = np.empty(0, dtype=np.int64)
    return Problem(
        run=run,
        features=features,
        labels=codes,
        annotated=annotated,
        pool=np.flatnonzero(codes == HIDDEN),
        reward=none,
        test=none,
        held_out=none,
        class_weights=weights,
        training_weights=weights,
    )
