"""States as strategies meet them, with the true improvement of each candidate: what a strategy is learned from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from npal_cli.classifiers import CLASSIFIERS
from npal_cli.engine import Engine
from npal_cli.guidance.expectations import Beliefs, Expectations
from npal_cli.guidance.options import GuidanceOptions
from npal_cli.learned.inputs import Described, Inputs, describe
from npal_cli.learned.network import Ranker
from npal_cli.learned.ranking import rank
from npal_cli.learned.trials import try_candidates
from npal_cli.pretraining.prior import Draws
from npal_cli.pretraining.problems import DrawnProblem, Mix, draw_problem
from npal_cli.problems.problem import Problem
from npal_cli.randomness import draw_seed
from npal_cli.states import AcquisitionState
from npal_cli.strategies.expected import BlendOptions, blended
from npal_cli.teachers import TeacherOptions

REFITS = 400
"""At most, of one state: fewer candidates are tried where there are more classes."""
COMPANY = 5
"""Points that are annotated besides, to know what a candidate is worth later."""
ASKED_LATER = 48
"""Candidates of which that is asked, at random."""

Policy = Callable[[Draws, Described, AcquisitionState], Float[np.ndarray, " pool"]]
"""Scores of the pool points of a state."""


@dataclass(frozen=True)
class Lesson:
    """A state, and what each candidate is worth: its improvements under each label, by the true probability of it."""

    inputs: Inputs
    hard: Float[np.ndarray, " candidate"]
    """Of the objective."""
    soft: Float[np.ndarray, " candidate"]
    """Of soft accuracy."""
    later: Float[np.ndarray, " candidate"]
    """Of the objective, once :data:`COMPANY` others are annotated too."""
    blend: Float[np.ndarray, " candidate"]
    """What Blend makes of the candidates; the formula to beat."""
    margin: Float[np.ndarray, " candidate"]
    """What margin sampling makes of them: minus the difference between the two classes believed in most."""
    svm: bool
    """Whether the task model has no probabilities."""
    known: bool
    """Whether the problem is of a known table."""
    policy: str
    n_annotated: int


def lessons(draws: Draws, mix: Mix, steps: int, own: Policy | None = None) -> Iterator[Lesson]:
    """The states of one drawn problem, as a strategy meets them that annotates some points at a time.

    Which strategy that is, and how many points, is drawn. The last of ``steps`` may be missing where the pool is small.
    """
    drawn = draw_problem(draws, mix)
    policies = POLICIES | ({"own": own} if own is not None else {})
    name = list(policies)[draws.integers(len(policies))]
    batch = int(draws.choice([1, 2, 5]))
    expect = expectations(drawn)
    problem = drawn.problem
    truth = drawn.evaluation
    for step in range(1, steps + 1):
        state = state_of(problem, step, expect, draws)
        described = describe(expect, [state], expect.beliefs([state]), [truth])[0]
        tried = described.trials.tried
        odds = drawn.probabilities[problem.pool[tried]]
        yield Lesson(
            described.inputs,
            (odds * described.trials.true_hard).sum(axis=1),
            (odds * described.trials.true_soft).sum(axis=1),
            _later(drawn, state, expect, described, draws),
            blend(draws, described, state)[tried],
            margin(draws, described, state)[tried],
            svm="probabilities" not in expect.classifier.abilities,
            known=drawn.known,
            policy=name,
            n_annotated=len(problem.annotated),
        )
        if len(problem.pool) < 30 + batch:
            return
        order = np.argsort(-policies[name](draws, described, state), kind="stable")
        problem = problem.annotate(problem.pool[order[:batch]])


def expectations(drawn: DrawnProblem) -> Expectations:
    """What is expected in a drawn problem, with a teacher of default options."""
    kind = CLASSIFIERS.find(drawn.classifier)
    options = GuidanceOptions(candidates=max(REFITS // drawn.problem.n_classes, 24))
    return Expectations(kind.make(kind.Options()), TeacherOptions(), options, drawn.objective, Engine())


def blend(_: Draws, described: Described, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
    """As Blend scores."""
    return _in_pool(blended(described.errors, described.gains, BlendOptions()), described, state)


def margin(_: Draws, __: Described, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
    """Minus the difference between the two classes that are believed in most."""
    ordered = np.sort(state.classifier.soft_predictions(state.pool_features), axis=1)
    return np.asarray(ordered[:, -2] - ordered[:, -1])


def by_chance(draws: Draws, _: Described, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
    """Random."""
    return draws.random(len(state.pool_features))


def by_error(_: Draws, described: Described, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
    """The expected error."""
    return _in_pool(described.errors, described, state)


def by(networks: Sequence[Ranker]) -> Policy:
    """As networks rank."""

    def scores(_: Draws, described: Described, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        return _in_pool(rank(networks, described.inputs), described, state)

    return scores


POLICIES: dict[str, Policy] = {"random": by_chance, "margin": margin, "expected_error": by_error, "blend": blend}
POLICY_NAMES = (*POLICIES, "own")


def _in_pool(scores: Float[np.ndarray, " candidate"], described: Described, state: AcquisitionState) -> np.ndarray:
    """Scores of the whole pool, of which only candidates are chosen."""
    result = np.full(len(state.pool_features), -np.inf)
    result[described.trials.tried] = scores
    return result


def state_of(problem: Problem, step: int, expect: Expectations, draws: Draws) -> AcquisitionState:
    """What is known then, and no more: labels of the pool and of the test set are hidden."""
    seen = problem.as_seen("reward_set")
    fitted = expect.classifier.fit(seen.features[seen.annotated], seen.labels[seen.annotated], seen.training_weights)
    return AcquisitionState(seen, step, fitted, np.random.default_rng(draw_seed(draws)))


def _later(
    drawn: DrawnProblem, state: AcquisitionState, expect: Expectations, described: Described, draws: Draws
) -> Float[np.ndarray, " candidate"]:
    """What some of the candidates are worth once others are annotated, half of them where errors are expected."""
    tried = described.trials.tried
    likely = tried[np.argsort(-described.errors, kind="stable")[: 4 * COMPANY]]
    company = np.concatenate(
        [draws.permutation(likely)[: (COMPANY + 1) // 2], draws.permutation(len(state.problem.pool))]
    )
    company = company[np.sort(np.unique(company, return_index=True)[1])][:COMPANY]
    asked = np.setdiff1d(draws.permutation(tried)[:ASKED_LATER], company)
    problem = replace(state.problem, labels=drawn.problem.labels).annotate(state.problem.pool[company])
    rows = state.problem.pool[asked]
    later = state_of(replace(problem, pool=rows), state.step, expect, draws)
    odds = drawn.probabilities[rows]
    everyone = replace(expect, options=replace(expect.options, candidates=None))
    truth = drawn.evaluation
    trials = try_candidates(everyone, [later], [Beliefs(odds, np.zeros(len(odds)))], [truth])[0]
    result = np.full(len(described.inputs.candidates), np.nan)
    result[np.searchsorted(tried, asked)] = (odds * trials.true_hard).sum(axis=1)
    return result
