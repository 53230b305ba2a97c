"""Rounds of labelling a table: ask for the next batch, take answers, take them back, see how it stands."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from npal_cli.api.query import QuerySetup
from npal_cli.errors import DataError, UsageError, unknown
from npal_cli.labelling import journal, sheet
from npal_cli.labelling.answers import Answer, Permitted, checked, not_asked
from npal_cli.labelling.book import Book
from npal_cli.labelling.choosing import Batch, asked_again, next_batch, widened
from npal_cli.labelling.goal import Goal
from npal_cli.labelling.journal import Answered, Asked, Undone
from npal_cli.pipeline.context import Context
from npal_cli.pipeline.encoded import encoded
from npal_cli.pipeline.places import journal_path, next_batch_path
from npal_cli.problems.datasets import known_datasets
from npal_cli.tables import kept, shelf
from npal_cli.tables.kept import KeptTable

if TYPE_CHECKING:
    from npal_cli.labelling.measuring import Fits
    from npal_cli.labelling.status import Status
    from npal_cli.labelling.worth import Worth


@dataclass(frozen=True)
class Labelling:
    """A table that is being labelled."""

    context: Context
    table: KeptTable

    @classmethod
    def of(cls, context: Context, name: str) -> "Labelling":
        """The table that was taken in under a name.

        Raises:
            UsageError: if there is none.
        """
        folder = context.sources.folder
        if name not in shelf.known(folder):
            if name in known_datasets(context.sources):
                raise UsageError(f"--data {name}: every row has its label; rows to label are those of your own table")
            raise unknown("table", name, shelf.known(folder) or ["(none: take one in with npal prepare --data FILE)"])
        return cls(context, kept.find(name, folder))

    @property
    def journal(self) -> Path:
        """Where it is kept what was asked and answered."""
        return journal_path(self.context.root, self.table.name)

    @cached_property
    def _fits(self) -> "Fits":
        return {}

    def check_current(self) -> None:
        """Refuse to go on with rows that are not those of the table any more.

        Raises:
            DataError: if another table was taken in under its name meanwhile.
        """
        if shelf.card(self.context.sources.folder / self.table.name)["digest"] != self.table.digest:
            raise DataError(
                f"{self.table.name} was taken in anew meanwhile: start again, with the rows that it has now"
            )

    def book(self) -> Book:
        """What is known of each row by now."""
        return Book.of(self.table, self.context.root)

    def goal(self, changes: Mapping[str, Any]) -> Goal:
        """What was asked for last, or the parameters' defaults, with ``changes`` made.

        Raises:
            UsageError: if the rows that are measured on would be others than in earlier rounds.
        """
        before = self.book().goal
        goal = before or Goal(objective=self.context.params.objective.name)
        goal = replace(goal, **changes)
        if before is not None and (goal.audit, goal.seed) != (before.audit, before.seed):
            raise UsageError(
                f"{self.table.name} was begun with --audit {before.audit:g} --seed {before.seed}, which say the rows "
                "that are measured on; go on with them, or begin anew under another --name"
            )
        return goal

    def setup(self, goal: Goal, book: Book, strategy: str = "blend") -> QuerySetup:
        """A strategy, the task model and the objective."""
        objective = goal.objective_for(book.classes)
        return QuerySetup(strategy, goal.classifier, objective, self.context.params, self.context.engine)

    @cached_property
    def features(self) -> Float[np.ndarray, "row feature"]:
        """The features of each row."""
        return encoded(self.context.root, self.table, force=self.context.force).features

    def strategy(self, book: Book, goal: Goal) -> str:
        """The one that was asked for last; before the first round, the parameters' default."""
        return book.rounds[-1].strategy if book.rounds else self.context.params.acquire.strategy_for(goal.classifier)

    def check(self, size: int, strategy: str | None, changes: Mapping[str, Any]) -> None:
        """Refuse rounds that cannot be asked for, before any is.

        Raises:
            UsageError: saying why.
        """
        book, goal = self.book(), self.goal(changes)
        goal.check(book.classes)
        setup = self.setup(goal, book, strategy or self.strategy(book, goal))
        widened(setup, size).check(size, max(len(book.classes), 2))

    def ask(
        self, size: int, strategy: str | None, goal: Goal, output: Path | None = None
    ) -> tuple[pd.DataFrame, Path, str]:
        """The sheet of the next batch, where it was written, and what is to be known about it.

        While nothing was answered, the same question has the same answer, and a sheet that holds it stays as it is.
        """
        path = output or next_batch_path(self.context.root, self.table.name)
        book = self.book()
        name = strategy or self.strategy(book, goal)
        again = not book.changed and bool(book.rounds) and _same(book.rounds[-1], size, name, goal)
        if again:
            there = sheet.found(path, [*book.rounds[-1].rows, *book.rounds[-1].audit])
            if there is not None:
                return there, path, ""
            batch = asked_again(book, self.features, self.setup(goal, book, name))
        else:
            sheet.check_replaceable(path, book.labels.keys() | book.set_aside)
            begun = self._begin(book, size, name, goal)
            if begun is None:  # somebody else asked meanwhile
                return self.ask(size, strategy, goal, output)
            batch = begun
        made = sheet.sheet(batch, self.table)
        sheet.write(made, path)
        return made, path, batch.note

    def begin_round(self, size: int, strategy: str | None, changes: Mapping[str, Any]) -> str:
        """Ask for the next batch without a sheet, unless somebody else does meanwhile; what is to be known about it.

        ``changes`` are made to the goal of the round before.
        """
        book, goal = self.book(), self.goal(changes)
        begun = self._begin(book, size, strategy or self.strategy(book, goal), goal)
        return begun.note if begun is not None else ""

    def _begin(self, book: Book, size: int, strategy: str, goal: Goal) -> Batch | None:
        """Choose by what ``book`` says, while answers may come; None if another round was begun meanwhile."""
        goal.check(book.classes)
        batch = next_batch(book, self.features, size, strategy, goal, self.setup(goal, book, strategy))
        with journal.writing(self.journal) as append:
            if len(self.book().rounds) != len(book.rounds):
                return None
            append(_asked(batch, strategy, goal))
        return batch

    def answer(self, answers: Sequence[Answer], permitted: Permitted) -> dict[str, Any]:
        """Take labels, all or none; what was taken, and what is to be known about it.

        Raises:
            DataError: if any is not in order; then nothing is taken.
        """
        with journal.writing(self.journal) as append:
            before = self.book()
            events = checked(answers, before, permitted)
            append(*events)
        after = self.book()
        return {**_counts(events), "pending": len(after.pending), "not_asked": not_asked(answers, before)}

    def undo(self, check: Callable[[Sequence[Answered]], None] | None = None) -> list[Answered]:
        """Take back what was given last, all of it, unless ``check`` of it raises an error.

        Raises:
            DataError: if there are none.
        """
        with journal.writing(self.journal) as append:
            answers = self.book().answers
            if not answers:
                raise DataError(f"{self.table.name}: no answer is left to take back")
            if check is not None:
                check([each for each in answers if each.group == answers[-1].group])
            append(Undone())
        return [each for each in answers if each.group == answers[-1].group]

    def status(self) -> "Status":
        """How it stands."""
        from npal_cli.labelling.measuring import Measurement  # scipy's optimisers take half a second
        from npal_cli.labelling.status import Status

        book = self.book()
        goal = book.goal or self.goal({})
        try:
            forecast = self.worth()
        except DataError:  # labels of two classes are not known yet, or all rows have one
            forecast = []
        measurement = Measurement(book, self.features, self.setup(goal, book), goal, self._fits)
        return Status(book, measurement, forecast)

    def worth(self, labels: Sequence[int] = ()) -> "list[Worth]":
        """What so many labels more are forecast to bring; if none are named, a batch of them, 20, 50 and 100.

        Raises:
            DataError: if fewer rows are left, or none, or labels of fewer than two classes are known.
        """
        from npal_cli.labelling.worth import MORE, worth  # scikit-learn takes half a second

        book = self.book()
        goal = book.goal or self.goal({})
        if not book.left:
            raise DataError(f"{self.table.name}: no row is left to label")
        if labels and max(labels) > book.left:
            raise DataError(f"{self.table.name}: {max(labels)} labels more are asked about, {book.left} rows are left")
        batch = [len(book.rounds[-1].rows) + len(book.rounds[-1].audit)] if book.rounds else []
        counts = sorted(set(labels or [each for each in (*batch, *MORE) if each <= book.left] or [book.left]))
        return worth(book, self.features, goal, self.setup(goal, book), counts)


def _asked(batch: Batch, strategy: str, goal: Goal) -> Asked:
    rows, audit = ([row.name for row in part] for part in (batch.rows, batch.audit))
    return Asked(strategy, batch.chosen_by, rows, audit, goal)


def _same(last: Asked, size: int, strategy: str, goal: Goal) -> bool:
    """Whether a round asked for what is asked for now."""
    return (len(last.rows) + len(last.audit), last.strategy, last.goal) == (size, strategy, goal)


def _counts(events: Sequence[Answered]) -> dict[str, Any]:
    labels = Counter(label for event in events for label in event.labels.values())
    aside = {word: sum(len(getattr(event, word)) for event in events) for word in ("skipped", "unsure")}
    return {"labelled": sum(labels.values()), "classes": dict(sorted(labels.items())), **aside}
