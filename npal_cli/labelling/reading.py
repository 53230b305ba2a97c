"""Reading labels that come back: from words, tables, and tasks of other tools."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from npal_cli.errors import DataError, UsageError
from npal_cli.labelling import exchange
from npal_cli.labelling.answers import Answer
from npal_cli.labelling.book import Book
from npal_cli.labelling.sheet import ANNOTATOR, ID, LABEL, unescaped
from npal_cli.tables.columns import some
from npal_cli.tables.files import is_table
from npal_cli.tables.formats import Reading, read
from npal_cli.tables.target import class_names


def of_words(words: Sequence[str], by: str) -> list[Answer]:
    """The answers in words of the form ``ID=CLASS``.

    >>> of_words(["17=yes"], "")
    [Answer(name='17', label='yes', by='', aside=None)]

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
    """The answers in a table, in tasks of Label Studio (``.json``) or Prodigy (``.jsonl``), or in CSV on ``-``.

    Rows without a label are left out; ``by`` says who answered where a row does not.

    Raises:
        DataError: if it cannot be read, or has no column of names or of labels.
    """
    if path.suffix.lower() == ".json":
        return [replace(each, by=each.by or by) for each in exchange.of_label_studio(path)]
    if path.suffix.lower() == ".jsonl" and exchange.is_prodigys(path):
        return [replace(each, by=each.by or by) for each in exchange.of_prodigy(path)]
    if str(path) == "-":
        table = _standard_input()
    elif is_table(path):
        table = read(path, Reading(as_text=True))
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
