"""The table that comes with npal: made-up customers, of whom twenty are known to have left or stayed."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from npal_cli.errors import DataError, write_errors

TABLE, TRUTH = "leads.csv", "leads_truth.csv"
"""The table, and the labels of all its rows, for who wants to play the annotator."""


def write_example(folder: Path) -> list[Path]:
    """Copy both files into a folder.

    Raises:
        DataError: if another file of that name is there.
        ArtifactError: if they cannot be written.
    """
    written = []
    for name in (TABLE, TRUTH):
        target = folder / name
        with as_file(files("npal_cli.tables") / "examples" / name) as source:
            if target.exists() and target.read_bytes() != source.read_bytes():
                raise DataError(f"{target}: another file is there; run npal example in another folder")
            with write_errors(target):
                shutil.copyfile(source, target)
        written.append(target)
    return written
