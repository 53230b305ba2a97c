"""Refits one by one with scikit-learn: the plain truth that faster implementations are tested against."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from sklearn import config_context

from npal_cli.classifiers import Classifier
from npal_cli.engine import Engine
from npal_cli.refit.base import Predictions, RefitProblem

BLOCK = 100
"""Candidates in one piece of work: small enough to balance workers, large enough to hide the cost of sending it."""


def refit_sequential(problems: Sequence[RefitProblem], classifier: Classifier, engine: Engine) -> list[Predictions]:
    """Fit ``classifier`` to each problem's training set, then anew with each of its candidates added.

    Raises:
        ValueError: if a training set holds one class only.
    """
    blocks = [list(_blocks(problem)) for problem in problems]
    work = [(classifier, block) for of_problem in blocks for block in of_problem]
    results = list(engine.map(_refit_block, work, label="refits", unit="block"))
    predictions = []
    for of_problem in blocks:
        parts, results = results[: len(of_problem)], results[len(of_problem) :]
        predictions.append(Predictions(parts[0].before, np.concatenate([part.after for part in parts])))
    return predictions


def _blocks(problem: RefitProblem) -> Iterator[RefitProblem]:
    """The problem with some of its candidates at a time; one block without any if it has none."""
    for start in range(0, max(len(problem.candidate_labels), 1), BLOCK):
        part = slice(start, start + BLOCK)
        yield replace(
            problem,
            candidate_features=problem.candidate_features[part],
            candidate_labels=problem.candidate_labels[part],
        )


def _refit_block(work: tuple[Classifier, RefitProblem]) -> Predictions:
    classifier, problem = work
    # The inputs are npal's own arrays: checking them again at each of a million fits would cost a third of the time.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        base = classifier.fit(problem.features, problem.labels, problem.training_weights)
        after = np.empty((len(problem.candidate_labels), len(problem.evaluation_features)), dtype=np.int64)
        features = np.concatenate([problem.features, problem.features[:1]])
        labels = np.append(problem.labels, 0)
        for i, (point, label) in enumerate(zip(problem.candidate_features, problem.candidate_labels, strict=True)):
            features[-1], labels[-1] = point, label
            after[i] = classifier.fit(features, labels, problem.training_weights).predict(problem.evaluation_features)
        return Predictions(base.predict(problem.evaluation_features), after)
