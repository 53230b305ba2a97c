"""What more labels are worth, before anybody gives one: a forecast for chosen rows, and for random ones."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from npal_cli.api.query import QuerySetup
from npal_cli.api.rows import problem_of
from npal_cli.errors import DataError, UsageError
from npal_cli.guidance.expectations import Expectations
from npal_cli.labelling.book import Book
from npal_cli.labelling.choosing import Features
from npal_cli.labelling.goal import Goal
from npal_cli.labelling.models import fitted
from npal_cli.learned.outlook import AHEAD, Gain, asked, survey, unit_of
from npal_cli.learned.weights import OWN, read
from npal_cli.randomness import Run, stream
from npal_cli.states import AcquisitionState

SURVEYED = 2000
"""Rows without a label, at most, that are looked at."""
MORE = (20, 50, 100)
"""Labels more that are asked about, where nothing else is said."""
MOST = 2 * AHEAD[-1]
"""Labels, for more of which nothing was learned."""


@dataclass(frozen=True)
class Worth:
    """What so many labels more are forecast to add to the score."""

    labels: int
    chosen: Gain
    random: Gain

    def within(self, room: float) -> "Worth":
        """The same, where scores can rise by no more than ``room``."""
        ways = (self.chosen, self.random)
        chosen, random = (Gain(*(min(end, room) for end in (each.mean, each.low, each.high))) for each in ways)
        return Worth(self.labels, chosen, random)

    def sentence(self) -> str:
        """What is forecast, in words."""
        return (
            f"Forecast of {self.labels} labels more: {_told(self.chosen)} for chosen rows, "
            f"{_told(self.random)} for random ones."
        )

    def as_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        return asdict(self)

    def row(self) -> dict[str, str | int]:
        """A row of a table."""
        ways = {"chosen rows": self.chosen, "random rows": self.random}
        return {"labels": f"+{self.labels}", **{name: _told(gain) for name, gain in ways.items()}}


def worth(book: Book, features: Features, goal: Goal, setup: QuerySetup, counts: Sequence[int]) -> list[Worth]:
    """The forecast for each number of labels.

    Raises:
        UsageError: if more labels are asked about than forecasts were learned for.
        DataError: if labels of fewer than two classes are known.
    """
    if max(counts) > MOST:
        raise UsageError(f"--labels {max(counts)}: forecasts were learned for as many as {MOST} labels more")
    codes = book.training_codes(goal)
    model = fitted(setup, features, codes, goal.weights_for(book.classes))
    if model is None:
        raise DataError(f"{book.table.name}: labels of two classes are needed to say what more are worth")
    problem = problem_of(
        features, codes, np.flatnonzero(codes >= 0), goal.weights_for(book.classes), Run(goal.seed, goal.seed)
    )
    pool = len(problem.pool)
    draws = stream("surveyed rows", goal.seed, goal.seed)
    problem = replace(problem, pool=np.sort(draws.permutation(problem.pool)[:SURVEYED]))
    params, objective = setup.params, setup.objective_of()
    expect = Expectations(setup.task_model(), params.teacher, params.guided, objective, setup.engine)
    state = AcquisitionState(problem.as_seen("reward_set"), len(book.rounds) + 1, model, draws)
    known = survey(expect, state, expect.beliefs([state])[0])
    outlook, unit = read(OWN).outlook, unit_of(objective)
    assert outlook is not None  # of the package's own weights
    found = []
    for count in counts:
        inputs = [asked(known, len(problem.annotated), pool, count, how) for how in ("chosen", "random")]
        gains = [Gain(*(unit * end for end in vars(each).values())) for each in outlook.gains(np.array(inputs))]
        found.append(Worth(count, *gains))
    return found


def _told(gain: Gain) -> str:
    return f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
