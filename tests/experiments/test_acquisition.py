"""The acquisition loop."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.experiments.acquisition import CHECKED, acquire, nothing_acquired
from npal_cli.experiments.evaluation import evaluate
from npal_cli.problems.problem import HIDDEN
from npal_cli.strategies.base import ScoringStrategy
from npal_cli.strategies.registry import STRATEGIES
from npal_cli.testing import make_problem
from tests.conftest import make_image_problem, make_resnet
from tests.strategies.conftest import ALL, make_strategy, problem_for

LOGISTIC = make_classifier("logistic", ClassifierOptions())


def run_loop(problems, name, steps=3, batch_size=2, **options):
    start = options.pop("start", nothing_acquired(len(problems), batch_size))
    classifier = LOGISTIC if problems[0].features.ndim == 2 else make_resnet()
    return acquire(problems, make_strategy(name), classifier, steps, start, **options)


@pytest.mark.parametrize("name", ALL)
def test_points_are_acquired_from_the_pool_and_only_once(name):
    problem = problem_for(name)
    rows = run_loop([problem], name).chosen[0].ravel()
    assert len(set(rows)) == 6
    assert set(rows) <= set(problem.pool)


@pytest.mark.parametrize("name", ["random", "uncsamp", "halgau", "oracle", "np", "np_plus", "lal"])
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
def test_points_for_evaluation_change_nothing(name):
    """Neither test nor held-out points, nor (but for the control that says so) pool labels not acquired."""
    problem = problem_for(name)
    problem = replace(problem, test=problem.test[:20], held_out=problem.test[20:])
    before = run_loop([problem], name)
    unseen = [*problem.test, *problem.held_out]
    if name != "reward_oracle":
        unseen += [row for row in problem.pool if row not in set(before.chosen.ravel())]
    labels, features = problem.labels.copy(), problem.features.copy()
    labels[unseen] = 1 - labels[unseen]
    features[[*problem.test, *problem.held_out]] = 255 if problem.features.dtype == np.uint8 else 1e6
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


SEEN = {
    "annotated": ("annotated",),
    "reward_set": ("annotated", "reward"),
    "pool_labels": ("annotated", "reward", "pool"),
    "test_set": ("annotated", "reward", "pool", "test", "held_out"),
}


@pytest.mark.parametrize("sees", SEEN)
def test_a_strategy_is_given_the_labels_that_it_declares_to_see_and_no_others(problem, sees, monkeypatch):
    monkeypatch.setattr(Spy, "sees", sees)
    spy = Spy()
    acquire([problem], spy, LOGISTIC, 2, nothing_acquired(1, 1))
    for state in spy.states:
        known = np.concatenate([getattr(state.problem, part) for part in SEEN[sees]])
        hidden = np.setdiff1d(np.arange(len(problem.labels)), known)
        np.testing.assert_array_equal(state.problem.labels[known], problem.labels[known])
        if sees != "test_set":
            assert (state.problem.labels[hidden] == HIDDEN).all()
            assert len(state.problem.test) == len(state.problem.held_out) == 0
        assert len(state.reward_labels) == (0 if sees == "annotated" else len(problem.reward))


def test_each_run_and_step_has_a_stream_of_its_own():
    spy = Spy()
    acquire([make_problem(1), make_problem(2)], spy, LOGISTIC, 3, nothing_acquired(2, 1))
    assert [(state.run.seed, state.step) for state in spy.states] == [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (2, 3)]
    beginnings = {state.random.bit_generator.seed_seq.entropy for state in spy.states}
    assert len(beginnings) == 6


class Brightest(ScoringStrategy):
    """Wants the points with the largest first feature, or the brightest image: a score that tells its row."""

    name = "brightest"
    label = "Brightest"
    subsamples = True

    def scores(self, state):
        return state.pool_features.reshape(len(state.pool_features), -1).astype(float).sum(axis=1)


@pytest.mark.parametrize("subsample", [None, 12])
@pytest.mark.parametrize("make", [make_problem, make_image_problem])
def test_a_score_belongs_to_its_row_in_any_order_of_pool_and_annotated_set(make, subsample):
    problem = make()
    brightness = problem.features.reshape(len(problem.labels), -1).astype(float).sum(axis=1)
    classifier = LOGISTIC if problem.features.ndim == 2 else make_resnet()
    for seed in range(3):
        draws = np.random.default_rng(seed)
        mixed = replace(problem, pool=draws.permutation(problem.pool), annotated=draws.permutation(problem.annotated))
        found = acquire([mixed], Brightest(), classifier, 2, nothing_acquired(1, 3), subsample=subsample)
        np.testing.assert_array_equal(found.scores[0], brightness[found.chosen[0]])
        if subsample is None:
            expected = problem.pool[np.argsort(-brightness[problem.pool])[:6]]
            assert found.chosen[0].ravel().tolist() == expected.tolist()


def test_a_strategy_that_subsamples_chooses_from_a_part_drawn_anew_at_each_step(problem):
    spy = Spy()
    acquire([problem], spy, LOGISTIC, 2, nothing_acquired(1, 2), subsample=7)
    assert [len(state.pool_features) for state in spy.states] == [30, 28]  # it does not
    spy.subsamples = True
    acquire([problem], spy, LOGISTIC, 2, nothing_acquired(1, 2), subsample=7)
    first, second = (state.pool_features for state in spy.states[2:])
    assert len(first) == len(second) == 7
    assert not np.array_equal(first, second)
    for features in (first, second):
        assert {tuple(point) for point in features} <= {tuple(point) for point in problem.features[problem.pool]}


def test_all_strategies_that_subsample_choose_from_the_same_part(problem):
    spies = Spy(), Spy()
    for spy in spies:
        spy.subsamples = True
    spies[1].name = "another"
    for spy in spies:
        acquire([problem], spy, LOGISTIC, 1, nothing_acquired(1, 2), subsample=7)
    np.testing.assert_array_equal(*(spy.states[0].pool_features for spy in spies))


def test_learning_loss_is_asked_with_the_network_that_it_is_trained_with():
    problem, strategy = make_image_problem(), make_strategy("lloss")
    acquire([problem], strategy, make_resnet(), 1, nothing_acquired(1, 2))  # another could not predict losses


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
