"""What labels brought: the score of each round's model on the audited rows, and that of random labels alone.

Audited rows are drawn at random, whatever strategies choose, and no model is trained on them but where it is said. So a
model's mean score on them is, without bias, its score on rows like those that came without a label.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from npal_cli.api.query import QuerySetup
from npal_cli.classifiers import FittedClassifier
from npal_cli.errors import DataError
from npal_cli.labelling.book import Book
from npal_cli.labelling.goal import Goal
from npal_cli.labelling.intervals import jackknife, mean_interval, proportion_interval
from npal_cli.labelling.models import fitted
from npal_cli.objectives import Objective, confusion_counts
from npal_cli.randomness import stream

Features = Float[np.ndarray, "row feature"]
Labels = Int[np.ndarray, " row"]

Fits = dict[tuple[bytes, bytes, str], FittedClassifier | None]
"""Models by what they were fitted to, for whoever measures again and again."""

FEWEST = 40
"""Audited rows from which on the interval of a mean, which is one of many rows, holds as often as it says."""
FOLDS = 5
"""Of the audited rows, that take turns in being those which a model of random labels is scored on."""


@dataclass(frozen=True)
class Score:
    """A score on audited rows."""

    value: float
    low: float | None
    high: float | None
    """The confidence sequence's ends (see :mod:`.intervals`); None where there are too few rows for one."""


@dataclass(frozen=True)
class Measured:
    """A round's model."""

    labels: int
    """How many rows it is trained on."""
    score: Score | None
    """None as long as there is no model, or no audited row."""
    agreement: float | None
    """The share of all rows of which it says what the round's before said."""


@dataclass(frozen=True)
class AgainstRandom:
    """Chosen rows and random ones, as many of each, on the same audited rows."""

    labels: int
    """Rows that each model is trained on, on average, besides those that the table came with."""
    chosen: float
    random: float
    """The scores."""
    difference: Score


class Measurement:
    """Measures the models of all rounds of a table."""

    def __init__(self, book: Book, features: Features, setup: QuerySetup, goal: Goal, fits: Fits | None = None) -> None:
        self._fits = {} if fits is None else fits
        self._book, self._features, self._setup, self._goal = book, features, setup, goal
        self.objective: Objective = setup.objective_of()
        self._weights = goal.weights_for(book.classes)
        codes = book.all_codes()
        self._audited = np.array(
            [book.table.position[n] for n in book.table.ids if n in book.audited and n in book.labels], int
        )
        self._truth = codes[self._audited]

    @property
    def audited(self) -> int:
        """How many audited rows have a label."""
        return len(self._audited)

    @cached_property
    def rounds(self) -> list[Measured]:
        """Before the first round, and after each of those whose answers came."""
        counts = [*sorted({*self._book.answered_before, 0}), len(self._book.answers)]
        found: list[Measured] = []
        before: Labels | None = None
        for count in dict.fromkeys(min(count, len(self._book.answers)) for count in counts):
            codes = replace(self._book, answers=self._book.answers[:count]).training_codes(
                self._goal, self._book.classes
            )
            model = self._fit(codes)
            known = int((codes >= 0).sum())
            if model is None:
                found.append(Measured(known, None, None))
                continue
            predicted = model.predict(self._features)
            agreement = None if before is None else float((predicted == before).mean())
            found.append(Measured(known, self._score(model), agreement))
            before = predicted
        return found

    def last_predictions(self) -> Shaped[np.ndarray, " row"]:
        """The class of each row, by the model of the last round, which no audited row taught.

        Raises:
            DataError: if there is none.
        """
        model = self._fit(self._book.training_codes(self._goal))
        if model is None:
            raise DataError(f"{self._book.table.name}: labels of fewer than two classes are known")
        return np.array(self._book.classes)[model.predict(self._features)]

    @cached_property
    def against_random(self) -> AgainstRandom | None:
        """None until there are as many audited rows as folds, and as many chosen ones as a model of random ones has."""
        rows = len(self._audited)
        in_file = replace(self._book, answers=()).training_codes(self._goal, self._book.classes)
        others = self._book.table.labelled.keys() | self._book.kept_apart(self._goal)
        chosen = np.array([self._book.table.position[n] for n in self._book.labels if n not in others], int)
        if rows < FOLDS or len(chosen) < rows - -(-rows // FOLDS):
            return None
        folds = stream("folds of audited rows", self._goal.seed).permutation(rows) % FOLDS
        codes = self._book.all_codes()
        beliefs: dict[str, Float[np.ndarray, "audited class"]] = {}
        for name, pool in (("chosen", chosen), ("random", self._audited)):
            beliefs[name] = np.zeros((rows, len(self._book.classes)))
            for fold in range(FOLDS):
                scored = folds == fold
                taught = pool[: int((~scored).sum())] if name == "chosen" else pool[~scored]
                training = in_file.copy()
                training[taught] = codes[taught]
                model = self._fit(training)
                if model is None:
                    return None
                beliefs[name][scored] = self._believed(model, self._audited[scored])

        def difference(kept: Bool[np.ndarray, " audited"]) -> float:
            one, other = (self._value(beliefs[name][kept], self._truth[kept]) for name in ("chosen", "random"))
            return one - other

        whole = np.ones(rows, dtype=bool)
        value = difference(whole)
        low, high = self._ends(value, difference, rows)
        one, other = (self._value(beliefs[name], self._truth) for name in ("chosen", "random"))
        return AgainstRandom(int(rows * (1 - 1 / FOLDS)), one, other, Score(value, low, high))

    def _fit(self, codes: Labels) -> FittedClassifier | None:
        key = codes.tobytes(), self._weights.tobytes(), self._goal.classifier
        if key not in self._fits:
            self._fits[key] = fitted(self._setup, self._features, codes, self._weights)
        return self._fits[key]

    def _believed(self, model: FittedClassifier, rows: Int[np.ndarray, " some"]) -> Float[np.ndarray, "some class"]:
        """Soft predictions for soft objectives; for others, a one for the class that is predicted."""
        if self.objective.is_soft:
            return model.soft_predictions(self._features[rows])
        return np.eye(len(self._book.classes))[model.predict(self._features[rows])]

    def _value(self, beliefs: Float[np.ndarray, "some class"], truth: Labels) -> float:
        if self.objective.is_soft:
            targets = np.eye(len(self._book.classes))[truth]
            return float(self.objective.of_predictions(beliefs, targets, self._weights))
        counts = confusion_counts(beliefs.argmax(axis=1)[None], truth, len(self._book.classes))
        return float(self.objective.of_counts(counts, self._weights)[0])

    def _score(self, model: FittedClassifier) -> Score | None:
        rows = len(self._truth)
        if rows == 0:
            return None
        beliefs = self._believed(model, self._audited)
        value = self._value(beliefs, self._truth)
        if self.objective.name == "accuracy" and np.ptp(self._weights) == 0:
            return Score(value, *proportion_interval(round(value * rows), rows))
        return Score(value, *self._ends(value, lambda kept: self._value(beliefs[kept], self._truth[kept]), rows))

    def _ends(
        self, value: float, score: Callable[[Bool[np.ndarray, " audited"]], float], rows: int
    ) -> tuple[float | None, float | None]:
        """Of the interval of what is no proportion: none of few rows, or before each class is among them."""
        if rows < FEWEST or len(np.unique(self._truth)) < len(self._book.classes):
            return None, None
        return mean_interval(value, jackknife(score, rows), rows)
