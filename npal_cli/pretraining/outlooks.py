"""What labels brought in drawn problems, and a forecast that is learned from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import nn

from npal_cli.arrays import array, run_columns
from npal_cli.learned.inputs import describe
from npal_cli.learned.network import Ranker
from npal_cli.learned.outlook import AHEAD, How, Outlook, asked, survey, unit_of
from npal_cli.pretraining.of_problems import OfProblems
from npal_cli.pretraining.prior import Draws
from npal_cli.pretraining.problems import DrawnProblem, Mix, draw_problem
from npal_cli.pretraining.states import Policy, blend, by, expectations, state_of
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run, draw_seed, stream

WIDTH = 32
STEPS, RATE = 600, 5e-3
BLURRED = 0.5
"""Deviations by which inputs are moved at random at each step: a problem's questions are alike, and not to be known by
heart. Without, forecasts of other problems were as good, and three times as sure of themselves as they should be."""
OF_QUESTIONS = ("inputs", "gains", "problem", "known")
COVERED = 0.9
"""The share of gains that intervals are to hold."""
CALIBRATING = 4
"""One problem of so many is not learned from: intervals are as wide as its gains need."""


@dataclass(frozen=True)
class Outlooks(OfProblems):
    """Questions about drawn problems, and the answers."""

    FORMAT: ClassVar[str] = "npal.outlooks/1"

    inputs: np.ndarray = array("question", "input")
    gains: np.ndarray = array("question")
    """What the labels added to the true score, in units of the objective."""
    problem: np.ndarray = array("question")
    """Which questions are about one problem."""
    known: np.ndarray = array("question")
    """Whether the problem is of a known table."""

    @property
    def in_earnest(self) -> Bool[np.ndarray, " question"]:
        """The questions that intervals are to be right for: of known tables, where there are any.

        Forecasts of real tables err more than those of drawn ones.
        """
        return self.known if self.known.any() else ~self.known


def gather(draws: Sequence[Draws], mix: Mix, networks: Sequence[Ranker], run: Run) -> Outlooks:
    """A problem for each of the draws, asked about once for each number of labels, chosen ones and random ones."""
    drawn = [draw_problem(each, mix) for each in draws]
    policy = by(networks) if networks else blend
    found = [_of_problem(own, each, policy) for own, each in zip(draws, drawn, strict=True)]
    sizes = [len(gains) for _, gains in found]
    return Outlooks(
        **run_columns([run]),
        inputs=np.concatenate([inputs for inputs, _ in found]).astype(np.float32),
        gains=np.concatenate([gains for _, gains in found]).astype(np.float32),
        problem=np.repeat(np.arange(len(found)), sizes).astype(np.int32),
        known=np.repeat([each.known for each in drawn], sizes),
    )


def _of_problem(
    draws: Draws, drawn: DrawnProblem, policy: Policy
) -> tuple[Float[np.ndarray, "question input"], Float[np.ndarray, " question"]]:
    expect, start = expectations(drawn), drawn.problem
    state = state_of(start, 1, expect, draws)
    known = survey(expect, state, expect.beliefs([state])[0])
    counts = [count for count in AHEAD if count < len(start.pool)]
    before, unit = _score(drawn, start), unit_of(drawn.objective)
    inputs, gains = [], []
    at_random = draws.permutation(start.pool)
    problem = start
    for count in counts:
        more = count - (len(start.pool) - len(problem.pool))
        state = state_of(problem, 1 + count, expect, draws)
        described = describe(expect, [state], expect.beliefs([state]))[0]
        best = np.argsort(-policy(draws, described, state), kind="stable")[:more]
        problem = problem.annotate(problem.pool[best])
        ways: tuple[tuple[How, Problem], ...] = (("random", start.annotate(at_random[:count])), ("chosen", problem))
        for how, rows in ways:
            inputs.append(asked(known, len(start.annotated), len(start.pool), count, how))
            gains.append((_score(drawn, rows) - before) / unit)
    return np.array(inputs), np.array(gains)


def _score(drawn: DrawnProblem, problem: Problem) -> float:
    """The true score of the task model of a problem's annotated points, whose labels are known here."""
    expect, truth = expectations(drawn), drawn.evaluation
    rows = problem.annotated
    fitted = expect.classifier.fit(drawn.problem.features[rows], drawn.problem.labels[rows], problem.training_weights)
    believed = fitted.soft_predictions(truth.features)
    return float(drawn.objective.of_predictions(believed, truth.targets, problem.class_weights))


