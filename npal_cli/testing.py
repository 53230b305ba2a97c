"""What every strategy promises, as checks that a strategy of one's own can be put to.

In a test of one's own package::

    from npal_cli.testing import check_strategy

    def test_my_strategy_keeps_the_contract():
        check_strategy("my_module:MyStrategy")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool

from npal_cli.classifiers import CLASSIFIERS, Classifier, make_classifier
from npal_cli.engine import Engine
from npal_cli.experiments.acquisition import state_of
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy
from npal_cli.strategies.naming import select
from npal_cli.strategies.parameters import Parameters, Shared
from npal_cli.strategies.services import Services


@dataclass(frozen=True)
class Subject:
    """A strategy under test, with something to ask it about."""

    make: Callable[[], Strategy]
    """Makes it, as new."""
    classifier: Classifier
    problem: Callable[[int], Problem]
    """A problem for a seed."""
    random_scores: bool = False
    """Whether its scores are draws, or trained with draws, for each point: then they do not follow the points."""

    def state(
        self, problem: Problem, seed: int = 0, candidates: Bool[np.ndarray, " pool"] | None = None
    ) -> AcquisitionState:
        """What it knows of a problem."""
        strategy = self.make()
        state = state_of(problem, strategy.task_model(self.classifier), 1, strategy, candidates)
        return replace(state, random=np.random.default_rng(seed))

    def query(
        self,
        problem: Problem,
        batch_size: int = 1,
        seed: int = 0,
        candidates: Bool[np.ndarray, " pool"] | None = None,
    ) -> Choice:
        """What it chooses, newly made."""
        return self.make().query([self.state(problem, seed, candidates)], batch_size)[0]


def describes_itself(subject: Subject) -> None:
    """Name and label are set, its options are a frozen dataclass with defaults, and what it sees is known."""
    kind = type(subject.make())
    assert kind.name.isidentifier(), f"name {kind.name!r} names files: use letters, digits and _"
    assert kind.label, "label is what tables show"
    assert kind.sees in ("annotated", "reward_set", "pool_labels", "test_set"), f"sees {kind.sees!r}"
    if kind.Options is not None:
        assert kind.Options() == kind.Options(), "Options: make them a dataclass whose fields have defaults"
        assert kind.Options.__dataclass_params__.frozen, "Options: make them a frozen dataclass"


def chooses_distinct_pool_points(subject: Subject) -> None:
    """A batch has as many points as were asked for, all of the pool, none twice."""
    problem = subject.problem(0)
    for batch_size in (1, 5, len(problem.pool)):
        chosen = subject.query(problem, batch_size).chosen
        assert len(chosen) == batch_size, f"{len(chosen)} points were chosen, {batch_size} asked for"
        assert len(set(chosen.tolist())) == batch_size, "a point was chosen twice"
        assert set(chosen.tolist()) <= set(range(len(problem.pool))), "positions are those of pool points"


def scores_every_pool_point(subject: Subject) -> None:
    """Scores are finite, one a pool point, and the largest is that of a single choice."""
    problem = subject.problem(0)
    choice = subject.query(problem)
    assert choice.scores.shape == problem.pool.shape, f"{choice.scores.shape} scores of {problem.pool.shape} points"
    assert np.isfinite(choice.scores).all(), "a score is not finite"
    assert choice.scores[choice.chosen[0]] == choice.scores.max(), "the choice has not the largest score"


def depends_on_the_state_alone(subject: Subject) -> None:
    """The same stream gives the same bytes."""
    first, second = (subject.query(subject.problem(0), 4, seed=3) for _ in range(2))
    assert first.chosen.tolist() == second.chosen.tolist(), "chooses otherwise when asked again"
    assert first.scores.tobytes() == second.scores.tobytes(), "scores otherwise when asked again"


def scores_follow_the_points(subject: Subject) -> None:
    """Permuting the pool permutes the scores."""
    if subject.random_scores:
        return
    problem = subject.problem(0)
    order = np.random.default_rng(1).permutation(len(problem.pool))
    before = subject.query(problem).scores
    after = subject.query(replace(problem, pool=problem.pool[order])).scores
    np.testing.assert_allclose(before[order], after, rtol=1e-5, atol=2e-6, err_msg="scores belong to other points")


def chooses_in_runs_together_as_in_each_alone(subject: Subject) -> None:
    """A run's choice does not depend on which other runs are asked about."""
    problems = [subject.problem(seed) for seed in (1, 2)]
    together = subject.make().query([subject.state(problem, problem.run.seed) for problem in problems], 3)
    for problem, choice in zip(problems, together, strict=True):
        alone = subject.query(problem, 3, seed=problem.run.seed)
        assert choice.chosen.tolist() == alone.chosen.tolist(), "chooses otherwise beside another run"


