"""What the network is told: the same whatever the order of pool, classes and columns, and the scale of the table."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.classifiers import CLASSIFIERS
from npal_cli.engine import Engine
from npal_cli.guidance.expectations import Beliefs, Expectations
from npal_cli.guidance.options import GuidanceOptions
from npal_cli.learned.inputs import BELIEVED, PREDICTED, Described, Inputs, describe
from npal_cli.objectives import Objective, scorer
from npal_cli.pretraining.problems import Mix, draw_problem
from npal_cli.problems.problem import Problem
from npal_cli.states import AcquisitionState
from npal_cli.teachers import TeacherOptions

DRAWN = [draw_problem(np.random.default_rng(seed), Mix(several=0.2)) for seed in range(8)]


def _expect(name: str, objective: Objective | None = None) -> Expectations:
    kind = CLASSIFIERS[name]
    options = GuidanceOptions(candidates=None, evaluation_points=10**6)
    return Expectations(
        kind.make(kind.Options()), TeacherOptions(), options, objective or Objective(), Engine(refits="sequential")
    )


def _described(problem: Problem, belief: Beliefs, expect: Expectations) -> Described:
    fitted = expect.classifier.fit(
        problem.features[problem.annotated], problem.labels[problem.annotated], problem.training_weights
    )
    state = AcquisitionState(problem.as_seen("reward_set"), 1, fitted, np.random.default_rng(0))
    return describe(expect, [state], [belief])[0]


def _small(problem: Problem) -> Problem:
    return replace(problem, pool=problem.pool[:25], annotated=problem.annotated[:40])


def _believed(problem: Problem) -> Beliefs:
    draws = np.random.default_rng(1)
    return Beliefs(draws.dirichlet(np.ones(problem.n_classes), len(problem.pool)), draws.random(len(problem.pool)))


def _equal(one: Inputs, other: Inputs) -> None:
    for name, values in vars(one).items():
        np.testing.assert_allclose(values, getattr(other, name), atol=2e-3, err_msg=name)


@pytest.mark.parametrize("drawn", DRAWN, ids=range(len(DRAWN)))
def test_all_that_is_told_is_finite_and_squashed(drawn):
    problem = _small(drawn.problem)
    found = _described(problem, _believed(problem), _expect(drawn.classifier, drawn.objective)).inputs
    for values in vars(found).values():
        assert np.isfinite(values).all()
        assert np.abs(values).max() < 30


def test_permuting_the_pool_permutes_the_candidates():
    problem = _small(DRAWN[0].problem)
    belief, order = _believed(problem), np.random.default_rng(2).permutation(25)
    moved = Beliefs(belief.probabilities[order], belief.disagreement[order])
    one = _described(problem, belief, _expect("logistic")).inputs
    other = _described(replace(problem, pool=problem.pool[order]), moved, _expect("logistic")).inputs
    _equal(
        Inputs(one.candidates[order], one.classes[order], one.neighbours[order], one.state),
        other,
    )


def test_the_order_of_the_columns_is_not_told():
    problem = _small(DRAWN[0].problem)
    columns = np.random.default_rng(3).permutation(problem.features.shape[1])
    other = replace(problem, features=problem.features[:, columns])
    belief = _believed(problem)
    _equal(_described(problem, belief, _expect("svm")).inputs, _described(other, belief, _expect("svm")).inputs)


def test_the_network_finds_what_it_looks_for_among_the_inputs_of_a_class():
    problem = _small(DRAWN[0].problem)
    belief = _believed(problem)
    found = _described(problem, belief, _expect("svm"))
    believed, predicted = (found.inputs.classes[:, :, which] for which in (BELIEVED, PREDICTED))
    np.testing.assert_allclose(believed, belief.probabilities[found.trials.tried], atol=1e-6)
    beliefs = found.inputs.classes[:, :, 0]
    np.testing.assert_array_equal(predicted, np.eye(2)[beliefs.argmax(axis=1)])


def test_renaming_the_classes_renames_what_is_told_of_them():
    problem = _small(DRAWN[0].problem)
    assert problem.n_classes == 2
    swapped = replace(
        problem,
        labels=1 - problem.labels,
        class_weights=problem.class_weights[::-1],
        training_weights=problem.training_weights[::-1],
    )
    belief = _believed(problem)
    renamed = Beliefs(belief.probabilities[:, ::-1], belief.disagreement)
    one = _described(problem, belief, _expect("logistic")).inputs
    other = _described(swapped, renamed, _expect("logistic")).inputs
    _equal(Inputs(one.candidates, one.classes[:, ::-1], one.neighbours, one.state), other)


@pytest.mark.parametrize("classifier", ["logistic", "svm"])
def test_a_trial_is_what_one_more_fit_says(classifier):
    problem, expect = _small(DRAWN[0].problem), _expect(classifier)
    belief = _believed(problem)
    found = _described(problem, belief, expect).trials
    model = expect.classifier
    rows, pool = problem.annotated, problem.features[problem.pool]
    before = model.fit(problem.features[rows], problem.labels[rows], problem.training_weights)
    after = model.fit(
        np.concatenate([problem.features[rows], pool[[3]]]),
        np.append(problem.labels[rows], 1),
        problem.training_weights,
    )
    one, other = (
        fitted.soft_predictions(np.concatenate([pool, problem.features[problem.reward]])) for fitted in (before, after)
    )
    targets = np.concatenate([belief.probabilities, np.eye(2)[problem.labels[problem.reward]]])
    position = int(np.flatnonzero(found.tried == 3)[0])
    for name, objective in (("hard", expect.objective), ("soft", Objective("soft_accuracy"))):
        score = scorer(objective, targets, problem.class_weights)
        assert getattr(found, name)[position, 1] == pytest.approx(float(score(other) - score(one)), abs=1e-6)
    assert found.moved[position, 1] == pytest.approx(0.5 * np.abs(other - one).sum(axis=1).mean(), abs=1e-6)
    assert found.flipped[position, 1] == pytest.approx((other.argmax(1) != one.argmax(1)).mean())
