"""Learning Active Learning: a regression of improvements on what a forest says of a point and of itself."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, final

import numpy as np
from annotated_types import Interval
from jaxtyping import Float, Int

from npal_cli.classifiers.base import Classifier
from npal_cli.engine import Engine
from npal_cli.objectives import Objective
from npal_cli.problems.problem import Problem
from npal_cli.problems.simulated import SimulatedProblems, SimulateOptions, simulate
from npal_cli.randomness import Run, draw_seed, stream
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy
from npal_cli.strategies.looks import Look
from npal_cli.strategies.parameters import Parameters
from npal_cli.strategies.services import Services

Regression = Any
"""A random forest of scikit-learn's."""

Training = tuple[Problem, SimulatedProblems, Float[np.ndarray, "problem point"], int]


@dataclass(frozen=True)
class LALOptions:
    """How LAL learns."""

    problems: Annotated[int, Interval(ge=1, le=1_000_000)] = 50
    """Simulated problems that it learns from, of which each takes a forest."""
    trees: Annotated[int, Interval(ge=10, le=10_000)] = 50
    """Of the forests that are looked at, and of the one that learns."""


@final
class LAL(Strategy):
    """Acquires the point whose improvement a random forest predicts to be largest from eight numbers.

    These are what a forest of the annotated set says of the point, the mean and the deviation of its trees' probability
    of class 1, and what it says of itself and of the state: the share of class 1, its accuracy out of bag, the variance
    of its feature importances, its mean deviation over the pool, the mean depth of its trees, and how many points are
    annotated. The improvements that it learns from are those of the task model in the run's own simulated problems,
    once a run, before the first step.

    Source: Konyushkova et al. (2017), *Learning active learning from data*, sections 4 and 5, which learn from
    synthetic problems, or from another data set.
    """

    name = "lal"
    label = "LAL"
    order = 110
    look = Look("#1E96B4", "#87F0C3", "triangle-down", "dashed")
    Options = LALOptions
    uses = ("objective", "simulate")
    needs = frozenset(("refits",))
    sees = "reward_set"
    max_classes = 2

    def __init__(
        self,
        classifier: Classifier,
        simulating: SimulateOptions,
        options: LALOptions,
        objective: Objective,
        engine: Engine,
    ) -> None:
        self._classifier = classifier
        self._simulating = replace(simulating, problems=options.problems)
        self._trees = options.trees
        self._objective = objective
        self._engine = engine
        self._learnt: dict[Run, Regression] = {}

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With the services' refits and objective, on problems simulated as for ``np``."""
        given = services.parameters
        simulating, objective = given.shared.simulate, given.shared.objective
        return cls(services.classifier, simulating, given.options, objective, services.engine)

    @classmethod
    def ranks(cls, given: Parameters) -> bool:  # noqa: ARG003
        """It does."""
        return True

    @classmethod
    def parameters(cls, given: Parameters) -> dict[str, Any]:
        """As of others; but how many problems are simulated its own options say."""
        recorded = super().parameters(given)
        simulating = {key: value for key, value in recorded["simulate"].items() if key != "problems"}
        return recorded | {"simulate": simulating}

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Learn, where that was not done yet; then predict the improvement of each pool point."""
        self._learn([state for state in states if state.run not in self._learnt], batch_size)
        work = [
            (self._learnt[state.run], state.annotated_features, state.annotated_labels, state.pool_features, seed)
            for state in states
            for seed in [draw_seed(stream("lal forest", *state.run, state.step))]
        ]
        scores = list(
            self._engine.map(
                _predict, [(*each, self._trees) for each in work], label="predicting improvements", unit="run"
            )
        )
        return [Choice(state.best(each, batch_size), each) for each, state in zip(scores, states, strict=True)]

    def _learn(self, states: Sequence[AcquisitionState], batch_size: int) -> None:
        """From the annotated sets before the first step, whichever this is."""
        from npal_cli.oracle import simulated_improvements

        problems = [state.problem.before_last((state.step - 1) * batch_size) for state in states]
        simulated = [
            simulate(
                problem.labels[problem.annotated],
                self._simulating,
                stream("lal simulate", *problem.run),
                reward=len(problem.reward) > 0,
            )
            for problem in problems
        ]
        scores = simulated_improvements(problems, simulated, self._classifier, self._engine, self._objective)
        work = [
            (problem, splits, each.improvements, self._trees)
            for problem, splits, each in zip(problems, simulated, scores, strict=True)
        ]
        learnt = self._engine.map(_train, work, label="learning from simulated problems", unit="run")
        self._learnt |= {problem.run: each for problem, each in zip(problems, learnt, strict=True)}


def features_of(
    annotated: Float[np.ndarray, "annotated feature"],
    labels: Int[np.ndarray, " annotated"],
    pool: Float[np.ndarray, "pool feature"],
    trees: int,
    seed: int,
) -> Float[np.ndarray, "pool 8"]:
    """The eight numbers of each pool point."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(trees, bootstrap=True, oob_score=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Some inputs do not have OOB scores")  # of few trees
        forest.fit(annotated, labels)
    votes = np.stack([tree.predict_proba(pool)[:, -1] for tree in forest.estimators_])
    deviation = votes.std(axis=0)
    state = [
        labels.mean(),
        forest.oob_score_,
        forest.feature_importances_.var(),
        deviation.mean(),
        np.mean([tree.get_depth() for tree in forest.estimators_]),
        len(labels),
    ]
    return np.column_stack([votes.mean(axis=0), deviation, np.tile(state, (len(pool), 1))])


def _train(work: Training) -> Regression:
    from sklearn.ensemble import RandomForestRegressor

    problem, simulated, improvements, trees = work
    seed = draw_seed(stream("lal", *problem.run))
    features, labels = problem.features[problem.annotated], problem.labels[problem.annotated]
    told = [
        features_of(features[annotated], labels[annotated], features[pool], trees, seed)
        for annotated, pool in zip(simulated.annotated, simulated.pool, strict=True)
    ]
    regression = RandomForestRegressor(trees, min_samples_leaf=5, random_state=seed)
    return regression.fit(np.concatenate(told), improvements[simulated.pool])


def _predict(work: tuple[Regression, np.ndarray, np.ndarray, np.ndarray, int, int]) -> np.ndarray:
    regression, annotated, labels, pool, seed, trees = work
    return np.asarray(regression.predict(features_of(annotated, labels, pool, trees, seed)))
