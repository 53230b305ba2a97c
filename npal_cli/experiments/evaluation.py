"""How well a classifier does after each acquisition step, on the test set and on points that no strategy selects on.

The published protocol scores on the test set, which Oracle chooses on: its curve there is optimistic. The held-out
points (see :func:`npal_cli.problems.problem.split`) are scored as the test set is: what is measured of each
class is weighted as the class is in the test set. A held-out point of the pool that was acquired is predicted by a
classifier fitted without it: were it left out instead, a strategy that acquires hard points would have an easier exam
(worth up to 0.25 of AUAC in a pool of 34 points).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int, Real

from npal_cli.classifiers import Classifier, FittedClassifier
from npal_cli.engine import Engine
from npal_cli.objectives import (
    Objective,
    class_precision_recall,
    confusion_counts,
    expected_counts,
    weighted_accuracy,
)
from npal_cli.oracle import ACCURACY, pool_improvements
from npal_cli.problems.problem import Problem


@dataclass(frozen=True)
class Scores:
    """One run's acquisition curves on one set of points, at steps 0..T."""

    score: Float[np.ndarray, " state"]
    """Class-weighted accuracy."""
    precision: Float[np.ndarray, "state class"]
    recall: Float[np.ndarray, "state class"]


@dataclass(frozen=True)
class Evaluation:
    """What one run's classifier predicts and how well it does at steps 0..T."""

    test: Scores
    held_out: Scores
    predictions: Int[np.ndarray, "state test"]
    held_out_points: Int[np.ndarray, " class"]
    """How many held-out points there are of each class."""


def evaluate(
    problem: Problem,
    chosen: Int[np.ndarray, "step batch"],
    classifier: Classifier,
    known: Int[np.ndarray, "state test"] | None = None,
) -> Evaluation:
    """Fit after each step, and before the first, and score.

    Where the test set is the held-out points too, ``known`` predictions of the first states need no fit.
    """
    test, held_out = problem.test, problem.held_out
    begun = 0 if known is None or not np.array_equal(test, held_out) else len(known)
    predictions = np.stack(
        [
            np.tile(known[step], 2)
            if known is not None and step < begun
            else _predict(problem, chosen[:step].ravel(), classifier)
            for step in range(len(chosen) + 1)
        ]
    )
    on_test, on_held_out = predictions[:, : len(test)], predictions[:, len(test) :]
    counts = confusion_counts(on_test, problem.labels[test], problem.n_classes)
    held_out_counts = confusion_counts(on_held_out, problem.labels[held_out], problem.n_classes)
    return Evaluation(
        test=_scores(counts, problem),
        held_out=_scores(expected_counts(held_out_counts, counts[0].sum(axis=1)), problem),
        predictions=on_test,
        held_out_points=held_out_counts[0].sum(axis=1),
    )


def _predict(problem: Problem, acquired: Int[np.ndarray, " _"], classifier: Classifier) -> Int[np.ndarray, " _"]:
    """The predicted classes of the test points, then of the held-out ones, after ``acquired`` were labelled."""
    annotated, points = problem.annotate(acquired).annotated, np.union1d(problem.test, problem.held_out)
    predictions = _fit(problem, annotated, classifier).predict(problem.features[points])
    for row in np.intersect1d(acquired, problem.held_out):
        without = _fit(problem, annotated[annotated != row], classifier)
        predictions[points == row] = without.predict(problem.features[[row]])
    return predictions[np.searchsorted(points, np.concatenate([problem.test, problem.held_out]))]


def _fit(problem: Problem, rows: Int[np.ndarray, " _"], classifier: Classifier) -> FittedClassifier:
    return classifier.fit(problem.features[rows], problem.labels[rows], problem.training_weights)


def true_improvements(
    problems: Sequence[Problem],
    chosen: Int[np.ndarray, "run step batch"],
    checked: Int[np.ndarray, "run step point"],
    classifier: Classifier,
    engine: Engine,
    objective: Objective = ACCURACY,
) -> Float[np.ndarray, "run step point"]:
    """What the ``checked`` pool points, whose improvement was predicted before each step, improve on the reward set.

    The prediction is of the score that the network is trained on, so this is what it can be held to.
    """
    if not checked.size:
        return np.empty(checked.shape)
    states, where = [], []
    for problem, rows, points in zip(problems, chosen, checked, strict=True):
        for step in range(len(rows)):
            candidates, position = np.unique(points[step], return_inverse=True)
            states.append(replace(problem.annotate(rows[:step].ravel()), pool=candidates))
            where.append(position)
    values = pool_improvements(states, classifier, engine, "reward", objective)
    return np.stack([v[position] for v, position in zip(values, where, strict=True)]).reshape(checked.shape)


def _scores(counts: Real[np.ndarray, "state class class"], problem: Problem) -> Scores:
    precision, recall = class_precision_recall(counts)
    return Scores(weighted_accuracy(counts, problem.class_weights), precision, recall)
