"""Pictures of rows: files that a column names, or columns that are pixels."""

import io
import re
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from npal_cli.errors import DataError, UsageError, unknown
from npal_cli.tables.columns import as_numbers
from npal_cli.tables.kept import KeptTable

TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"}
"""What is shown, by the ends of names: no SVG, which may hold scripts."""


class Pictures(ABC):
    """Gives each row's picture."""

    @abstractmethod
    def of(self, name: str) -> tuple[bytes, str]:
        """The bytes of a row's picture, and their media type.

        Raises:
            DataError: if it has none.
        """


class Files(Pictures):
    """A column holds the names of files in a folder."""

    def __init__(self, table: KeptTable, column: str, folder: Path) -> None:
        if column not in table.rows:
            raise unknown("column", column, list(table.rows.columns))
        if not folder.is_dir():
            raise UsageError(f"--images {folder}: no such folder")
        self._table, self._column, self._folder = table, column, folder.resolve()

    def of(self, name: str) -> tuple[bytes, str]:
        """What the file holds that the row names; no file outside the folder is read."""
        said = str(self._table.rows[self._column].iloc[self._table.position[name]])
        try:
            path = (self._folder / said).resolve()
            if path.is_relative_to(self._folder) and path.suffix.lower() in TYPES:
                return path.read_bytes(), TYPES[path.suffix.lower()]
        except (OSError, ValueError):  # none there, or no name of a file at all
            pass
        raise DataError(f"{said[:100]!r}: no picture ({', '.join(TYPES)}) of that name in {self._folder}")


class Pixels(Pictures):
    """The columns are the pixels of a picture, row by row: grey, or red, green and blue."""

    def __init__(self, table: KeptTable, size: str) -> None:
        found = re.fullmatch(r"(\d{1,4})x(\d{1,4})(x3)?", size)
        if not found:
            raise UsageError(f"--pixels {size}: expected HEIGHTxWIDTH, as in 28x28, or 32x32x3 for colours")
        self._shape = tuple(int(each) for each in size.split("x"))
        self._table = table
        self._columns = [name for name in table.rows if name not in (table.target, table.id)]
        if len(self._columns) != np.prod(self._shape):
            raise UsageError(
                f"--pixels {size}: the table has {len(self._columns)} columns; expected one for each pixel"
            )
        numbers = np.column_stack([as_numbers(table.rows[name]) for name in self._columns])
        self._low, self._high = np.nanmin(numbers), np.nanmax(numbers)

    def of(self, name: str) -> tuple[bytes, str]:
        """The picture as PNG, from black for the table's smallest number to white for its largest."""
        from PIL import Image

        cells = self._table.rows[self._columns].iloc[[self._table.position[name]]]
        values = np.array([as_numbers(cells[column]).iloc[0] for column in self._columns], dtype=np.float64)
        scaled = (np.nan_to_num(values, nan=self._low) - self._low) / ((self._high - self._low) or 1.0)
        content = io.BytesIO()
        Image.fromarray((scaled.reshape(self._shape) * 255).round().astype(np.uint8)).save(content, "PNG")
        return content.getvalue(), TYPES[".png"]


def pictures_of(table: KeptTable, column: str | None, folder: Path | None, pixels: str | None) -> Pictures | None:
    """What was asked for; None if nothing was. The folder is the current one, if none is named.

    Raises:
        UsageError: if there is no such column, or the table has another number of pixels.
    """
    if column is not None and pixels is not None:
        raise UsageError("--image and --pixels: a row has one picture; leave one out")
    if folder is not None and column is None:
        raise UsageError(f"--images {folder}: name the column that says which picture a row has, with --image")
    if column is not None:
        return Files(table, column, folder or Path())
    return Pixels(table, pixels) if pixels is not None else None
