"""Evaluation: on the test set, and on points that no strategy selects on."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_score

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.engine import Engine
from npal_cli.experiments.evaluation import evaluate, true_improvements
from npal_cli.problems.datasets import load_dataset
from npal_cli.problems.problem import Problem
from npal_cli.problems.split import PrepareOptions, kept_counts, split, weights_of
from npal_cli.randomness import Run
from npal_cli.testing import make_problem

LOGISTIC = make_classifier("logistic", ClassifierOptions())


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
        assert evaluation.test.score[step] == pytest.approx(weights[predicted == truth].sum() / weights.sum())
        assert evaluation.test.recall[step, 1] == pytest.approx((predicted[truth == 1] == 1).mean())


def with_discarded(count: int = 200) -> Problem:
    """A problem of two classes, ``count`` points of class 0 discarded and 10 of class 1, as they are then held out."""
    problem = make_problem()
    draws = np.random.default_rng(1)
    labels = np.repeat([0, 1], [count, 10])
    more = draws.normal(size=(count + 10, 3)) + 1.2 * np.eye(2, 3)[labels]
    rows = np.arange(len(problem.labels), len(problem.labels) + count + 10)
    features, labels = np.concatenate([problem.features, more]), np.concatenate([problem.labels, labels])
    ones = problem.pool[labels[problem.pool] == 1]
    return replace(problem, features=features, labels=labels, held_out=np.concatenate([ones, rows[:count]]))


def test_held_out_points_are_never_of_the_annotated_reward_or_test_set(sources):
    data, options, run = load_dataset("adult", sources), PrepareOptions(), Run(1, 1)
    for setting in ("balanced", "imbalanced"):
        rows = split(data, setting, run, options)
        weights = weights_of(kept_counts(data.labels, 2, setting, options), setting)
        parts = vars(rows)
        problem = Problem(
            run, data.features, data.labels, class_weights=weights[0], training_weights=weights[1], **parts
        )
        assert not set(problem.held_out) & {*rows.annotated, *rows.reward, *rows.test}
        from_pool = set(problem.held_out) & set(rows.pool)
        assert {int(label) for label in data.labels[list(from_pool)]} == {1}  # the smaller class is kept whole
        assert len(problem.held_out) >= 815


def test_a_held_out_point_that_was_acquired_is_predicted_without_it():
    """Whatever a strategy acquires, its exam is the same: 200 discarded points of class 0, and class 1 of the pool."""
    problem = with_discarded()
    ones = problem.pool[problem.labels[problem.pool] == 1]
    zero = problem.pool[problem.labels[problem.pool] == 0][0]
    acquired = [ones[0], ones[1], zero, ones[2]]
    evaluation = evaluate(problem, np.array(acquired).reshape(2, 2), LOGISTIC)
    assert evaluation.held_out_points.tolist() == [200, 15]
    everything = np.concatenate([problem.annotated, acquired])
    hits = []
    for row in ones:
        rows = everything[everything != row]
        model = LogisticRegression(solver="newton-cholesky", tol=1e-12)
        hits.append(model.fit(problem.features[rows], problem.labels[rows]).predict(problem.features[[row]])[0])
    assert evaluation.held_out.recall[2, 1] == pytest.approx(np.mean(hits))


def test_the_held_out_score_weights_the_classes_as_the_test_score_does():
    """Class 0 has 200 held-out points and class 1 has 15; in the test set they are 20 and 20."""
    problem = with_discarded()
    evaluation = evaluate(problem, problem.pool[:1, None][:0], LOGISTIC)
    recall, weights = evaluation.held_out.recall[0], problem.class_weights
    assert evaluation.held_out.score[0] == pytest.approx((recall * weights).sum() / weights.sum())
    wrong = 1 - recall
    assert evaluation.held_out.precision[0, 1] == pytest.approx(recall[1] / (recall[1] + wrong[0]))


def test_scoring_the_test_set_as_if_held_out_gives_the_test_score():
    problem = make_problem()
    evaluation = evaluate(replace(problem, held_out=problem.test), problem.test[:0, None], LOGISTIC)
    for part in ("score", "precision", "recall"):
        np.testing.assert_allclose(getattr(evaluation.held_out, part), getattr(evaluation.test, part))
    truth, predicted = problem.labels[problem.test], evaluation.predictions[0]
    assert evaluation.held_out.precision[0, 1] == pytest.approx(precision_score(truth, predicted))


def test_true_improvements_are_those_of_the_state_before_the_step():
    problem = make_problem()
    chosen = problem.pool[:2].reshape(1, 2, 1)
    checked = problem.pool[[[[5, 6, 5], [7, 5, 6]]]]
    found = true_improvements([problem], chosen, checked, LOGISTIC, Engine())[0]
    on_reward = replace(problem, test=problem.reward)
    for step, points in enumerate(checked[0]):
        for i, row in enumerate(points):
            rows = np.append(chosen[0, :step], row)[:, None]
            score = evaluate(on_reward, rows, LOGISTIC).test.score
            assert found[step, i] == pytest.approx(score[-1] - score[-2])
