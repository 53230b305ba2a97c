"""What a teacher expects: how wrong the task model is at a point, and how much each label of it would improve it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from npal_cli.classifiers.base import Classifier
from npal_cli.engine import Engine
from npal_cli.guidance.options import GuidanceOptions
from npal_cli.objectives import Objective, scorer
from npal_cli.randomness import stream
from npal_cli.states import AcquisitionState
from npal_cli.teachers import TeacherOptions, teach

if TYPE_CHECKING:
    import npal_cli.refit

ClassProbabilities = Float[np.ndarray, "_pool class"]
"""The teacher's class probabilities of the pool points; pools may differ in size from one state to the next."""
Scores = Float[np.ndarray, " _pool"]


@dataclass(frozen=True)
class Beliefs:
    """What a teacher says of pool points."""

    probabilities: ClassProbabilities
    disagreement: Scores
    """How far, in total variation, its models are from their mean, on average; 0 where they say the same."""

    def without(self, position: int) -> "Beliefs":
        """What is said of all others."""
        return Beliefs(np.delete(self.probabilities, position, axis=0), np.delete(self.disagreement, position, axis=0))


@dataclass(frozen=True)
class Trial:
    """What is tried in a state, and what it is scored on."""

    problem: "npal_cli.refit.RefitProblem"
    """The refits of each candidate, one after another, under each label."""
    tried: Int[np.ndarray, " candidate"]
    """Positions of the candidates in the pool."""
    seen: Int[np.ndarray, " seen"]
    """Positions of the pool points that fits are scored on, before those of the reward set."""
    targets: Float[np.ndarray, "evaluation class"]
    """What the teacher says of these, and the known classes of the reward set."""


Teaching = tuple[
    Float[np.ndarray, "labelled feature"],
    Int[np.ndarray, " labelled"],
    Float[np.ndarray, "pool feature"],
    int,
    TeacherOptions,
    np.random.Generator,
]


@dataclass(frozen=True)
class Expectations:
    """How a teacher's expectations of a task model are computed, for many states at once."""

    classifier: Classifier
    teacher: TeacherOptions
    options: GuidanceOptions
    objective: Objective
    engine: Engine

    def class_probabilities(self, states: Sequence[AcquisitionState]) -> list[ClassProbabilities]:
        """What a teacher of each run's known labels says of its pool."""
        return [each.probabilities for each in self.beliefs(states)]

    def beliefs(self, states: Sequence[AcquisitionState]) -> list[Beliefs]:
        """The same, and how far the teacher's models differ."""
        work: list[Teaching] = [
            (
                *state.labelled,
                state.pool_features,
                len(state.class_weights),
                self.teacher,
                stream("teach", *state.run, state.step),
            )
            for state in states
        ]
        return list(self.engine.map(_taught, work, label="training teachers", unit="run"))

    def errors(self, state: AcquisitionState, probabilities: ClassProbabilities) -> Scores:
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
        return np.asarray((probabilities @ costs * predictions).sum(axis=1))

    def improvements(
        self, states: Sequence[AcquisitionState], probabilities: Sequence[ClassProbabilities]
    ) -> list[Float[np.ndarray, "_pool class"]]:
        """The improvement that each candidate is expected to bring under each label, by refits; NaN of other points."""
        from npal_cli.refit import refit_and_score

        trials = [self.trial(state, each) for state, each in zip(states, probabilities, strict=True)]
        scorers = [
            scorer(self.objective, trial.targets, state.class_weights)
            for trial, state in zip(trials, states, strict=True)
        ]
        scored = refit_and_score([trial.problem for trial in trials], scorers, self.classifier, self.engine)
        result = []
        for each, trial, scores in zip(probabilities, trials, scored, strict=True):
            values = np.full(each.shape, np.nan)
            values[trial.tried] = scores.improvements.reshape(len(trial.tried), -1)
            result.append(values)
        return result

    def trial(self, state: AcquisitionState, probabilities: ClassProbabilities) -> Trial:
        """The refits of each candidate under each label, scored on pool points and the reward set."""
        from npal_cli.refit import RefitProblem

        n_classes = len(state.class_weights)
        tried = self._tried(state, probabilities)
        draws = stream("evaluation points", *state.run, state.step)
        seen = draws.permutation(len(probabilities))[: self.options.evaluation_points]
        targets = np.concatenate([probabilities[seen], np.eye(n_classes)[state.reward_labels]])
        problem = RefitProblem(
            state.annotated_features,
            state.annotated_labels,
            np.repeat(state.pool_features[tried], n_classes, axis=0),
            np.tile(np.arange(n_classes), len(tried)),
            np.concatenate([state.pool_features[seen], state.reward_features]),
            targets.argmax(axis=1),
            state.training_weights,
        )
        return Trial(problem, tried, seen, targets)

    def _tried(self, state: AcquisitionState, probabilities: ClassProbabilities) -> Int[np.ndarray, " candidate"]:
        """The pool points that are tried: of the largest expected error, ties included."""
        size = self.options.candidates
        if size is None or size >= len(probabilities):
            return np.arange(len(probabilities))
        errors = self.errors(state, probabilities)
        return np.flatnonzero(errors >= np.partition(errors, -size)[-size])


def standardised(values: Float[np.ndarray, "*_"]) -> Float[np.ndarray, "*_"]:
    """Values with mean 0 and deviation 1; NaN stays, and equal values become 0.

    >>> standardised(np.array([1.0, 3.0, np.nan])).tolist()
    [-1.0, 1.0, nan]
    """
    deviation = np.nanstd(values)
    return np.asarray((values - np.nanmean(values)) / (deviation if deviation > 0 else 1.0))


def _taught(work: Teaching) -> Beliefs:
    features, labels, pool, n_classes, options, draws = work
    teacher = teach(features, labels, n_classes, options, draws)
    found = teacher.by_model(pool)
    apart = 0.5 * np.abs(found - found.mean(axis=0)).sum(axis=2).mean(axis=0)
    return Beliefs(teacher.mixture(found), apart)