def learn_outlook(told: Outlooks, seed: int) -> Outlook:
    """A forecast of mean and deviation, and how wide its interval has to be to hold :data:`COVERED` of the gains."""
    draws = stream("outlook network", seed)
    torch.manual_seed(draw_seed(draws))
    kept_apart = told.problem % CALIBRATING == 0
    taught = ~kept_apart if not kept_apart.all() else kept_apart
    inputs, gains = told.inputs[taught].astype(np.float64), told.gains[taught]
    mean, deviation = inputs.mean(axis=0), np.maximum(inputs.std(axis=0), 1e-6)
    standard = torch.from_numpy(np.clip((inputs - mean) / deviation, -5, 5).astype(np.float32))
    target = torch.from_numpy(gains.astype(np.float32))
    first, second = nn.Linear(inputs.shape[1], WIDTH), nn.Linear(WIDTH, 2)
    with torch.no_grad():
        second.bias[1] = float(np.log(max(gains.std(), 1e-6)))
    network = nn.Sequential(first, nn.Tanh(), second)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        some = torch.from_numpy(draws.choice(len(target), min(512, len(target)), replace=False))
        blurred = standard[some] + BLURRED * torch.randn(len(some), standard.shape[1])
        found, log = network(blurred).T
        loss = (0.5 * ((target[some] - found) / log.exp()) ** 2 + log).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    parts = {"first": first.weight.T, "first_bias": first.bias, "second": second.weight.T, "second_bias": second.bias}
    arrays = {name: values.detach().numpy().astype(np.float64) for name, values in parts.items()}
    arrays |= {"mean": mean, "deviation": deviation, "width": np.array(1.0)}
    wanted = kept_apart & told.in_earnest if (kept_apart & told.in_earnest).any() else kept_apart
    return Outlook(arrays | {"width": np.array(_width(Outlook(arrays), told, wanted))})


def share_held(told: Outlooks, seed: int) -> float | None:
    """The share of gains that intervals hold, of a quarter of the problems, whose forecast learns from the others."""
    apart = told.problem % CALIBRATING == 1
    asked_about = apart & told.in_earnest
    if not asked_about.any() or apart.all():
        return None
    others = Outlooks(**{**vars(told), **{name: getattr(told, name)[~apart] for name in OF_QUESTIONS}})
    distances = _apart(learn_outlook(others, seed), told, asked_about)
    return round(float((distances <= 1).mean()), 3)


def _width(outlook: Outlook, told: Outlooks, which: Bool[np.ndarray, " question"]) -> float:
    """In expected deviations: the quantile of residuals that nothing was learned from, with that of few corrected."""
    level = min(COVERED * (1 + 1 / max(len(np.unique(told.problem[which])), 1)), 1.0)
    return float(np.quantile(_apart(outlook, told, which), level, method="higher"))


def _apart(outlook: Outlook, told: Outlooks, which: Bool[np.ndarray, " question"]) -> Float[np.ndarray, " some"]:
    """How far gains are from their forecast, in half widths of the interval: at most 1 where it holds them."""
    found = outlook.gains(told.inputs[which].astype(np.float64))
    halves = np.array([(each.high - each.low) / 2 for each in found])
    return np.asarray(np.abs(told.gains[which] - np.array([each.mean for each in found])) / halves)
