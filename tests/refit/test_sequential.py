"""Refits equal plain scikit-learn fits, one at a time, on real data."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.engine import Engine
from npal_cli.problems.datasets import load_dataset
from npal_cli.problems.problem import PrepareOptions, kept_counts, split, standardise, weights_of
from npal_cli.randomness import Run
from npal_cli.refit import RefitProblem, refit_sequential

TRUTH = {
    "logistic": lambda: LogisticRegression(solver="newton-cholesky", tol=1e-12),
    "svm": lambda: SVC(tol=1e-8),
}


def refit_problem(name, setting, sources, candidates=25):
    data, options = load_dataset(name, sources), PrepareOptions()
    rows = split(data, setting, Run(1, 1), options)
    x = standardise(data.features, "overall")
    pool = rows.pool[:candidates]
    weights = weights_of(kept_counts(data.labels, 2, setting, options), setting)[1]
    labels = data.labels
    return RefitProblem(x[rows.annotated], labels[rows.annotated], x[pool], labels[pool], x[rows.test], weights)


@pytest.mark.parametrize("setting", ["balanced", "imbalanced_weighted"])
@pytest.mark.parametrize("name", ["waveform_uci", "mushrooms", "adult"])
@pytest.mark.parametrize("classifier", TRUTH)
def test_refits_equal_a_plain_loop(name, setting, classifier, sources, engine):
    problem = refit_problem(name, setting, sources)
    result = refit_sequential([problem], make_classifier(classifier, ClassifierOptions()), engine)[0]
    weights = problem.training_weights
    base = TRUTH[classifier]().fit(problem.features, problem.labels, sample_weight=weights[problem.labels])
    np.testing.assert_array_equal(result.before, base.predict(problem.evaluation_features))
    for i in range(len(problem.candidate_labels)):
        x = np.vstack([problem.features, problem.candidate_features[i]])
        y = np.append(problem.labels, problem.candidate_labels[i])
        model = TRUTH[classifier]().fit(x, y, sample_weight=weights[y])
        clear = np.abs(model.decision_function(problem.evaluation_features)) > 1e-6
        expected = model.predict(problem.evaluation_features)
        np.testing.assert_array_equal(result.after[i][clear], expected[clear])


def toy_problem(candidates):
    draws = np.random.default_rng(candidates)
    labels, new = np.tile([0, 1], 8), draws.integers(2, size=candidates)
    x = draws.normal(size=(16, 2)) + labels[:, None]
    return RefitProblem(x, labels, draws.normal(size=(candidates, 2)), new, draws.normal(size=(9, 2)), np.ones(2))


def test_many_problems_at_once_equal_each_alone_whatever_the_workers():
    classifier = make_classifier("logistic", ClassifierOptions())
    problems = [toy_problem(candidates) for candidates in (0, 3, 250)]
    together = refit_sequential(problems, classifier, Engine(2))
    for problem, result in zip(problems, together, strict=True):
        alone = refit_sequential([problem], classifier, Engine(1))[0]
        np.testing.assert_array_equal(result.before, alone.before)
        np.testing.assert_array_equal(result.after, alone.after)
        assert result.after.shape == (len(problem.candidate_labels), 9)
