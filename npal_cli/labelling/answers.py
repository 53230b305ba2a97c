"""Labels that come back: read from a table or from words, and checked whole before any is taken."""

import sys
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from npal_cli.errors import DataError, UsageError
from npal_cli.labelling.book import Book
from npal_cli.labelling.journal import Answered
from npal_cli.labelling.sheet import ID, LABEL, unescaped
from npal_cli.tables.columns import some
from npal_cli.tables.files import is_table
from npal_cli.tables.formats import read
from npal_cli.tables.target import class_names

SKIP, UNSURE = "skip", "unsure"
"""What stands in place of a class: not to be asked again; and: nobody can tell."""
ANNOTATOR = "annotator"


@dataclass(frozen=True)
class Answer:
    """What somebody said of a row."""

    name: str
    label: str
    by: str = ""


@dataclass(frozen=True)
class Permitted:
    """What is taken though it may be a slip."""

    new_classes: Collection[str] = ()
    changes: bool = False


def of_words(words: Sequence[str], by: str) -> list[Answer]:
    """The answers in words of the form ``ID=CLASS``.

    >>> of_words(["17=yes"], "")
    [Answer(name='17', label='yes', by='')]

    Raises:
        UsageError: if a word is not of that form.
    """
    answers = []
    for word in words:
        name, equals, label = word.rpartition("=")
        if not equals or not name or not label:
            raise UsageError(f"{word!r}: expected ID=CLASS, or the file of a table with columns {ID} and {LABEL}")
        answers.append(Answer(name, label.strip(), by))
    return answers


def of_file(path: Path, book: Book, by: str) -> list[Answer]:
    """The answers in the file of a table, or of ``-`` in CSV on standard input; rows without a label are left out.

    Raises:
        DataError: if it cannot be read, or has no column of names or of labels.
    """
    if str(path) == "-":
        table = _standard_input()
    elif is_table(path):
        table = read(path)
    else:
        raise UsageError(f"{path}: expected ID=CLASS, or the file of a table with columns {ID} and {LABEL}")
    names = _column(path, table, (ID, book.table.id), "the rows' names")
    labels = _column(path, table, (LABEL, book.table.target), "their labels")
    said = class_names(table[ANNOTATOR]).fillna(by) if ANNOTATOR in table else [by] * len(table)
    rows = zip(class_names(table[names]), class_names(table[labels]), said, strict=True)
    answers = []
    for number, (name, label, who) in enumerate(rows, start=1):
        if label is None:
            continue
        if name is None:
            raise DataError(f"{path}: row {number} has the label {label!r} and no {names}; name the row")
        answers.append(Answer(unescaped(name), unescaped(label), who))
    return answers


def checked(answers: Iterable[Answer], book: Book, permitted: Permitted) -> list[Answered]:
    """The events of answers that are all in order: one for each annotator, in the order of their first answers.

    Raises:
        DataError: naming the first that is not, what is wrong with it, and how many there are.
    """
    answers = list(answers)
    if not answers:
        raise DataError(f"{book.table.name}: no label was given; fill in the column {LABEL}")
    wrong = [said for answer in answers for said in _wrong(answer, book, permitted)]
    twice = [pair for pair, count in Counter((a.name, a.by) for a in answers).items() if count > 1]
    wrong += [f"row {name!r} is labelled twice; label each row once" for name, _ in twice]
    if wrong:
        more = f" ({len(wrong)} such problems; nothing was taken)" if len(wrong) > 1 else " (nothing was taken)"
        raise DataError(f"{book.table.name}: {wrong[0]}{more}")
    events = []
    for who in dict.fromkeys(answer.by for answer in answers):
        own = [answer for answer in answers if answer.by == who]
        skipped = [a.name for a in own if _is(SKIP, a, book)]
        unsure = [a.name for a in own if _is(UNSURE, a, book)]
        aside = {*skipped, *unsure}
        events.append(Answered({a.name: a.label for a in own if a.name not in aside}, skipped, unsure, who))
    return events


def not_asked(answers: Iterable[Answer], book: Book) -> list[str]:
    """The rows that were labelled and never asked for."""
    asked = {name for each in book.rounds for name in (*each.rows, *each.audit)}
    return list(dict.fromkeys(answer.name for answer in answers if answer.name not in asked))


def _wrong(answer: Answer, book: Book, permitted: Permitted) -> Iterable[str]:
    """What is wrong with an answer."""
    if answer.name not in book.position:
        first = book.table.ids[0]
        yield f"there is no row {answer.name!r} (the first is {first!r}); give the {ID} that the row was asked by"
        return
    if _is(SKIP, answer, book) or _is(UNSURE, answer, book):
        return
    known = {*book.classes, *permitted.new_classes}
    if len(book.classes) > 1 and answer.label not in known:  # else it is clear that there are others
        yield (
            f"row {answer.name!r}: there is no class {answer.label!r} yet; expected one of {', '.join(book.classes)}, "
            f"{SKIP} or {UNSURE}; a new one is added with --new-class {answer.label}"
        )
        return
    votes = book.votes.get(answer.name, {})
    before = votes.get(answer.by) or (None if votes or answer.by else book.in_file.get(answer.name))
    if before is not None and before != answer.label and not permitted.changes:
        yield f"row {answer.name!r} has the label {before!r}, not {answer.label!r}; change it with --change"


def _is(word: str, answer: Answer, book: Book) -> bool:
    """Whether an answer is such a word, and no class of that name."""
    return answer.label == word and word not in book.classes


def _column(path: Path, table: pd.DataFrame, names: Sequence[str | None], what: str) -> str:
    for name in names:
        if name is not None and name in table:
            return name
    expected = " or ".join(repr(name) for name in dict.fromkeys(names) if name is not None)
    raise DataError(f"{path}: no column of {what}; expected one called {expected} among {some(list(table.columns))}")


def _standard_input() -> pd.DataFrame:
    try:
        table: Any = pd.read_csv(sys.stdin, dtype=str, keep_default_na=False, na_values=[""], skipinitialspace=True)
    except ValueError as error:
        raise DataError(f"-: not a readable table ({error})") from error
    return pd.DataFrame(table)
