"""Refits one by one with scikit-learn: the plain truth that faster implementations are tested against."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from sklearn import config_context

from npal_cli.classifiers import Classifier
from npal_cli.engine import Engine
from npal_cli.refit.base import Predictions, RefitProblem

BLOCK = 100
"""Candidates in one piece of work: small enough to balance workers, large enough to hide the cost of sending it."""

_Block = tuple[Classifier, RefitProblem, bool]


def refit_sequential(problems: Sequence[RefitProblem], classifier: Classifier, engine: Engine) -> list[Predictions]:
    """Fit ``classifier`` to each problem's training set, then anew with each of its candidates added.

    Raises:
        ValueError: if a training set holds one class only.
    """
    starts = [range(0, max(len(problem.candidate_labels), 1), BLOCK) for problem in problems]
    blocks = [
        (classifier, _candidates(problem, start, start + BLOCK), start == 0)
        for problem, firsts in zip(problems, starts, strict=True)
        for start in firsts
    ]
    results = engine.map(_refit_block, blocks, label="refits", unit=f"x{BLOCK} refits")
    predictions = []
    for firsts in starts:
        parts = [next(results) for _ in firsts]
        predictions.append(Predictions(parts[0][0], np.concatenate([after for _, after in parts])))
    next(results, None)
    return predictions


def _candidates(problem: RefitProblem, start: int, stop: int) -> RefitProblem:
    return RefitProblem(
        problem.features,
        problem.labels,
        problem.candidate_features[start:stop],
        problem.candidate_labels[start:stop],
        problem.evaluation_features,
        problem.training_weights,
    )


def _refit_block(
    block: _Block,
) -> tuple[Int[np.ndarray, " evaluation"] | None, Int[np.ndarray, "candidate evaluation"]]:
    classifier, problem, with_base = block
    # The inputs are npal's own arrays: checking them again at each of a million fits would cost a third of the time.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        before = None
        if with_base:
            base = classifier.fit(problem.features, problem.labels, problem.training_weights)
            before = base.predict(problem.evaluation_features)
        after = np.empty((len(problem.candidate_labels), len(problem.evaluation_features)), dtype=np.int64)
        features = np.concatenate([problem.features, problem.features[:1]])
        labels = np.append(problem.labels, 0)
        for i, (point, label) in enumerate(zip(problem.candidate_features, problem.candidate_labels, strict=True)):
            features[-1], labels[-1] = point, label
            after[i] = classifier.fit(features, labels, problem.training_weights).predict(problem.evaluation_features)
    return before, after
