"""The myopic oracle: how much each point would improve the score, computed by refitting (Algorithm 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from npal_cli.classifiers import Classifier
from npal_cli.engine import Engine
from npal_cli.objectives import weighted_accuracy
from npal_cli.problems.problem import Problem
from npal_cli.refit import Confusions, RefitProblem, refit

Improvements = Float[np.ndarray, " candidate"]
Rows = Int[np.ndarray, "_"]

ContextLabels = Literal["zero", "leave_one_out"]
"""What the network is told about annotated points: nothing (0), or what each improved when it was added (B.3)."""


@dataclass(frozen=True)
class OracleScores:
    """Improvements of every simulated pool point of one run."""

    improvements: Float[np.ndarray, "problem point"]
    """Score on the reward set with the point minus score without it; NaN where the point is annotated."""
    score_before: Float[np.ndarray, " problem"]
    """Score of the fit to the simulated annotated set."""


def pool_improvements(
    problems: Sequence[Problem], classifier: Classifier, engine: Engine, on: Literal["test", "reward"]
) -> list[Improvements]:
    """The improvement of each true pool point, with its true label, on the test set or the reward set.

    What only Oracle may see, and the controls and checks that say so.
    """
    refits = [_refit_problem(problem, problem.annotated, problem.pool, getattr(problem, on)) for problem in problems]
    results = refit(refits, classifier, engine)
    return [_improvements(result, problem) for result, problem in zip(results, problems, strict=True)]


def simulated_improvements(
    problems: Sequence[Problem],
    simulated: Sequence[Bool[np.ndarray, "problem point"]],
    classifier: Classifier,
    engine: Engine,
) -> list[OracleScores]:
    """The improvement of each simulated pool point of each run, on that run's reward set.

    ``simulated[run]`` marks which of the run's annotated points stay annotated in each simulated problem.
    """
    refits = [
        _refit_problem(problem, problem.annotated[kept], problem.annotated[~kept], problem.reward)
        for problem, masks in zip(problems, simulated, strict=True)
        for kept in masks
    ]
    results = iter(refit(refits, classifier, engine))
    scores = []
    for problem, masks in zip(problems, simulated, strict=True):
        values = np.full(masks.shape, np.nan)
        before = np.empty(len(masks))
        for i, kept in enumerate(masks):
            result = next(results)
            values[i, ~kept] = _improvements(result, problem)
            before[i] = weighted_accuracy(result.before, problem.class_weights)
        scores.append(OracleScores(values, before))
    return scores


def context_improvements(
    problem: Problem, masks: Bool[np.ndarray, "problem point"], classifier: Classifier, engine: Engine
) -> Float[np.ndarray, "problem point"]:
    """What each annotated point improved when it was the last to be added, on the reward set (supplement B.3).

    0 where the point is not annotated, and where the fit without it has one class only.
    """
    values = np.zeros(masks.shape)
    wanted: list[tuple[int, int]] = []
    refits: list[RefitProblem] = []
    for i, point in zip(*np.nonzero(masks), strict=True):
        kept = masks[i].copy()
        kept[point] = False
        if len(np.unique(problem.labels[problem.annotated[kept]])) > 1:
            wanted.append((i, point))
            one = problem.annotated[[point]]
            refits.append(_refit_problem(problem, problem.annotated[kept], one, problem.reward))
    for (i, point), result in zip(wanted, refit(refits, classifier, engine), strict=True):
        values[i, point] = _improvements(result, problem)[0]
    return values


def _refit_problem(problem: Problem, annotated: Rows, candidates: Rows, evaluation: Rows) -> RefitProblem:
    return RefitProblem(
        problem.features[annotated],
        problem.labels[annotated],
        problem.features[candidates],
        problem.labels[candidates],
        problem.features[evaluation],
        problem.labels[evaluation],
        problem.training_weights,
    )


def _improvements(result: Confusions, problem: Problem) -> Improvements:
    weights = problem.class_weights
    return weighted_accuracy(result.after, weights) - weighted_accuracy(result.before, weights)
