"""The active-learning loop: all runs of an experiment in lock-step (section 4, B.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from npal_cli.classifiers.base import Classifier
from npal_cli.problems.problem import Problem
from npal_cli.randomness import stream
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy

CHECKED = 50
"""Pool points with a prediction, drawn at each step with replacement, that are kept beside their true improvement."""


@dataclass(frozen=True)
class Acquired:
    """What was chosen at steps 1..t, in every run; all that is needed to go on from step t."""

    chosen: Int[np.ndarray, "run step batch"]
    """Rows of the data set."""
    scores: Float[np.ndarray, "run step batch"]
    """The strategy's score of each chosen row."""
    loss: Float[np.ndarray, "run step epoch"]
    """Loss curve of what the strategy trained; no epochs if it trains nothing."""
    checked: Int[np.ndarray, "run step point"]
    """Rows of the pool; none if the strategy does not predict improvements."""
    predicted: Float[np.ndarray, "run step point"]
    """The predicted improvement of each checked row ..."""
    sigma: Float[np.ndarray, "run step point"]
    """... and how unsure the prediction is."""

    @property
    def steps(self) -> int:
        """How many steps were done."""
        return self.chosen.shape[1]


def nothing_acquired(runs: int, batch_size: int) -> Acquired:
    """The state before the first step."""
    empty = np.empty((runs, 0, 0))
    rows = empty.astype(np.int64)
    chosen, scores = np.empty((runs, 0, batch_size), np.int64), np.empty((runs, 0, batch_size))
    return Acquired(chosen, scores, loss=empty, checked=rows, predicted=empty, sigma=empty)


def acquire(
    problems: Sequence[Problem],
    strategy: Strategy,
    classifier: Classifier,
    steps: int,
    start: Acquired,
    on_step: Callable[[Acquired], None] = lambda _acquired: None,
    subsample: int | None = None,
) -> Acquired:
    """Go on from ``start`` until ``steps`` steps are done, choosing as many points at each as ``start`` has columns.

    Each acquisition step scores the pool, labels the chosen points and refits. Strategies that subsample the pool
    choose from ``subsample`` points of it, drawn anew at each step. ``on_step`` is told after each.

    Raises:
        ValueError: if a pool holds fewer points than are to be acquired.
    """
    batch_size = start.chosen.shape[2]
    acquired = start
    current = [p.annotate(rows.ravel()) for p, rows in zip(problems, start.chosen, strict=True)]
    if min(len(problem.pool) for problem in problems) < steps * batch_size:
        raise ValueError(f"{steps} steps of {batch_size} points need a larger pool")
    while acquired.steps < steps:
        step = acquired.steps + 1
        seen = [_subsampled(problem, step, subsample) if strategy.subsamples else problem for problem in current]
        states = [state_of(problem, strategy.task_model(classifier), step, strategy) for problem in seen]
        choices = strategy.query(states, batch_size)
        done = [_done(problem, choice, step) for problem, choice in zip(seen, choices, strict=True)]
        del states  # as large as the pools
        acquired = _extend(acquired, done)
        current = [problem.annotate(one["chosen"]) for problem, one in zip(current, done, strict=True)]
        on_step(acquired)
    return acquired


def _subsampled(problem: Problem, step: int, size: int | None) -> Problem:
    """The problem with a random part of its pool, the same for all strategies that subsample."""
    if size is None or size >= len(problem.pool):
        return problem
    draws = stream("subsample pool", *problem.run, step)
    return replace(problem, pool=np.sort(draws.choice(problem.pool, size=size, replace=False)))


def state_of(
    problem: Problem,
    classifier: Classifier,
    step: int,
    strategy: Strategy,
    candidates: Bool[np.ndarray, " pool"] | None = None,
) -> AcquisitionState:
    """What a strategy knows of a problem before a step, with the task model fitted to what is annotated."""
    annotated = problem.annotated
    return AcquisitionState(
        problem=problem.as_seen(strategy.sees),
        step=step,
        classifier=classifier.fit(problem.features[annotated], problem.labels[annotated], problem.training_weights),
        random=stream("acquire", strategy.name, *problem.run, step),
        candidates=candidates,
    )


def _done(problem: Problem, choice: Choice, step: int) -> dict[str, Shaped[np.ndarray, " _"]]:
    """One run's part of each field of :class:`Acquired` at one step."""
    chosen, prediction = choice.chosen, choice.prediction
    checked = np.empty(0, dtype=np.int64)
    if prediction is not None:
        known = np.flatnonzero(np.isfinite(prediction.mean))
        checked = known[stream("check predictions", *problem.run, step).integers(len(known), size=CHECKED)]
    return {
        "chosen": problem.pool[chosen],
        "scores": choice.scores[chosen],
        "loss": choice.loss if choice.loss is not None else np.empty(0),
        "checked": problem.pool[checked],
        "predicted": prediction.mean[checked] if prediction is not None else np.empty(0),
        "sigma": prediction.sigma[checked] if prediction is not None else np.empty(0),
    }


def _extend(acquired: Acquired, done: Sequence[dict[str, Shaped[np.ndarray, " _"]]]) -> Acquired:
    extended = {}
    for each in fields(acquired):
        before, now = getattr(acquired, each.name), np.stack([one[each.name] for one in done])[:, None]
        extended[each.name] = np.concatenate([before, now], axis=1) if acquired.steps else now
    return Acquired(**extended)
