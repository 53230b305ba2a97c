"""Every implementation of refits equals plain scikit-learn fits, one at a time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits, load_wine
from sklearn.linear_model import LogisticRegression

from npal_cli.classifiers import make_classifier
from npal_cli.engine import Engine
from npal_cli.kernels.cache import Cache
from npal_cli.refit import RefitProblem, refit
from npal_cli.refit.backends import numba as compiled
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
from tests.refit.truth import assert_equal_truth

SETTINGS = ["balanced", "imbalanced", "imbalanced_weighted"]


@pytest.mark.parametrize("annotated", [10, 50, 110])
@pytest.mark.parametrize("setting", ["balanced", "imbalanced_weighted"])
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_refits_equal_a_plain_loop(implementation, classifier, name, setting, annotated, sources):
    problem = refit_problem(name, setting, sources, annotated)
    assert_equal_truth(refit_with(implementation, [problem], classifier)[0], problem, classifier)


@pytest.mark.exhaustive
@pytest.mark.parametrize("annotated", [10, 30, 50, 70, 90, 100, 110])
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", FAST)
def test_thousands_of_refits_equal_a_plain_loop(implementation, classifier, name, setting, annotated, sources):
    problem = refit_problem(name, setting, sources, annotated, candidates=2000)
    assert_equal_truth(refit_with(implementation, [problem], classifier)[0], problem, classifier, decided=0.99)


@pytest.mark.parametrize("drop", [None, 1])
@pytest.mark.parametrize(("load", "annotated"), [(load_wine, 40), (load_digits, 100)])
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", FAST)
def test_many_classes_some_of_them_not_annotated_yet(implementation, classifier, load, annotated, drop):
    problem = many_classes(load, annotated, drop=drop)
    assert_equal_truth(refit_with(implementation, [problem], classifier)[0], problem, classifier, decided=0.5)


@st.composite
def nasty_problems(draw, classes=2):
    """Few values, so that points repeat, some with opposite labels; constant and huge features; a class of one.

    Of more than two classes some are not annotated yet.
    """
    n, d = draw(st.integers(3, 12)), draw(st.integers(1, 6))
    values = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = values.integers(-2, 3, size=(n + 8 + 15, d)) * draw(st.sampled_from([0.01, 1.0, 1.0, 30.0]))
    x += draw(st.sampled_from([0.0, 0.0, 1.0])) * 0.1 * values.normal(size=x.shape)
    if d > 1:
        x[:, 0] *= draw(st.sampled_from([0.0, 1.0, 1e3]))
    y = values.integers(0, classes, size=len(x))
    if classes == 2 and draw(st.booleans()):
        y = (x.sum(axis=1) > 0).astype(int)
    if draw(st.booleans()):
        y[:n] = 0
    y[:2] = 0, 1
    weights = np.array(draw(st.sampled_from([(1.0, 1.0, 1.0, 1.0), (1.8, 0.2, 1.1, 0.57)])))[:classes]
    return RefitProblem(x[:n], y[:n], x[n : n + 8], y[n : n + 8], x[n + 8 :], y[n + 8 :], weights)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(problem=nasty_problems())
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", FAST)
def test_refits_of_nasty_data_equal_a_plain_loop(implementation, classifier, problem):
    result = refit_with(implementation, [problem], classifier)[0]
    # Where features are 1e5 and probabilities 1e-8, scikit-learn's decision values are known to no more than this.
    assert_equal_truth(result, problem, classifier, decided=0, undecided=1e-5)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(problem=nasty_problems(classes=4))
def test_svm_refits_of_nasty_data_of_many_classes_equal_a_plain_loop(problem):
    assert_equal_truth(refit_with("numba", [problem], "svm")[0], problem, "svm", decided=0, undecided=1e-5)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_many_problems_at_once_equal_each_alone_whatever_the_workers(implementation, classifier):
    problems = [toy_problem(candidates) for candidates in (0, 3, 2500 if implementation != "sequential" else 150, 7)]
    together = refit_with(implementation, problems, classifier, workers=2)
    for problem, result in zip(problems, together, strict=True):
        alone = refit_with(implementation, [problem], classifier)[0]
        np.testing.assert_array_equal(result.before, alone.before)
        np.testing.assert_array_equal(result.after, alone.after)
        assert result.after.shape == (len(problem.candidate_labels), 2, 2)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_the_penalty_is_used(implementation, classifier):
    problem = toy_problem(40)
    loose, tight = (refit_with(implementation, [problem], classifier, C=C)[0] for C in (100.0, 0.01))
    expected = refit_with("sequential", [problem], classifier, C=0.01)[0]
    np.testing.assert_array_equal(tight.after, expected.after)
    assert (loose.after != tight.after).any()


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_evaluation_points_of_classes_that_are_not_annotated_are_counted(implementation, classifier):
    problem = toy_problem(5)
    problem = replace(problem, evaluation_labels=np.arange(9) % 3, training_weights=np.ones(3))
    result = refit_with(implementation, [problem], classifier)[0]
    assert (result.after.sum(axis=2) == 3).all()
    assert (result.after[:, :, 2] == 0).all()
    assert (result.before.sum(axis=1) == 3).all()


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_training_set_of_one_class_is_refused(implementation, classifier):
    problem = toy_problem(3)
    problem = replace(problem, labels=np.zeros(16, dtype=int))
    with pytest.raises(ValueError, match="class"):
        refit_with(implementation, [problem], classifier)


def test_the_first_refits_on_a_machine_say_why_they_take_long(monkeypatch, caplog, tmp_path):
    monkeypatch.setattr(compiled, "CACHE", Cache(tmp_path, kept=True))
    with caplog.at_level("INFO", "npal"):
        for _ in range(2):  # the second time as the next process does
            compiled._compile.cache_clear()
            refit_with("numba", [toy_problem(1)], "logistic")
            assert caplog.text.count("compiling") == 1


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_what_a_kernel_does_not_vouch_for_is_refitted_by_scikit_learn(classifier, monkeypatch):
    problem, expected = toy_problem(6), refit_with("sequential", [toy_problem(6)], classifier)[0]
    for kernel in ("_refit_two_classes", "_refit_svm"):
        original = getattr(compiled, kernel)

        def doubtful(*arguments, original=original, **options):
            found = original(*arguments, **options)
            found.after[2], found.trusted[2] = -1, False
            found.soft[2:3] = -1
            return found

        monkeypatch.setattr(compiled, kernel, doubtful)
    result = refit_with("numba", [problem], classifier)[0]
    np.testing.assert_array_equal(result.after, expected.after)
    assert soft_scores("numba", [problem], classifier)[0].after[2] > 0


@pytest.mark.parametrize("part", ["features", "candidate_features", "evaluation_features"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_feature_that_is_not_finite_is_refused_with_its_place(implementation, part, value):
    problem = toy_problem(3)
    features = getattr(problem, part).copy()
    features[2, 1] = value
    for function in (refit_with, soft_scores):
        with pytest.raises(ValueError, match=f"point 2: feature 1 is {value}|candidate 2: feature 1 is {value}"):
            function(implementation, [replace(problem, **{part: features})], "logistic")


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_class_weight_that_is_not_positive_is_refused(implementation, classifier, weight):
    problem = replace(toy_problem(3), training_weights=np.array([1.0, weight]))
    with pytest.raises(ValueError, match=r"training weight of class 1 is .*; expected a positive number"):
        refit_with(implementation, [problem], classifier)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_large_common_offset_changes_nothing(implementation, classifier, classes):
    draws = np.random.default_rng(3)
    labels = np.arange(115) % classes
    x = draws.normal(size=(115, 8)) + 0.7 * np.eye(8)[labels]
    x = np.round(x * 2**20) / 2**20  # so that the offset loses no digits
    weights = np.linspace(0.5, 1.5, classes)

    def shifted(offset):
        y = x + offset
        return RefitProblem(y[:45], labels[:45], y[45:65], labels[45:65], y[65:], labels[65:], weights)

    found = refit_with(implementation, [shifted(2.0**17)], classifier)[0]
    expected = refit_with("sequential", [shifted(0.0)], classifier)[0]
    np.testing.assert_array_equal(found.after, expected.after)
    assert (expected.after != expected.before).any()


@pytest.mark.parametrize("features", [64, 400])
def test_a_candidate_of_an_unseen_class_is_fitted_in_the_span_of_the_points(features):
    draws = np.random.default_rng(0)
    labels = np.append(np.arange(60) % 9, [9, 9, 3])
    x = draws.normal(size=(63, features)) + draws.normal(size=(10, features))[labels]
    problem = RefitProblem(x[:60], labels[:60], x[60:], labels[60:], x, labels, np.ones(10))
    found = refit_with("numba", [problem], "logistic")[0]
    for i in range(2):
        rows = np.append(np.arange(60), 60 + i)
        plain = LogisticRegression(tol=1e-9, max_iter=10000).fit(x[rows], labels[rows])
        counts = np.zeros((10, 10), dtype=int)
        np.add.at(counts, (labels, plain.predict(x)), 1)
        np.testing.assert_array_equal(found.after[i], counts)


class Other:
    """A classifier that no fast implementation knows."""

    name = "other"
    abilities = frozenset(("refits",))

    def fit(self, features, labels, class_weights):
        return make_classifier("logistic").fit(features, labels, class_weights)


@pytest.mark.parametrize(("from_seconds", "told"), [(0.0, True), (1e9, False)])
def test_what_slow_refits_will_take_is_told_once_before_they_start(from_seconds, told, caplog, monkeypatch):
    monkeypatch.setattr("npal_cli.refit.WORTH_TELLING", from_seconds)
    caplog.set_level("INFO", logger="npal")
    draws = np.random.default_rng(0)
    x, labels = draws.normal(size=(20, 2)), np.arange(20) % 2
    problem = RefitProblem(x, labels, x, labels, x, labels, np.ones(2))
    engine = Engine()
    for _ in range(2):
        refit([problem], Other(), engine)
    said = [record.message for record in caplog.records]
    assert [line.startswith("other is refitted one by one: 20 refits of ") for line in said] == [True] * told
