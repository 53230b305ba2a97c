"""The acquisition loop."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.experiments.acquisition import acquire, evaluate, nothing_acquired
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
    for part in ("chosen", "scores", "loss"):
        assert getattr(resumed, part).tobytes() == getattr(whole, part).tobytes()


def test_runs_in_lock_step_equal_runs_alone():
    problems = [make_problem(seed) for seed in (1, 2, 3)]
    together = run_loop(problems, "cbal")
    for i, problem in enumerate(problems):
        np.testing.assert_array_equal(together.chosen[i], run_loop([problem], "cbal").chosen[0])


@pytest.mark.parametrize("name", [name for name in ALL if name != "oracle"])
def test_pool_labels_not_acquired_and_the_test_set_change_nothing(name, problem):
    before = run_loop([problem], name)
    acquired = set(before.chosen.ravel())
    others = np.array([row for row in (*problem.pool, *problem.test) if row not in acquired])
    labels, features = problem.labels.copy(), problem.features.copy()
    labels[others] = 1 - labels[others]
    features[problem.test] = 1e6
    after = run_loop([replace(problem, labels=labels, features=features)], name)
    assert after.chosen.tobytes() == before.chosen.tobytes()
    assert after.scores.tobytes() == before.scores.tobytes()


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
    best = evaluate(problem, oracle, LOGISTIC).score[1]
    others = [evaluate(problem, np.array([[row]]), LOGISTIC).score[1] for row in problem.pool]
    assert best == max(others)


def test_evaluation_refits_after_each_step_and_scores_the_test_set(problem):
    chosen = problem.pool[:6].reshape(3, 2)
    evaluation = evaluate(problem, chosen, LOGISTIC)
    assert evaluation.predictions.shape == (4, len(problem.test))
    truth = problem.labels[problem.test]
    for step in range(4):
        rows = np.concatenate([problem.annotated, chosen[:step].ravel()])
        model = LogisticRegression(solver="newton-cholesky", tol=1e-12)
        model.fit(problem.features[rows], problem.labels[rows])
        predicted = model.predict(problem.features[problem.test])
        np.testing.assert_array_equal(evaluation.predictions[step], predicted)
        weights = problem.class_weights[truth]
        assert evaluation.score[step] == pytest.approx(weights[predicted == truth].sum() / weights.sum())
        assert evaluation.recall[step, 1] == pytest.approx((predicted[truth == 1] == 1).mean())
    score = evaluation.score
    assert evaluation.auac == pytest.approx(score[0] / 2 + score[1] + score[2] + score[3] / 2)


def test_a_pool_that_is_too_small_is_refused(problem):
    with pytest.raises(ValueError, match="16 steps of 2 points need a larger pool"):
        run_loop([problem], "random", steps=16)


def test_every_strategy_is_tried_here():
    assert {name.removesuffix("_reference") for name in ALL} == set(STRATEGIES)
