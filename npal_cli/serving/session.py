"""A table that is being labelled in a browser: what each tab shows, and what happens to what it says."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints

from npal_cli.errors import DataError
from npal_cli.labelling.answers import Answer, Permitted
from npal_cli.labelling.book import Book
from npal_cli.labelling.journal import Answered
from npal_cli.labelling.models import fitted
from npal_cli.labelling.rounds import Labelling
from npal_cli.serving.following import Following
from npal_cli.serving.keys import Keys
from npal_cli.serving.pictures import Pictures
from npal_cli.serving.queue import Tabs, queue_of
from npal_cli.serving.shown import Shown
from npal_cli.tables.target import UNKNOWN

ASIDE = "unsure or skipped"
LAST = 10
"""Rows that were answered last, which are open to change."""

Json = dict[str, Any]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class Said(BaseModel):
    """What an annotator said of a row."""

    tab: Text
    name: Annotated[str, StringConstraints(max_length=10_000)]
    label: Text
    """A class; ``skip`` or ``unsure`` if the row is set ``aside``."""
    aside: bool = False
    change: bool = False
    new_class: bool = False


class Undo(BaseModel):
    """The last answer is to be taken back."""

    tab: Text


@dataclass
class Session:
    """Answers come one at a time, from any tab; each is on disk before the next row is shown."""

    labelling: Labelling
    following: Following
    shown: Shown
    pictures: Pictures | None = None
    by: str = ""
    """Who labels; empty if there is one only."""
    _keys: Keys = field(default_factory=Keys)
    _tabs: Tabs = field(default_factory=Tabs)
    _lock: RLock = field(default_factory=RLock)

    def state(self, tab: Text) -> Json:
        """All that the page shows in a tab."""
        with self._lock:
            self.labelling.check_current()
            book = self.labelling.book()
            self.following.follow(book)
            queue = queue_of(book)
            row = self._tabs.next_row(tab, queue, book.unanswered)
            known = self.following.known
            counts = Counter(book.labels.values())
            return {
                "data": book.table.name,
                "target": book.table.target,
                "row": None if row is None else self._row(row, book),
                "classes": [
                    {"name": name, "count": counts[name], "key": key}
                    for name, key in self._keys.of(book.classes).items()
                ],
                "labelled": len(book.labels),
                "rows": len(book.table.ids),
                "left": len(queue),
                "round": len(book.rounds),
                "of_round": len(book.rounds[-1].rows) + len(book.rounds[-1].audit) if book.rounds else 0,
                "last": _last(book),
                "working": self.following.working,
                "note": self.following.note,
                "advice": known.advice if known else "",
                "findings": known.findings if known else [],
                "curve": f"/curve.svg?{hash(known.curve)}" if known and known.curve else "",
            }

    def row(self, name: str) -> Json:
        """What the page shows of a row that was asked for.

        Raises:
            DataError: if it was not.
        """
        book = self.labelling.book()
        _check_asked(name, book)
        return self._row(name, book)

    def _row(self, name: str, book: Book) -> Json:
        said = book.labels.get(name) or (ASIDE if name in book.set_aside else None)
        return {
            "id": name,
            "cells": self.shown.cells(name),
            "picture": self.pictures is not None,
            "said": said,
        }

    def answer(self, said: Said) -> Json:
        """Take what is said of a row; and the state after it.

        Raises:
            DataError: if the row has an answer already and is not to be changed, or the class is unknown and not new.
        """
        with self._lock:
            self.labelling.check_current()
            book = self.labelling.book()
            _check_asked(said.name, book)
            if not said.change and said.name not in book.unanswered:
                raise DataError(f"row {said.name} was answered meanwhile: {book.labels.get(said.name, ASIDE)}")
            permitted = Permitted([said.label] if said.new_class else (), changes=said.change)
            self.labelling.answer([Answer(said.name, said.label, self.by, said.aside)], permitted)
            counts_as = self.labelling.book().labels.get(said.name)
            return {**self.state(said.tab), "counts_as": None if said.aside else counts_as}

    def undo(self, given: Undo) -> Json:
        """Take the last answer back, and show its row again in the tab.

        Raises:
            DataError: if there is none, it is somebody else's, or it was given for many rows at once, elsewhere.
        """
        with self._lock:
            undone = self.labelling.undo(self._check_own)[0]
            row = next(iter((*undone.labels, *undone.skipped, *undone.unsure)))
            if row in self.labelling.book().unanswered:
                self._tabs.show(given.tab, row)
            return {**self.state(given.tab), "undone": row}

    def _check_own(self, answers: Sequence[Answered]) -> None:
        rows = [name for each in answers for name in (*each.labels, *each.skipped, *each.unsure)]
        if len(rows) != 1:
            raise DataError(f"the last answers are of {len(rows)} rows at once; take them back with npal undo")
        if answers[0].by != self.by:
            raise DataError(f"the last answer is {answers[0].by or 'somebody else'}'s; take it back with npal undo")

    def guess(self, name: str) -> Json:
        """The probability of each class, by the task model of all labels that it may learn from.

        Raises:
            DataError: if the row is measured on, or there is no model yet.
        """
        book = self.labelling.book()
        _check_asked(name, book)
        if name in book.audited:
            raise DataError("this row is measured on: what it is must owe nothing to a guess")
        goal = book.rounds[-1].goal
        codes = book.training_codes(goal)
        codes[book.table.position[name]] = UNKNOWN  # a guess does not know the answer
        setup = self.labelling.setup(goal, book)
        model = fitted(setup, self.labelling.features, codes, goal.weights_for(book.classes))
        if model is None:
            raise DataError("there is no guess yet: labels of fewer than two classes are known")
        beliefs = model.soft_predictions(self.labelling.features[[book.table.position[name]]])[0]
        return {"guess": [{"name": n, "probability": float(p)} for n, p in zip(book.classes, beliefs, strict=True)]}

    def picture(self, name: str) -> tuple[bytes, str]:
        """The bytes of a row's picture, and their media type.

        Raises:
            DataError: if it has none, or was not asked for.
        """
        _check_asked(name, self.labelling.book())
        if self.pictures is None:
            raise DataError("rows have no pictures here")
        return self.pictures.of(name)

    def curve(self) -> str:
        """The learning curve as SVG.

        Raises:
            DataError: if there is none yet.
        """
        known = self.following.known
        if known is None or not known.curve:
            raise DataError("there is no learning curve yet")
        return known.curve


def _check_asked(name: str, book: Book) -> None:
    if name not in book.asked:
        raise DataError(f"row {name} was not asked for")


def _last(book: Book) -> list[Json]:
    """The rows that were answered last, each once, and what is known of them now."""
    rows = [name for each in reversed(book.answers) for name in (*each.labels, *each.skipped, *each.unsure)]
    recent = [name for name in dict.fromkeys(rows) if name in book.asked][:LAST]
    aside = {name: word for each in book.answers for word in ("skipped", "unsure") for name in getattr(each, word)}
    return [{"id": name, "said": book.labels.get(name) or aside.get(name, "")} for name in recent]
