"""Tables that are given out."""

import os
from pathlib import Path

import pandas as pd

from npal_cli.errors import UsageError, write_errors
from npal_cli.labelling import sheet


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, in which no cell is a formula, or as Parquet; the file is the old one or the new one.

    Raises:
        UsageError: if the file's name says neither.
        ArtifactError: if it cannot be written.
    """
    if path.suffix.lower() == ".csv":
        sheet.write(table, path)
    elif path.suffix.lower() == ".parquet":
        with write_errors(path):
            partial = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                table.to_parquet(partial, index=False)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
    else:
        raise UsageError(f"{path}: expected a file that ends in .csv or .parquet")
