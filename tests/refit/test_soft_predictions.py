"""Soft predictions of every implementation of refits equal those of plain scikit-learn fits."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_wine

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.objectives import weighted_accuracy
from npal_cli.refit.backends.numba import Compiled
from npal_cli.refit.backends.sklearn import OneByOne
from npal_cli.refit.backends.torch import Batched
from tests.refit.cases import (
    CLASSIFIERS,
    DATA,
    FAST,
    IMPLEMENTATIONS,
    many_classes,
    refit_problem,
    refit_with,
    soft_scores,
    toy_problem,
)


@pytest.mark.parametrize("annotated", [10, 100])
@pytest.mark.parametrize("setting", ["balanced", "imbalanced_weighted"])
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_soft_predictions_of_refits_equal_those_of_scikit_learns_fits(classifier, name, setting, annotated, sources):
    problem = refit_problem(name, setting, sources, annotated, candidates=15)
    task = make_classifier(classifier, ClassifierOptions())
    fast = Compiled.ready_for([problem], task), Batched(torch.device("cpu"))
    kernels, dense = (backend.soft_predictions(problem, task) for backend in fast)
    one_by_one = OneByOne().soft_predictions(problem, task)
    for found in (kernels, dense):
        np.testing.assert_allclose(found, one_by_one, atol=1e-6)
    np.testing.assert_allclose(kernels.sum(axis=2), 1)
    assert np.ptp(kernels[:-1], axis=0).max() > 1e-4  # candidates matter


@pytest.mark.parametrize("drop", [None, 1])
@pytest.mark.parametrize(("load", "annotated"), [(load_wine, 40), (load_digits, 100)])
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", FAST)
def test_soft_scores_of_many_classes_some_of_them_not_annotated_yet(implementation, classifier, load, annotated, drop):
    problem = many_classes(load, annotated, drop=drop)
    found, expected = (soft_scores(each, [problem], classifier)[0] for each in (implementation, "sequential"))
    assert found.before == pytest.approx(expected.before, abs=1e-6)
    np.testing.assert_allclose(found.after, expected.after, atol=1e-6)
    assert np.ptp(expected.after) > 1e-5


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_accuracy_from_soft_predictions_is_accuracy_from_confusion_counts(implementation, classifier):
    problem = toy_problem(30)
    counts = refit_with(implementation, [problem], classifier)[0]
    found = soft_scores(implementation, [problem], classifier, objective="accuracy")[0]
    np.testing.assert_allclose(found.after, weighted_accuracy(counts.after, problem.training_weights))
    improvements = found.after - weighted_accuracy(counts.before, problem.training_weights)
    np.testing.assert_allclose(found.improvements, improvements, atol=1e-12)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_soft_scores_do_not_depend_on_pieces_or_workers(implementation, monkeypatch):
    problems = [toy_problem(0), toy_problem(150), toy_problem(7)]
    together = soft_scores(implementation, problems, "logistic", workers=2)
    monkeypatch.setattr("npal_cli.refit.SOFT_NUMBERS", 400)  # 22 candidates at a time
    alone = [soft_scores(implementation, [problem], "logistic")[0] for problem in problems]
    for one, other in zip(together, alone, strict=True):
        assert one.before == pytest.approx(other.before, abs=1e-6)
        np.testing.assert_allclose(one.after, other.after, atol=1e-6)
