"""The task model of labels that are known."""

import numpy as np
from jaxtyping import Float, Int
from threadpoolctl import threadpool_limits

from npal_cli.api.query import QuerySetup
from npal_cli.classifiers import FittedClassifier


def fitted(
    setup: QuerySetup,
    features: Float[np.ndarray, "row feature"],
    codes: Int[np.ndarray, " row"],
    weights: Float[np.ndarray, " class"],
) -> FittedClassifier | None:
    """The task model, fitted to the rows with a code of 0 or more; None if these are of fewer than two classes."""
    known = np.flatnonzero(codes >= 0)
    if len(np.unique(codes[known])) < 2:
        return None
    with threadpool_limits(limits=1):  # the same bytes whatever the cores
        return setup.task_model().fit(features[known], codes[known], weights)
