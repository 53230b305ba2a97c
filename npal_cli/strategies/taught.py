"""Strategies that hear a teacher: what a flexible model of all known labels believes of the pool."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Float, Int

from npal_cli.classifiers import Classifier
from npal_cli.engine import Engine
from npal_cli.objectives import Objective, scorer
from npal_cli.randomness import stream
from npal_cli.refit import RefitProblem, refit_and_score
from npal_cli.strategies.base import AcquisitionState, Choice, Strategy, top
from npal_cli.teachers import TeacherOptions, teach

Beliefs = Float[np.ndarray, "pool class"]
"""The teacher's class probabilities of the pool points."""
Scores = Float[np.ndarray, " pool"]

Taught = tuple[
    Float[np.ndarray, "labelled feature"],
    Int[np.ndarray, " labelled"],
    Float[np.ndarray, "pool feature"],
    int,
    TeacherOptions,
    np.random.Generator,
]


@dataclass(frozen=True)
class TaughtOptions:
    """How the strategies that hear a teacher work."""

    batches: Literal["top", "fantasised"] = "top"
    """``top``: a batch is the points with the largest scores; ``fantasised``: point after point, each given the label
    that the teacher thinks likeliest until the batch is complete."""
    error: Literal["hard", "soft"] = "hard"
    """Of ``expected_error``: of the class that the task model predicts, or by how much it believes in each."""
    evaluation_points: Annotated[int, Ge(1)] = 400
    """Of ``eer``: pool points, drawn anew at each step, that refits are scored on, besides the reward set."""
    candidates: Annotated[int, Ge(1)] | None = 150
    """Of ``eer``: how many pool points, those of the largest expected error, are tried; null for all of them."""


class TaughtStrategy(Strategy):
    """Scores pool points by what a teacher believes of their labels."""

    needs = frozenset(("refits",))

    def __init__(
        self,
        classifier: Classifier,
        teacher: TeacherOptions,
        options: TaughtOptions,
        objective: Objective,
        engine: Engine,
    ) -> None:
        self.classifier = classifier
        self.options = options
        self.objective = objective
        self.engine = engine
        self._teacher = teacher

    @abstractmethod
    def scores(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scores]:
        """A score for each pool point of each run: the larger the better."""

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Teach, score and take the best of each run: all at once, or one after another with fantasised labels."""
        beliefs = self.beliefs(states)
        first = self.scores(states, beliefs)
        if self.options.batches == "top":
            return [Choice(top(s, batch_size, state.random), s) for s, state in zip(first, states, strict=True)]
        runs = [_Fantasy(state, each) for state, each in zip(states, beliefs, strict=True)]
        scores = first
        for left in reversed(range(batch_size)):
            for run, each in zip(runs, scores, strict=True):
                run.take(each, self.classifier)
            if left:
                scores = self.scores([run.state for run in runs], [run.beliefs for run in runs])
        return [Choice(np.array(run.chosen), each) for run, each in zip(runs, first, strict=True)]

    def errors(self, state: AcquisitionState, beliefs: Beliefs) -> Scores:
        """The expected cost of what the task model predicts for each pool point; by class weight, if not by costs."""
        if self.options.error == "hard":
            predictions = np.eye(len(state.class_weights))[state.classifier.predict(state.pool_features)]
        else:
            predictions = state.classifier.soft_predictions(state.pool_features)
        if self.objective.name == "cost":
            self.objective.check(len(state.class_weights))
            costs = np.array(self.objective.costs)
        else:
            costs = state.class_weights[:, None] * (1 - np.eye(len(state.class_weights)))
        return np.asarray((beliefs @ costs * predictions).sum(axis=1))

    def improvements(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scores]:
        """The expected improvement of each candidate of each run, by refitting with each of its labels; else NaN."""
        candidates = [self._candidates(state, each) for state, each in zip(states, beliefs, strict=True)]
        problems, scorers = [], []
        for state, each, tried in zip(states, beliefs, candidates, strict=True):
            n_classes = len(state.class_weights)
            draws = stream("evaluation points", *state.run, state.step)
            seen = draws.permutation(len(each))[: self.options.evaluation_points]
            targets = np.concatenate([each[seen], np.eye(n_classes)[state.reward_labels]])
            problem = RefitProblem(
                state.annotated_features,
                state.annotated_labels,
                np.repeat(state.pool_features[tried], n_classes, axis=0),
                np.tile(np.arange(n_classes), len(tried)),
                np.concatenate([state.pool_features[seen], state.reward_features]),
                targets.argmax(axis=1),
                state.training_weights,
            )
            problems.append(problem)
            scorers.append(scorer(self.objective, targets, state.class_weights))
        result = []
        scored = refit_and_score(problems, scorers, self.classifier, self.engine)
        for each, tried, scores in zip(beliefs, candidates, scored, strict=True):
            values = np.full(len(each), np.nan)
            values[tried] = (scores.improvements.reshape(len(tried), -1) * each[tried]).sum(axis=1)
            result.append(values)
        return result

    def _candidates(self, state: AcquisitionState, beliefs: Beliefs) -> Int[np.ndarray, " candidate"]:
        """The pool points that are tried: of the largest expected error, ties included."""
        size = self.options.candidates
        if size is None or size >= len(beliefs):
            return np.arange(len(beliefs))
        errors = self.errors(state, beliefs)
        return np.flatnonzero(errors >= np.partition(errors, -size)[-size])

    def beliefs(self, states: Sequence[AcquisitionState]) -> list[Beliefs]:
        """What a teacher of each run's known labels believes of its pool."""
        work: list[Taught] = [
            (
                *state.labelled,
                state.pool_features,
                len(state.class_weights),
                self._teacher,
                stream("teach", *state.run, state.step),
            )
            for state in states
        ]
        return list(self.engine.map(_believe, work, label="teachers"))


class _Fantasy:
    """A run in which each chosen point has the label that the teacher thinks likeliest."""

    def __init__(self, state: AcquisitionState, beliefs: Beliefs) -> None:
        self.state = state
        self.beliefs = beliefs
        self.chosen: list[int] = []
        self._left = np.arange(len(beliefs))

    def take(self, scores: Scores, classifier: Classifier) -> None:
        """Choose the best point that is left."""
        position = int(top(scores, 1, self.state.random)[0])
        self.chosen.append(int(self._left[position]))
        self.state = self.state.annotate(position, int(self.beliefs[position].argmax()), classifier)
        self.beliefs = np.delete(self.beliefs, position, axis=0)
        self._left = np.delete(self._left, position)


def _believe(work: Taught) -> Beliefs:
    features, labels, pool, n_classes, options, draws = work
    return teach(features, labels, n_classes, options, draws).probabilities(pool)
