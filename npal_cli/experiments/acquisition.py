"""The active-learning loop: all runs of an experiment in lock-step (section 4, B.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from npal_cli.classifiers import Classifier, FittedClassifier
from npal_cli.objectives import auac, class_precision_recall, confusion_counts, weighted_accuracy
from npal_cli.problems.problem import Problem
from npal_cli.randomness import stream
from npal_cli.strategies import AcquisitionState, Choice, Strategy


@dataclass(frozen=True)
class Acquired:
    """What was chosen at steps 1..t, in every run; all that is needed to go on from step t."""

    chosen: Int[np.ndarray, "run step batch"]
    """Rows of the data set."""
    scores: Float[np.ndarray, "run step batch"]
    """The strategy's score of each chosen row."""
    loss: Float[np.ndarray, "run step epoch"]

    @property
    def steps(self) -> int:
        """How many steps were done."""
        return self.chosen.shape[1]


@dataclass(frozen=True)
class Evaluation:
    """How well one run's classifier does on the test set at steps 0..T."""

    predictions: Int[np.ndarray, "state test"]
    score: Float[np.ndarray, " state"]
    precision: Float[np.ndarray, "state class"]
    recall: Float[np.ndarray, "state class"]

    @property
    def auac(self) -> float:
        """Area under the acquisition curve."""
        return float(auac(self.score))


def nothing_acquired(runs: int, batch_size: int) -> Acquired:
    """The state before the first step."""
    return Acquired(np.empty((runs, 0, batch_size), np.int64), np.empty((runs, 0, batch_size)), np.empty((runs, 0, 0)))


def acquire(
    problems: Sequence[Problem],
    strategy: Strategy,
    classifier: Classifier,
    steps: int,
    start: Acquired,
    on_step: Callable[[Acquired], None] = lambda _acquired: None,
) -> Acquired:
    """Go on from ``start`` until ``steps`` steps are done, choosing as many points at each as ``start`` has columns.

    Each acquisition step scores the pool, labels the chosen points and refits. ``on_step`` is told after each.

    Raises:
        ValueError: if a pool holds fewer points than are to be acquired.
    """
    batch_size = start.chosen.shape[2]
    acquired = start
    current = [p.annotate(rows.ravel()) for p, rows in zip(problems, start.chosen, strict=True)]
    if min(len(problem.pool) for problem in problems) < steps * batch_size:
        raise ValueError(f"{steps} steps of {batch_size} points need a larger pool")
    while acquired.steps < steps:
        states = [_state(problem, classifier, acquired.steps + 1, strategy) for problem in current]
        choices = strategy.query(states, batch_size)
        rows = np.stack([p.pool[choice.chosen] for p, choice in zip(current, choices, strict=True)])
        current = [problem.annotate(chosen) for problem, chosen in zip(current, rows, strict=True)]
        acquired = _extend(acquired, rows, choices)
        on_step(acquired)
    return acquired


def evaluate(problem: Problem, chosen: Int[np.ndarray, "step batch"], classifier: Classifier) -> Evaluation:
    """Fit after each step, and before the first, and score on the test set."""
    labels = problem.labels[problem.test]
    predictions = np.stack(
        [
            _fit(problem.annotate(chosen[:step].ravel()), classifier).predict(problem.features[problem.test])
            for step in range(len(chosen) + 1)
        ]
    )
    counts = confusion_counts(predictions, labels, problem.n_classes)
    precision, recall = class_precision_recall(counts)
    return Evaluation(
        predictions=predictions,
        score=weighted_accuracy(counts, problem.class_weights),
        precision=precision,
        recall=recall,
    )


def _fit(problem: Problem, classifier: Classifier) -> FittedClassifier:
    annotated = problem.annotated
    return classifier.fit(problem.features[annotated], problem.labels[annotated], problem.training_weights)


def _state(problem: Problem, classifier: Classifier, step: int, strategy: Strategy) -> AcquisitionState:
    return AcquisitionState(
        run=problem.run,
        step=step,
        annotated_features=problem.features[problem.annotated],
        annotated_labels=problem.labels[problem.annotated],
        reward_features=problem.features[problem.reward],
        reward_labels=problem.labels[problem.reward],
        pool_features=problem.features[problem.pool],
        class_weights=problem.class_weights,
        training_weights=problem.training_weights,
        classifier=_fit(problem, classifier),
        random=stream("acquire", strategy.name, *problem.run, step),
        truth=problem if strategy.needs_truth else None,
    )


def _extend(acquired: Acquired, rows: Int[np.ndarray, "run batch"], choices: Sequence[Choice]) -> Acquired:
    scores = np.stack([choice.scores[choice.chosen] for choice in choices])
    losses = np.stack([choice.loss if choice.loss is not None else np.empty(0) for choice in choices])
    before = acquired.loss if acquired.steps else np.empty((len(rows), 0, losses.shape[1]))
    return replace(
        acquired,
        chosen=np.concatenate([acquired.chosen, rows[:, None]], axis=1),
        scores=np.concatenate([acquired.scores, scores[:, None]], axis=1),
        loss=np.concatenate([before, losses[:, None]], axis=1),
    )
