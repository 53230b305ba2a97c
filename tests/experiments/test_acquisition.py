"""The acquisition loop."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.experiments.acquisition import CHECKED, acquire, nothing_acquired
from npal_cli.experiments.evaluation import evaluate
from npal_cli.strategies import STRATEGIES, ScoringStrategy
from tests.conftest import make_problem
from tests.strategies.conftest import ALL, make_strategy

LOGISTIC = make_classifier("logistic", ClassifierOptions())


def run_loop(problems, name, steps=3, batch_size=2, **options):
    start = options.pop("start", nothing_acquired(len(problems), batch_size))
    return acquire(problems, make_strategy(name), LOGISTIC, steps, start, **options)


@pytest.mark.parametrize("name", ALL)
def test_points_are_acquired_from_the_pool_and_only_once(name, problem):
    rows = run_loop([problem], name).chosen[0].ravel()
    assert len(set(rows)) == 6
    assert set(rows) <= set(problem.pool)


@pytest.mark.parametrize("name", ["random", "uncsamp", "halgau", "oracle", "np"])
def test_going_on_from_a_step_equals_never_having_stopped(name, problem):
    saved = []
    whole = run_loop([problem], name, on_step=saved.append)
    assert [now.steps for now in saved] == [1, 2, 3]
    resumed = run_loop([problem], name, start=saved[0])
    for part in vars(whole):
        assert getattr(resumed, part).tobytes() == getattr(whole, part).tobytes()


def test_runs_in_lock_step_equal_runs_alone():
    problems = [make_problem(seed) for seed in (1, 2, 3)]
    together = run_loop(problems, "cbal")
    for i, problem in enumerate(problems):
        np.testing.assert_array_equal(together.chosen[i], run_loop([problem], "cbal").chosen[0])


@pytest.mark.parametrize("name", [name for name in ALL if name != "oracle"])
def test_points_for_evaluation_change_nothing(name, problem):
    """Neither test nor held-out points, nor (but for the control that says so) pool labels not acquired."""
    problem = replace(problem, test=problem.test[:20], discarded=problem.test[20:])
    before = run_loop([problem], name)
    unseen = [*problem.test, *problem.discarded]
    if name != "reward_oracle":
        unseen += [row for row in problem.pool if row not in set(before.chosen.ravel())]
    labels, features = problem.labels.copy(), problem.features.copy()
    labels[unseen] = 1 - labels[unseen]
    features[[*problem.test, *problem.discarded]] = 1e6
    after = run_loop([replace(problem, labels=labels, features=features)], name)
    for part in vars(before):
        assert getattr(after, part).tobytes() == getattr(before, part).tobytes()


class Spy(ScoringStrategy):
    """Remembers the states it was asked about."""

    name = "spy"
    label = "Spy"

    def __init__(self):
        self.states = []

    def scores(self, state):
        self.states.append(state)
        return np.zeros(len(state.pool_features))


def test_the_truth_is_given_only_to_a_strategy_that_declares_it(problem):
    spy = Spy()
    acquire([problem], spy, LOGISTIC, 2, nothing_acquired(1, 1))
    assert [state.truth for state in spy.states] == [None, None]


def test_each_run_and_step_has_a_stream_of_its_own():
    spy = Spy()
    acquire([make_problem(1), make_problem(2)], spy, LOGISTIC, 3, nothing_acquired(2, 1))
    assert [(state.run.seed, state.step) for state in spy.states] == [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (2, 3)]
    beginnings = {state.random.bit_generator.seed_seq.entropy for state in spy.states}
    assert len(beginnings) == 6


def test_the_oracle_does_see_them(problem):
    labels = problem.labels.copy()
    labels[problem.test] = 1 - labels[problem.test]
    changed = run_loop([replace(problem, labels=labels)], "oracle")
    assert changed.chosen.tolist() != run_loop([problem], "oracle").chosen.tolist()


def test_the_oracle_takes_the_step_that_raises_the_test_score_most(problem):
    oracle = run_loop([problem], "oracle", steps=1, batch_size=1).chosen[0]
    best = evaluate(problem, oracle, LOGISTIC).test.score[1]
    others = [evaluate(problem, np.array([[row]]), LOGISTIC).test.score[1] for row in problem.pool]
    assert best == max(others)


def test_the_control_takes_the_step_that_raises_the_reward_score_most(problem):
    chosen = run_loop([problem], "reward_oracle", steps=1, batch_size=1).chosen[0]
    on_reward = replace(problem, test=problem.reward)
    best = evaluate(on_reward, chosen, LOGISTIC).test.score[1]
    assert best == max(evaluate(on_reward, np.array([[row]]), LOGISTIC).test.score[1] for row in problem.pool)


def test_predictions_are_kept_of_pool_points_drawn_at_each_step(problem):
    acquired = run_loop([problem], "np")
    assert acquired.checked.shape == acquired.predicted.shape == acquired.sigma.shape == (1, 3, CHECKED)
    for step in range(3):
        assert set(acquired.checked[0, step]) <= set(problem.annotate(acquired.chosen[0, :step].ravel()).pool)
    assert (acquired.sigma > 0).all()
    assert run_loop([problem], "random").checked.shape == (1, 3, 0)


def test_a_pool_that_is_too_small_is_refused(problem):
    with pytest.raises(ValueError, match="16 steps of 2 points need a larger pool"):
        run_loop([problem], "random", steps=16)


def test_every_strategy_is_tried_here():
    assert {name.removesuffix("_reference") for name in ALL} == set(STRATEGIES)
