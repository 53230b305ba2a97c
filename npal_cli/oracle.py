"""The myopic oracle: how much each point would improve the score, computed by refitting (Algorithm 2).

The score is the paper's, class-weighted accuracy, unless another objective is asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from npal_cli.classifiers import Classifier
from npal_cli.engine import Engine
from npal_cli.objectives import Objective, scorer
from npal_cli.problems.problem import Problem
from npal_cli.problems.simulated import SimulatedProblems
from npal_cli.refit import RefitProblem, RefitScores, refit, refit_and_score

Improvements = Float[np.ndarray, " candidate"]
Rows = Int[np.ndarray, "_"]

ACCURACY = Objective()


@dataclass(frozen=True)
class OracleScores:
    """Improvements of every simulated pool point of one run."""

    improvements: Float[np.ndarray, "problem point"]
    """Score on the reward set with the point minus score without it; NaN where the point is not in the pool."""
    score_before: Float[np.ndarray, " problem"]
    """Score of the fit to the simulated annotated set."""


def pool_improvements(
    problems: Sequence[Problem],
    classifier: Classifier,
    engine: Engine,
    on: Literal["test", "reward"],
    objective: Objective = ACCURACY,
) -> list[Improvements]:
    """The improvement of each true pool point, with its true label, on the test set or the reward set.

    What only Oracle may see, and the controls and checks that say so.
    """
    refits = [_refit_problem(problem, problem.annotated, problem.pool, getattr(problem, on)) for problem in problems]
    return [scores.improvements for scores in _scores(refits, problems, classifier, engine, objective)]


def simulated_improvements(
    problems: Sequence[Problem],
    simulated: Sequence[SimulatedProblems],
    classifier: Classifier,
    engine: Engine,
    objective: Objective = ACCURACY,
) -> list[OracleScores]:
    """The improvement of each simulated pool point of each run, on the reward set of the run or the problem."""
    owners = [problem for problem, splits in zip(problems, simulated, strict=True) for _ in splits.annotated]
    refits = [
        _refit_problem(problem, *parts)
        for problem, splits in zip(problems, simulated, strict=True)
        for parts in _parts(problem, splits)
    ]
    results = iter(_scores(refits, owners, classifier, engine, objective))
    scores = []
    for splits in simulated:
        values = np.full(splits.annotated.shape, np.nan)
        before = np.empty(len(values))
        for i, pool in enumerate(splits.pool):
            result = next(results)
            values[i, pool] = result.improvements
            before[i] = result.before
        scores.append(OracleScores(values, before))
    return scores


def _parts(problem: Problem, simulated: SimulatedProblems) -> Iterator[tuple[Rows, Rows, Rows]]:
    """The annotated, pool and reward rows of each simulated problem."""
    for annotated, pool, fold in zip(simulated.annotated, simulated.pool, simulated.reward, strict=True):
        reward = problem.annotated[fold] if fold.any() else problem.reward
        yield problem.annotated[annotated], problem.annotated[pool], reward


def context_improvements(
    problem: Problem,
    masks: Bool[np.ndarray, "problem point"],
    classifier: Classifier,
    engine: Engine,
    objective: Objective = ACCURACY,
) -> Float[np.ndarray, "problem point"]:
    """What each annotated point improved when it was the last to be added, on the reward set (supplement B.3).

    0 where the point is not annotated, and where the fit without it has one class only.
    """
    values = np.zeros(masks.shape)
    places: list[tuple[int, int]] = []
    refits: list[RefitProblem] = []
    for i, point in zip(*np.nonzero(masks), strict=True):
        kept = masks[i].copy()
        kept[point] = False
        if len(np.unique(problem.labels[problem.annotated[kept]])) > 1:
            places.append((i, point))
            one = problem.annotated[[point]]
            refits.append(_refit_problem(problem, problem.annotated[kept], one, problem.reward))
    results = _scores(refits, [problem] * len(refits), classifier, engine, objective)
    for (i, point), result in zip(places, results, strict=True):
        values[i, point] = result.improvements[0]
    return values


def _refit_problem(problem: Problem, annotated: Rows, candidates: Rows, evaluation: Rows) -> RefitProblem:
    """The refits of a training set with each of the candidates, all of them rows of a problem."""
    return RefitProblem(
        problem.features[annotated],
        problem.labels[annotated],
        problem.features[candidates],
        problem.labels[candidates],
        problem.features[evaluation],
        problem.labels[evaluation],
        problem.training_weights,
    )


def _scores(
    refits: Sequence[RefitProblem],
    owners: Sequence[Problem],
    classifier: Classifier,
    engine: Engine,
    objective: Objective,
) -> list[RefitScores]:
    """What the refits of each problem score."""
    weights = [problem.class_weights for problem in owners]
    if objective.is_soft:
        scorers = [
            scorer(objective, np.eye(len(each))[one.evaluation_labels], each)
            for one, each in zip(refits, weights, strict=True)
        ]
        return refit_and_score(refits, scorers, classifier, engine)
    return [
        RefitScores(float(objective.of_counts(result.before, each)), objective.of_counts(result.after, each))
        for result, each in zip(refit(refits, classifier, engine), weights, strict=True)
    ]