def chooses_among_candidates(subject: Subject) -> None:
    """Only candidates are chosen, and the scores are those without any."""
    problem = subject.problem(0)
    candidates = np.zeros(len(problem.pool), dtype=bool)
    candidates[np.random.default_rng(2).permutation(len(problem.pool))[:6]] = True
    free, choice = subject.query(problem, 3), subject.query(problem, 3, candidates=candidates)
    assert candidates[choice.chosen].all(), "what is no candidate was chosen: use state.best or state.choosable"
    assert len(set(choice.chosen.tolist())) == 3, "a candidate was chosen twice"
    np.testing.assert_array_equal(choice.scores, free.scores, err_msg="scores depend on which points are candidates")


CHECKS: Sequence[Callable[[Subject], None]] = (
    describes_itself,
    chooses_distinct_pool_points,
    scores_every_pool_point,
    depends_on_the_state_alone,
    scores_follow_the_points,
    chooses_in_runs_together_as_in_each_alone,
    chooses_among_candidates,
)


def check_strategy(
    strategy: str,
    *,
    classifier: str | None = None,
    options: Any = None,
    shared: Shared | None = None,
    random_scores: bool = False,
) -> None:
    """Put a strategy to all checks, on small problems of two overlapping classes.

    >>> check_strategy("margin")

    Args:
        strategy: Its name, or an import path.
        classifier: A task model that serves it; None for the first that does and can be refitted.
        options: An instance of its ``Options``; None for the defaults.
        shared: The shared sections of ``params.yaml``; None for the defaults.
        random_scores: Whether its scores are draws for each point, which then do not follow the points.

    Raises:
        AssertionError: naming what it does not keep.
        UsageError: if there is no such strategy or task model.
    """
    kind, variant, _ = select(strategy)
    named = classifier or next(name for name in ("logistic", "svm") if kind.needs <= CLASSIFIERS[name].abilities)
    task_model = make_classifier(named)
    given = options if options is not None or kind.Options is None else kind.Options()
    parameters = Parameters(shared or Shared(), given)

    def make() -> Strategy:
        return kind.make(Services(task_model, parameters, Engine(device="cpu"), variant))

    subject = Subject(make, task_model, make_problem, random_scores)
    for check in CHECKS:
        check(subject)


def make_problem(seed: int = 0, n_classes: int = 2, pool: int = 30, features: int = 3) -> Problem:
    """A problem of overlapping Gaussian classes: 20 annotated points, 20 of reward, 40 of test."""
    draws = np.random.default_rng(seed)
    sizes = [20, pool, 20, 40]
    labels = np.concatenate([draws.permutation(np.arange(size) % n_classes) for size in sizes])
    values = draws.normal(size=(sum(sizes), features)) + 1.2 * np.eye(n_classes, features)[labels]
    annotated, in_pool, reward, test = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    return Problem(
        run=Run(1, seed),
        features=values,
        labels=labels,
        annotated=annotated,
        pool=in_pool,
        reward=reward,
        test=test,
        held_out=in_pool,
        class_weights=np.linspace(1.5, 0.5, n_classes),
        training_weights=np.ones(n_classes),
    )
