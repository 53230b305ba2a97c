"""What is given out: tables, and tasks for other tools, by the name of the file."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from npal_cli.commit import replacing
from npal_cli.errors import UsageError
from npal_cli.labelling import exchange, sheet
from npal_cli.labelling.book import Book

TASKS: dict[str, Callable[[Book], str]] = {".json": exchange.label_studio, ".jsonl": exchange.prodigy}


def check_free(path: Path, *, force: bool) -> None:
    """Refuse to replace a file, unless that is asked for: it may be the table itself.

    Raises:
        UsageError: if there is one.
    """
    if path.exists() and not force:
        raise UsageError(f"{path}: is there already; name another file, or replace it with --force")


def write_tasks(book: Book, path: Path) -> int:
    """Write the rows that were asked for or labelled as tasks of Label Studio (``.json``) or Prodigy (``.jsonl``).

    Returns how many.

    Raises:
        ArtifactError: if it cannot be written.
    """
    with replacing(path) as partial:
        partial.write_text(TASKS[path.suffix.lower()](book), encoding="utf-8")
    return len(exchange.rows_of(book))


def labelled(book: Book) -> pd.DataFrame:
    """The table with every label that is known by now, and the names of its rows."""
    table, rows = book.table, book.table.rows.copy()
    rows[table.target] = [book.labels.get(name) for name in table.ids]
    if table.id is None:
        rows.insert(0, sheet.free(sheet.ID, rows.columns), table.ids)
    return rows


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, in which no cell is a formula, or as Parquet.

    Raises:
        UsageError: if the file's name says neither.
        ArtifactError: if it cannot be written.
    """
    if path.suffix.lower() == ".csv":
        sheet.write(table, path)
    elif path.suffix.lower() == ".parquet":
        with replacing(path) as partial:
            table.to_parquet(partial, index=False)
    else:
        raise UsageError(f"{path}: expected a file that ends in .csv or .parquet")
