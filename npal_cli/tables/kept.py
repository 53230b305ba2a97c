"""A table that was taken in: its rows, their names and labels, and its columns."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from npal_cli.commit import settled
from npal_cli.errors import DataError
from npal_cli.tables.columns import Column
from npal_cli.tables.encoder import TableEncoder
from npal_cli.tables.shelf import AGAIN, ROWS, card, digest_of
from npal_cli.tables.target import class_names, codes_of, ordered

Features = Float[np.ndarray, "row feature"]
Labels = Int[np.ndarray, " row"]


@dataclass(frozen=True)
class KeptTable:
    """A table that was taken in."""

    name: str
    rows: pd.DataFrame
    """As they were read, columns that are left out and the label included."""
    target: str
    id: str | None
    columns: list[Column]
    unlabelled: tuple[str, ...]
    digest: str
    """Of the file that it was read from, and of what was said about it."""

    @cached_property
    def ids(self) -> list[str]:
        """The name of each row: what its ``id`` column says, or its number, from 1."""
        if self.id is None:
            return [str(row) for row in range(1, len(self.rows) + 1)]
        return list(class_names(self.rows[self.id]))

    @cached_property
    def labels(self) -> "pd.Series[Any]":
        """The class of each row in the file, None where there is none."""
        return class_names(self.rows[self.target], self.unlabelled)

    @cached_property
    def labelled(self) -> dict[str, str]:
        """The labels that it came with, by the rows' names."""
        return {name: label for name, label in zip(self.ids, self.labels, strict=True) if label is not None}

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each row is, by its name."""
        return {name: row for row, name in enumerate(self.ids)}

    @property
    def is_complete(self) -> bool:
        """Whether every row has a label, so that it can be studied."""
        return not self.labels.isna().any()

    def encode(self) -> tuple[TableEncoder, Features]:
        """What makes features, fitted to all rows (labels take no part in it); and the features of each row."""
        encoder = TableEncoder(self.columns)
        return encoder, encoder.fit_transform(self.rows)


def find(name: str, folder: Path) -> KeptTable:
    """The kept table ``name``.

    Raises:
        DataError: if its files are damaged, or of an earlier version of npal.
    """
    with settled(folder):
        said = card(folder / name)
        path = folder / name / ROWS
        if not path.exists() or digest_of(path) != said["rows"]:
            raise DataError(f"{path}: gone or changed since it was taken in; {AGAIN}")
        rows = pd.read_parquet(path)
    columns = [Column(**column) for column in said["columns"]]
    return KeptTable(name, rows, said["target"], said["id"], columns, tuple(said["unlabelled"]), said["digest"])


def load(name: str, folder: Path) -> tuple[Features, Labels, tuple[str, ...]]:
    """Features, labels and class names of the kept table ``name``, for studies.

    Raises:
        DataError: if it is damaged, or a row has no label.
    """
    table = find(name, folder)
    missing = int(table.labels.isna().sum())
    if missing:
        raise DataError(
            f"{name}: {missing} of {len(table.labels)} rows have no {table.target!r}; a study needs a label in each. "
            f"To be told which row to label next: npal acquire --data {name} --batch 20"
        )
    classes = ordered(table.labels)
    return table.encode()[1], codes_of(table.labels, classes), classes
