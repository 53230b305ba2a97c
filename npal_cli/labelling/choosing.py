"""The next batch of a table's rows: chosen by a strategy, and some at random to measure on."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from threadpoolctl import threadpool_limits

from npal_cli.api.query import QuerySetup
from npal_cli.api.rows import problem_of
from npal_cli.errors import DataError
from npal_cli.labelling.audit import due
from npal_cli.labelling.batches import SPREAD, apart, spread, typical_distance
from npal_cli.labelling.book import Book
from npal_cli.labelling.goal import Goal
from npal_cli.labelling.models import fitted
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run, stream

Features = Float[np.ndarray, "row feature"]

TRIED = 2
"""Times as many rows as a batch has are tried by refitting at least, by strategies that try some of the pool."""
CLUSTERED = 20_000
"""Rows, drawn at random, that the first batch is chosen among in larger tables."""

REASONS = ("score", "expected_error", "expected_gain")
"""What may be known of a row that a strategy chose."""


@dataclass(frozen=True)
class Row:
    """A row that is asked for, and why."""

    name: str
    why: str
    reasons: Mapping[str, float] = field(default_factory=dict)
    """The strategy's ``score``, the larger the better; and what it is made of: see :data:`REASONS`."""
    predicted: str | None = None
    probability: float | None = None
    """How much that class is believed in; None if there is no model yet, or the row is measured on."""
    novelty: float | None = None
    """The distance to the nearest row with a label, in median distances of two rows."""


@dataclass(frozen=True)
class Batch:
    """What to label next."""

    rows: Sequence[Row]
    audit: Sequence[Row]
    chosen_by: str
    note: str = ""
    """What is to be known about how it was chosen."""


def next_batch(book: Book, features: Features, size: int, strategy: str, goal: Goal, setup: QuerySetup) -> Batch:
    """Choose the rows to label next.

    Raises:
        DataError: if every row has a label or was set aside.
        UsageError: if the strategy cannot be asked about this table.
    """
    reserved = [name for name in book.reserved(goal) if name not in book.labels and name not in book.set_aside]
    answered = book.asked - book.unanswered
    count = min(due(goal.audit, len(answered), len(book.audited & answered), size), len(reserved))
    kept_apart = book.kept_apart(goal)
    codes = book.training_codes(goal)
    free = np.array([n not in book.labels and n not in book.set_aside and n not in kept_apart for n in book.table.ids])
    count = max(count, min(size - int(free.sum()), len(reserved)))  # the last rows, for nothing else is left
    audit = reserved[:count]
    if not free.any() and not audit:
        raise DataError(f"{book.table.name}: no row is left to ask for: each has a label or was set aside")
    size = min(size - count, int(free.sum()))
    describe = Described(book, features, codes, goal, setup)
    seen = len(np.unique(codes[codes >= 0]))
    note = ""
    reasons: Mapping[int, Mapping[str, float]] = {}
    chosen: Int[np.ndarray, " batch"] = np.empty(0, np.int64)
    if size > 0 and seen < 2:
        chosen, strategy = _typical(features, free, size, goal), "typical"
        note = f"{'no' if seen == 0 else 'only one'} class has a label yet: the batch is diverse and typical rows"
    elif size > 0:
        problem = _problem(book, features, codes, goal)
        chosen, reasons = _by_strategy(problem, free, size, len(book.rounds) + 1, setup, describe)
    why = why_of(strategy)
    rows = [describe.row(int(row), why, reasons.get(int(row), {})) for row in chosen]
    return Batch(rows, [describe.audited(name) for name in audit], strategy, note)


AUDIT = "drawn at random, to measure"


def asked_again(book: Book, features: Features, setup: QuerySetup) -> Batch:
    """The rows that the last round asked for, as far as they are known without choosing anew."""
    last = book.rounds[-1]
    describe = Described(book, features, book.training_codes(last.goal), last.goal, setup)
    chosen = [describe.row(book.table.position[name], why_of(last.chosen_by), {}) for name in last.rows]
    return Batch(chosen, [describe.audited(name) for name in last.audit], last.chosen_by)


def why_of(chosen_by: str) -> str:
    """What is said of rows that something chose."""
    return "typical of many rows" if chosen_by == "typical" else f"chosen by {chosen_by}"


def _problem(book: Book, features: Features, codes: Int[np.ndarray, " row"], goal: Goal) -> Problem:
    annotated = np.flatnonzero(codes >= 0)
    return problem_of(features, codes, annotated, goal.weights_for(book.classes), Run(goal.seed, goal.seed))


