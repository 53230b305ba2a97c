"""Extremely randomised trees (Geurts et al., 2006): all of a forest at once, and what they say of points."""

import numpy as np

from npal_cli.kernels import kernel

LEAF = -1
"""In place of the feature that a node asks for."""
SAME = 1e-7
"""Features that differ by no more are the same, as in scikit-learn's trees."""


@kernel
def grow(
    features: np.ndarray, labels: np.ndarray, n_classes: int, n_trees: int, n_tried: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Grow trees until every leaf is of one class, or its points are equal.

    At each node ``n_tried`` features, drawn without replacement, and as many more as it takes to find one that is not
    constant, are cut at a threshold drawn between the smallest and largest value; the cut that leaves the least Gini
    impurity is made.

    Returns:
        Of each node of each tree: the feature it asks for or :data:`LEAF`, the threshold, its left child, whose right
        sibling follows, and its shares of the classes, if a leaf.
    """
    np.random.seed(seed)  # noqa: NPY002  # numba's own generator
    points, n_features = features.shape
    most = 2 * points - 1
    asked = np.full((n_trees, most), LEAF, np.int32)
    thresholds = np.zeros((n_trees, most))
    left = np.zeros((n_trees, most), np.int32)
    shares = np.zeros((n_trees, most, n_classes))
    rows = np.empty(points, np.int64)
    columns = np.arange(n_features)
    waiting = np.empty((most, 3), np.int64)
    total, below = np.zeros(n_classes), np.zeros(n_classes)
    for tree in range(n_trees):
        for i in range(points):
            rows[i] = i
        nodes = 1
        waiting[0, 0], waiting[0, 1], waiting[0, 2] = 0, 0, points
        left_to_do = 1
        while left_to_do > 0:
            left_to_do -= 1
            node, start, stop = waiting[left_to_do, 0], waiting[left_to_do, 1], waiting[left_to_do, 2]
            total[:] = 0
            for i in range(start, stop):
                total[labels[rows[i]]] += 1
            size = stop - start
            best, best_column, best_threshold = -1.0, LEAF, 0.0
            if total.max() < size:
                for tried in range(n_features):
                    if tried >= n_tried and best_column != LEAF:
                        break
                    drawn = tried + np.random.randint(n_features - tried)  # noqa: NPY002
                    columns[tried], columns[drawn] = columns[drawn], columns[tried]
                    column = columns[tried]
                    low = high = features[rows[start], column]
                    for i in range(start + 1, stop):
                        low = min(low, features[rows[i], column])
                        high = max(high, features[rows[i], column])
                    if high <= low + SAME:
                        continue
                    threshold = low + np.random.random() * (high - low)  # noqa: NPY002
                    if threshold >= high:
                        threshold = low
                    below[:] = 0
                    for i in range(start, stop):
                        if features[rows[i], column] <= threshold:
                            below[labels[rows[i]]] += 1
                    n_below = below.sum()
                    squares_below, squares_above = 0.0, 0.0
                    for label in range(n_classes):
                        squares_below += below[label] ** 2
                        squares_above += (total[label] - below[label]) ** 2
                    purity = squares_below / n_below + squares_above / (size - n_below)
                    if purity > best:
                        best, best_column, best_threshold = purity, column, threshold
            if best_column == LEAF:
                for label in range(n_classes):
                    shares[tree, node, label] = total[label] / size
                continue
            first, last = start, stop - 1
            while first <= last:
                if features[rows[first], best_column] <= best_threshold:
                    first += 1
                else:
                    rows[first], rows[last] = rows[last], rows[first]
                    last -= 1
            asked[tree, node], thresholds[tree, node], left[tree, node] = best_column, best_threshold, nodes
            waiting[left_to_do, 0], waiting[left_to_do, 1], waiting[left_to_do, 2] = nodes + 1, first, stop
            waiting[left_to_do + 1, 0], waiting[left_to_do + 1, 1], waiting[left_to_do + 1, 2] = nodes, start, first
            left_to_do += 2
            nodes += 2
    return asked, thresholds, left, shares


@kernel
def mean_shares(
    features: np.ndarray, asked: np.ndarray, thresholds: np.ndarray, left: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """The shares of the classes in the leaves that each point falls into, averaged over the trees."""
    n_trees, _, n_classes = shares.shape
    result = np.zeros((len(features), n_classes))
    for tree in range(n_trees):
        for point in range(len(features)):
            node = 0
            while asked[tree, node] != LEAF:
                above = features[point, asked[tree, node]] > thresholds[tree, node]
                node = left[tree, node] + above
            for label in range(n_classes):
                result[point, label] += shares[tree, node, label]
    return result / n_trees
