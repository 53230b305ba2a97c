"""Features with mean 0 and deviation 1."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from npal_cli.errors import DataError
from npal_cli.problems.dataset import Features


def standardise(
    features: Features, how: Literal["overall", "per_feature"], training_rows: int | None = None
) -> Float[np.ndarray, "row feature"]:
    """Features with mean 0 and deviation 1 (ddof = 0), over all entries or within each feature; images as vectors.

    All rows take part, as in the published code (features are known for every point before any label is), or the
    first ``training_rows`` of data with a test part. A constant feature becomes 0.

    Raises:
        DataError: if a number is so large (or all are so small) that a feature becomes constant or not finite.
    """
    values = features.reshape(len(features), -1).astype(np.float64, copy=False)
    known = values[:training_rows]
    axis = None if how == "overall" else 0
    with np.errstate(all="ignore"):  # what overflows, or underflows, is refused below
        constant = np.ptp(known, axis=axis, keepdims=True) == 0
        deviation = np.where(constant, 1.0, known.std(axis=axis, keepdims=True))
        result = values - known.mean(axis=axis, keepdims=True)
        result /= deviation
        result[np.broadcast_to(constant, result.shape)] = 0.0
        spread, varied = np.ptp(result, axis=0), np.ptp(known, axis=0) > 0
    lost = np.flatnonzero(~np.isfinite(spread) | (varied & (spread == 0)))
    if len(lost):
        finite = bool(np.isfinite(deviation).all())
        beside = np.abs(values) if how == "overall" else np.abs(values[:, lost[:1]])
        row, column = np.unravel_index(beside.argmax(), beside.shape)
        number = int(column) if how == "overall" else int(lost[0])
        raise DataError(
            f"feature {lost[0] + 1}: its values cannot be told apart once they are standardised ({how}) beside "
            f"{values[row, number]:g} in row {row + 1} of feature {number + 1}; correct that number"
            + (", or set prepare.standardise to per_feature in params.yaml" if how == "overall" and finite else "")
        )
    return result
