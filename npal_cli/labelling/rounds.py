"""Rounds of labelling a table: ask for the next batch, take answers, take them back, predict, give labels out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from npal_cli.api.query import QuerySetup
from npal_cli.errors import DataError, UsageError, unknown
from npal_cli.labelling import journal, sheet
from npal_cli.labelling.answers import Answer, Permitted, checked, not_asked
from npal_cli.labelling.book import Book
from npal_cli.labelling.choosing import asked_again, next_batch
from npal_cli.labelling.goal import Goal
from npal_cli.labelling.journal import Answered, Asked, Undone
from npal_cli.labelling.models import fitted
from npal_cli.pipeline.context import Context
from npal_cli.pipeline.encoded import encoded, features_with
from npal_cli.pipeline.places import journal_path, next_batch_path
from npal_cli.problems.datasets import known_datasets
from npal_cli.tables import kept, shelf
from npal_cli.tables.kept import KeptTable
from npal_cli.tables.target import class_names

if TYPE_CHECKING:
    from npal_cli.labelling.status import Status


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

    def ask(
        self, size: int, strategy: str | None, goal: Goal, output: Path | None = None
    ) -> tuple[pd.DataFrame, Path, str]:
        """The sheet of the next batch, where it was written, and what is to be known about it.

        While nothing was answered, the same question has the same answer, and a sheet that holds it stays as it is.
        """

        def features() -> np.ndarray:
            return encoded(self.context.root, self.table, force=self.context.force).features

        path = output or next_batch_path(self.context.root, self.table.name)
        with journal.writing(self.journal) as append:
            book = self.book()
            name = strategy or self._last_strategy(book) or self.context.params.acquire.strategy_for(goal.classifier)
            goal.check(book.classes)
            setup = self.setup(goal, book, name)
            again = not book.changed and bool(book.rounds) and _same(book.rounds[-1], size, name, goal)
            if again:
                there = sheet.found(path, [*book.rounds[-1].rows, *book.rounds[-1].audit])
                if there is not None:
                    return there, path, ""
                batch = asked_again(book, features(), setup)
            else:
                sheet.check_replaceable(path, book.labels.keys() | book.set_aside)
                batch = next_batch(book, features(), size, name, goal, setup)
                rows, audit = ([row.name for row in part] for part in (batch.rows, batch.audit))
                append(Asked(name, batch.chosen_by, rows, audit, goal))
            made = sheet.sheet(batch, self.table)
            sheet.write(made, path)
        return made, path, batch.note

    @staticmethod
    def _last_strategy(book: Book) -> str | None:
        return book.rounds[-1].strategy if book.rounds else None

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

    def undo(self) -> list[Answered]:
        """Take back what was given last, all of it.

        Raises:
            DataError: if there are none.
        """
        with journal.writing(self.journal) as append:
            answers = self.book().answers
            if not answers:
                raise DataError(f"{self.table.name}: no answer is left to take back")
            append(Undone())
        return [each for each in answers if each.group == answers[-1].group]

    def status(self) -> "Status":
        """How it stands."""
        from npal_cli.labelling.measuring import Measurement  # scipy's optimisers take half a second
        from npal_cli.labelling.status import Status

        book = self.book()
        goal = book.goal or self.goal({})
        features = encoded(self.context.root, self.table).features
        return Status(book, Measurement(book, features, self.setup(goal, book), goal))

    def labelled(self) -> pd.DataFrame:
        """The table with every label that is known by now, and the names of its rows."""
        book, rows = self.book(), self.table.rows.copy()
        rows[self.table.target] = [book.labels.get(name) for name in self.table.ids]
        if self.table.id is None:
            rows.insert(0, sheet.free(sheet.ID, rows.columns), self.table.ids)
        return rows

    def predict(self, rows: pd.DataFrame | None = None) -> pd.DataFrame:
        """The class of each row, and the probability of each class, by the task model trained on all labels.

        ``rows`` are others with the same columns; None for those of the table.

        Raises:
            DataError: if fewer than two classes have a label, or ``rows`` lack a column.
        """
        book = self.book()
        if len(book.classes) < 2:
            raise DataError(f"{self.table.name}: labels of {len(book.classes)} classes are known; expected two or more")
        goal, codes = book.goal or self.goal({}), book.all_codes()
        if rows is None:
            features = encoded(self.context.root, self.table).features
        else:
            features = features_with(self.table, rows)[1]
        asked = features if rows is None else features[len(codes) :]
        model = fitted(self.setup(goal, book), features, codes, goal.weights_for(book.classes))
        assert model is not None  # of two classes or more
        with threadpool_limits(limits=1):
            predicted, beliefs = model.predict(asked), model.soft_predictions(asked)
        names = self.table.ids if rows is None else self._names_of(rows)
        columns = {f"probability of {name}": beliefs[:, i].round(6) for i, name in enumerate(book.classes)}
        return pd.DataFrame({sheet.ID: names, "predicted": np.array(book.classes)[predicted], **columns})

    def _names_of(self, rows: pd.DataFrame) -> Sequence[Any]:
        named = self.table.id is not None and self.table.id in rows
        return class_names(rows[self.table.id]).tolist() if named else [str(row) for row in range(1, len(rows) + 1)]


def _same(last: Asked, size: int, strategy: str, goal: Goal) -> bool:
    """Whether a round asked for what is asked for now."""
    return (len(last.rows) + len(last.audit), last.strategy, last.goal) == (size, strategy, goal)


def _counts(events: Sequence[Answered]) -> dict[str, Any]:
    labels = Counter(label for event in events for label in event.labels.values())
    aside = {word: sum(len(getattr(event, word)) for event in events) for word in ("skipped", "unsure")}
    return {"labelled": sum(labels.values()), "classes": dict(sorted(labels.items())), **aside}
