"""The next batch as a sheet that people fill in: ``next_batch.csv``."""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from npal_cli.commit import replacing
from npal_cli.errors import DataError, UsageError
from npal_cli.labelling.choosing import REASONS, Batch, Row
from npal_cli.tables.kept import KeptTable

ID, LABEL, ANNOTATOR = "id", "label", "annotator"
"""Columns of a sheet: who a row is, what it is, and who says so, where several people label."""
SAID = ("predicted", "probability", *REASONS, "novelty", "why")
"""What npal adds to the row's own columns."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def sheet(batch: Batch, table: KeptTable) -> pd.DataFrame:
    """The rows of a batch: their names, a column to fill in, their own columns, and what npal says of them."""
    asked = [*batch.rows, *batch.audit]
    positions = {name: row for row, name in enumerate(table.ids)}
    own = table.rows.iloc[[positions[row.name] for row in asked]].reset_index(drop=True)
    own = own.drop(columns=[name for name in (table.target, table.id) if name is not None])
    own = own.rename(columns={name: free(name, own.columns) for name in (ID, LABEL, ANNOTATOR, *SAID)})
    given = pd.DataFrame({ID: [row.name for row in asked], LABEL: [""] * len(asked)})
    return pd.concat([given, own, pd.DataFrame([_said(row) for row in asked], columns=list(SAID))], axis=1)


def free(name: str, taken: Collection[Any]) -> str:
    """A name like ``name`` that no column has.

    >>> free("id", ["id", "id_"])
    'id__'
    """
    while name in taken:
        name += "_"
    return name


def found(path: Path, names: Sequence[str]) -> pd.DataFrame | None:
    """The sheet at ``path``, if it holds just these rows."""
    try:
        there = pd.read_csv(path, dtype={ID: str}, keep_default_na=False, na_values=[""])
    except (OSError, ValueError):
        return None
    held = ID in there and [unescaped(str(name)) for name in there[ID]] == list(names)
    return there if held else None


def check_replaceable(path: Path, answered: Collection[str]) -> None:
    """Refuse to replace a sheet with labels that were not given back yet, or what is no sheet.

    Raises:
        UsageError: if the file is no sheet, or is not to be one by its name.
        DataError: naming the first row whose label was not given back.
    """
    if path.suffix.lower() != ".csv":
        raise UsageError(f"--output {path}: a sheet is a CSV file; let its name end in .csv")
    if not path.exists():
        return
    try:
        there = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError):
        there = pd.DataFrame()
    if not {ID, LABEL} <= set(there.columns):
        raise UsageError(f"--output {path}: is there already and is none of npal's sheets; name another file")
    for name, label in zip(there[ID], there[LABEL], strict=True):
        if label.strip() and unescaped(name) not in answered:
            raise DataError(
                f"{path}: row {name!r} has the label {label!r}, which was not given back; "
                "do that first with npal label, or remove the file"
            )


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a sheet: the file is the old one or the new one, and no cell in it is a formula.

    Raises:
        ArtifactError: if it cannot be written.
    """
    content = text_of(table)
    with replacing(path) as partial:
        partial.write_text(content, encoding="utf-8", newline="")


def text_of(table: pd.DataFrame) -> str:
    """A table as CSV in which no cell is a formula."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow([escaped(name) for name in table.columns])
    for row in table.astype(object).where(table.notna(), None).itertuples(index=False):
        writer.writerow([escaped(cell) for cell in row])
    return content.getvalue()


def escaped(cell: Any) -> Any:
    """A cell that no spreadsheet runs: text that would begin a formula gets an apostrophe in front.

    >>> escaped("=1+1"), escaped("-12.5"), escaped(-3), escaped("plain")
    ("'=1+1", '-12.5', -3, 'plain')
    """
    if not isinstance(cell, str) or not cell.startswith(_FORMULA):
        return "" if cell is None else cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def unescaped(cell: str) -> str:
    """What :func:`escaped` was given.

    >>> unescaped("'=1+1"), unescaped("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _said(row: Row) -> Mapping[str, Any]:
    numbers = {
        "probability": row.probability,
        **{name: row.reasons.get(name) for name in REASONS},
        "novelty": row.novelty,
    }
    rounded = {name: None if number is None else round(number, 4) for name, number in numbers.items()}
    return {"predicted": row.predicted, **rounded, "why": row.why}