def widened(setup: QuerySetup, size: int) -> QuerySetup:
    """The same, with enough candidates for a batch of ``size``."""
    guided = setup.params.guided
    tried = guided.candidates and max(guided.candidates, TRIED * size)
    return replace(setup, params=replace(setup.params, guided=replace(guided, candidates=tried)))


def _by_strategy(
    problem: Problem, free: Bool[np.ndarray, " row"], size: int, step: int, setup: QuerySetup, described: "Described"
) -> tuple[Int[np.ndarray, " batch"], Mapping[int, Mapping[str, float]]]:
    """The rows that a strategy chooses; for each, its utility and what that is made of.

    Near-duplicates of better rows are left out. Of a strategy that ranks rows, the batch is spread over the best.
    """
    setup = widened(setup, size)
    choice = setup.choose(problem, size, step, np.flatnonzero(free))
    chosen = problem.pool[choice.chosen]
    others = problem.pool[np.argsort(-choice.scores, kind="stable")]
    ranked = np.concatenate([chosen, others[free[others] & ~np.isin(others, chosen)]])
    rows = apart(problem.features, ranked, SPREAD * size if setup.ranks() else size)
    scores = choice.scores[np.searchsorted(problem.pool, rows)]
    preferred = scores > choice.scores.min()  # the others were not tried, or are not to be chosen
    if preferred.sum() >= size:
        rows, scores = rows[preferred], scores[preferred]
    if len(rows) > size > 1:
        draws = stream("spread", *problem.run, step)
        rows = rows[spread(problem.features[rows], described.beliefs(rows), scores, described.unit, size, draws)]
    rows = rows[:size]
    at = np.searchsorted(problem.pool, rows)
    known = {"score": choice.scores, **choice.reasons}
    return rows, {
        int(row): {name: float(values[i]) for name, values in known.items() if np.isfinite(values[i])}
        for row, i in zip(rows, at, strict=True)
    }


def _typical(features: Features, free: Bool[np.ndarray, " row"], size: int, goal: Goal) -> Int[np.ndarray, " batch"]:
    """The rows nearest to the centres of as many clusters as rows are asked for, the largest cluster's first."""
    from sklearn.cluster import KMeans

    draws = stream("first batch", goal.seed, goal.seed)
    rows = np.flatnonzero(free)
    if len(rows) > CLUSTERED:
        rows = np.sort(draws.choice(rows, CLUSTERED, replace=False))
    with warnings.catch_warnings(), threadpool_limits(limits=1):
        warnings.simplefilter("ignore")  # of fewer distinct rows than clusters
        clusters = KMeans(size, n_init=1, random_state=int(draws.integers(2**31))).fit(features[rows])
    order = np.argsort(-np.bincount(clusters.labels_, minlength=size), kind="stable")
    chosen: list[int] = []
    for cluster in order:
        distances = np.linalg.norm(features[rows] - clusters.cluster_centers_[cluster], axis=1)
        distances[np.isin(rows, chosen)] = np.inf
        chosen.append(int(rows[distances.argmin()]))
    return np.array(chosen)


class Described:
    """Says what is known of rows that are asked for."""

    def __init__(
        self, book: Book, features: Features, codes: Int[np.ndarray, " row"], goal: Goal, setup: QuerySetup
    ) -> None:
        self._book, self._features = book, features
        self._labelled = features[codes >= 0]
        self.unit = typical_distance(features)
        """The median distance of two rows."""
        self._model = fitted(setup, features, codes, goal.weights_for(book.classes))

    def beliefs(self, rows: Int[np.ndarray, " some"]) -> Float[np.ndarray, "some class"]:
        """The probability of each class, by the task model."""
        assert self._model is not None  # whoever asks knows two classes
        return self._model.soft_predictions(self._features[rows])

    def audited(self, name: str) -> Row:
        """A row that is measured on: its label is to owe nothing to what the model takes it for."""
        return Row(name, AUDIT)

    def row(self, row: int, why: str, reasons: Mapping[str, float]) -> Row:
        """A row with its prediction."""
        features = self._features[[row]]
        novelty = None
        if len(self._labelled):
            novelty = float(np.linalg.norm(self._labelled - features, axis=1).min() / self.unit)
        name = self._book.table.ids[row]
        if self._model is None:
            return Row(name, why, reasons, novelty=novelty)
        beliefs = self.beliefs(np.array([row]))[0]
        predicted = int(self._model.predict(features)[0])
        return Row(name, why, reasons, self._book.classes[predicted], float(beliefs[predicted]), novelty)
