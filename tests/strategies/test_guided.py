"""Teacher-guided strategies, by hand and against plain loops."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.errors import DataError
from npal_cli.guidance.expectations import Beliefs, standardised
from npal_cli.objectives import OBJECTIVES, Objective
from npal_cli.oracle import ACCURACY
from npal_cli.strategies.expected import Blend, BlendOptions, ExpectedError, ExpectedImprovement
from npal_cli.testing import make_problem
from tests.strategies.conftest import expecting, state_of


def make(kind, classifier="logistic", objective=ACCURACY, **options):
    task = make_classifier(classifier, ClassifierOptions())
    return kind(expecting(task, objective, **options))


def blended(**options):
    return Blend(expecting(make_classifier("logistic", ClassifierOptions())), BlendOptions(**options))


def beliefs_of(state, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(len(state.class_weights)), size=len(state.pool_features))


@pytest.mark.parametrize("classifier", ["logistic", "svm"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_expected_error_is_the_weighted_chance_of_not_being_what_is_predicted(classifier, n_classes):
    state = state_of(make_problem(n_classes=n_classes), classifier=classifier)
    probabilities = beliefs_of(state)
    predicted = state.classifier.predict(state.pool_features)
    expected = [
        sum(w * q for y, (w, q) in enumerate(zip(state.class_weights, row, strict=True)) if y != k)
        for row, k in zip(probabilities, predicted, strict=True)
    ]
    found = make(ExpectedError, classifier).expect.errors(state, probabilities)
    np.testing.assert_allclose(found, expected)


def test_soft_expected_error_of_two_classes_by_hand(problem):
    state = state_of(problem)
    probabilities, p = beliefs_of(state), state.classifier.probabilities(state.pool_features)
    (w0, w1), q = state.class_weights, probabilities[:, 1]
    expected = w0 * (1 - q) * p[:, 1] + w1 * q * p[:, 0]
    np.testing.assert_allclose(make(ExpectedError, error="soft").expect.errors(state, probabilities), expected)


def test_expected_error_with_costs(problem):
    state = state_of(problem)
    probabilities, costs = beliefs_of(state), np.array([[0.0, 7.0], [2.0, -1.0]])
    predicted = state.classifier.predict(state.pool_features)
    found = make(ExpectedError, objective=Objective("cost", ((0.0, 7.0), (2.0, -1.0)))).expect.errors(
        state, probabilities
    )
    np.testing.assert_allclose(found, [row @ costs[:, k] for row, k in zip(probabilities, predicted, strict=True)])
    with pytest.raises(DataError, match="2 x 2"):
        make(ExpectedError, objective=Objective("cost", ((0.0,),))).expect.errors(state, probabilities)


def expected_accuracy(model, features, targets, weights):
    predicted = model.predict(features)
    right = targets[np.arange(len(predicted)), predicted] * weights[predicted]
    return right.sum() / (targets * weights).sum()


def test_expected_improvement_is_a_loop_over_points_and_labels(problem):
    state = state_of(replace(problem, training_weights=np.array([0.4, 1.6])))
    probabilities, weights = beliefs_of(state), state.class_weights
    features = np.concatenate([state.pool_features, state.reward_features])
    targets = np.concatenate([probabilities, np.eye(2)[state.reward_labels]])

    def score(x, y):
        model = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(x, y, state.training_weights[y])
        return expected_accuracy(model, features, targets, weights)

    before = score(state.annotated_features, state.annotated_labels)
    expected = [
        sum(
            q[label] * score(np.vstack([state.annotated_features, x]), np.append(state.annotated_labels, label))
            for label in (0, 1)
        )
        - before
        for x, q in zip(state.pool_features, probabilities, strict=True)
    ]
    found = (
        probabilities * make(ExpectedImprovement, candidates=None).expect.improvements([state], [probabilities])[0]
    ).sum(axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert np.ptp(found) > 0


@pytest.mark.parametrize("points", [5, 30])
def test_evaluation_points_are_drawn_anew_at_each_step(problem, points):
    state = state_of(problem)
    probabilities, expect = beliefs_of(state), make(ExpectedImprovement, evaluation_points=points).expect
    first, second = (expect.improvements([replace(state, step=step)], [probabilities])[0] for step in (1, 2))
    assert np.allclose(first, second, atol=1e-12) == (points == 30)  # all of them, whatever their order


@pytest.mark.parametrize("classifier", ["logistic", "svm"])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_any_objective_is_expected_to_improve(name, classifier):
    objective = Objective(name, ((0.0, 1.0, 4.0), (1.0, 0.0, 1.0), (2.0, 1.0, 0.0)) if name == "cost" else None)
    state = state_of(make_problem(n_classes=3), classifier=classifier)
    found = make(ExpectedImprovement, classifier, objective).expect.improvements([state], [beliefs_of(state)])[0]
    assert np.isfinite(found).all()
    assert np.ptp(found) > 0


def test_only_the_points_with_the_largest_expected_error_are_tried(problem):
    state = state_of(problem)
    probabilities, strategy = beliefs_of(state), make(ExpectedImprovement, candidates=6)
    found = strategy.expect.improvements([state], [probabilities])[0]
    tried = np.flatnonzero(~np.isnan(found).any(axis=1))
    assert set(tried) == set(np.argsort(-strategy.expect.errors(state, probabilities))[:6])
    everything = make(ExpectedImprovement, candidates=None).expect.improvements([state], [probabilities])[0]
    np.testing.assert_array_equal(found[tried], everything[tried])
    scores = strategy.score([state], [Beliefs(probabilities, np.zeros(len(probabilities)))])[0].scores
    assert (np.delete(scores, tried) == (probabilities * found).sum(axis=1)[tried].min()).all()


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_blend_is_the_weighted_sum_of_both_in_deviations(problem, weight):
    state = state_of(problem)
    probabilities, blend = beliefs_of(state), blended(error_weight=weight, excluded_share=0.0)
    error = blend.expect.errors(state, probabilities)
    improvement = (probabilities * blend.expect.improvements([state], [probabilities])[0]).sum(axis=1)
    expected = weight * (error - error.mean()) / error.std() + (improvement - improvement.mean()) / improvement.std()
    belief = Beliefs(probabilities, np.zeros(len(probabilities)))
    np.testing.assert_allclose(blend.score([state], [belief])[0].scores, expected)
    assert standardised(np.full(3, 2.0)).tolist() == [0, 0, 0]


def test_blend_leaves_out_the_points_whose_labels_do_most_harm(problem):
    state = state_of(problem)
    probabilities, blend = beliefs_of(state, seed=1), blended(error_weight=1000.0, excluded_share=0.5)
    error = blend.expect.errors(state, probabilities)
    order = (probabilities * blend.expect.improvements([state], [probabilities])[0]).sum(axis=1).argsort()
    scores = blend.score([state], [Beliefs(probabilities, np.zeros(len(probabilities)))])[0].scores
    assert (scores[order[:15]] == scores.min()).all()
    assert scores.argmax() == max(order[15:], key=lambda i: error[i]) != error.argmax()


@pytest.mark.parametrize("kind", [ExpectedError, ExpectedImprovement, Blend])
def test_strategies_work_without_a_reward_set(kind, problem):
    state = state_of(problem.train_on_reward())
    assert len(make(kind).query([state], 2)[0].chosen) == 2


def test_a_fantasised_batch_is_one_point_after_another_labelled_as_the_teacher_expects(problem):
    state = state_of(problem)
    strategy = make(ExpectedError, error="soft", batches="fantasised")
    probabilities = strategy.expect.class_probabilities([state])[0]
    left, expected, now = list(range(30)), [], state
    for _ in range(5):
        position = int(strategy.expect.errors(now, probabilities[left]).argmax())
        point = left.pop(position)
        expected.append(point)
        now = now.annotate(
            position, int(probabilities[point].argmax()), make_classifier("logistic", ClassifierOptions())
        )
        model = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(
            now.annotated_features, now.annotated_labels
        )
        np.testing.assert_allclose(
            now.classifier.probabilities(problem.features), model.predict_proba(problem.features), atol=1e-8
        )
    assert strategy.query([state], 5)[0].chosen.tolist() == expected
    assert make(ExpectedError, error="soft").query([state], 5)[0].chosen.tolist() != expected


def test_a_fantasised_batch_begins_with_the_best_point_and_holds_the_whole_pool_if_asked(problem):
    state = state_of(problem)
    one, everything = (make(Blend, batches="fantasised").query([state], size)[0] for size in (1, 30))
    assert everything.chosen[0] == one.chosen[0]
    assert sorted(everything.chosen) == list(range(30))
    np.testing.assert_array_equal(everything.scores, one.scores)
