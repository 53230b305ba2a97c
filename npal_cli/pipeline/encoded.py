"""The features of a table of one's own, made once: what is asked and predicted starts from them at each round."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from npal_cli.arrays import run_columns
from npal_cli.artifacts import Provenance, find, write
from npal_cli.errors import ArtifactError, DataError
from npal_cli.pipeline.locks import locked
from npal_cli.pipeline.places import encoded_path, work_path
from npal_cli.problems.standardise import standardise
from npal_cli.records import EncodedRecord
from npal_cli.tables.encoder import TableEncoder
from npal_cli.tables.kept import KeptTable

log = logging.getLogger("npal")


def encoded(root: Path, table: KeptTable, *, force: bool = False) -> EncodedRecord:
    """The artifact with the features of each row, which is made first if the table is another.

    Raises:
        ArtifactError: if the artifact cannot be read or written.
    """
    path, made_from = encoded_path(root, table.name), {"table": table.digest}
    if not force:  # what is damaged is made again, for it can be
        there = _found(path, root, made_from)
        if there is not None:
            return there
    with locked(work_path(root, path)):
        there = None if force else _found(path, root, made_from)  # another process may have made it meanwhile
        if there is not None:
            return there
        log.info("making %s", path)
        encoder, features = features_with(table)
        widths = np.array([encoder.widths.get(column.name, 0) for column in table.columns])
        record = EncodedRecord(**run_columns([]), features=features, widths=widths)
        write(path, record, Provenance(made_from, {}), root)
        return record


def _found(path: Path, root: Path, made_from: Mapping[str, str]) -> EncodedRecord | None:
    try:
        found = find(path, EncodedRecord, root)
    except ArtifactError as error:
        log.warning("%s: made anew", str(error).partition(";")[0])
        return None
    return found[0] if found is not None and found[1].parameters == made_from else None


def features_with(
    table: KeptTable, more: pd.DataFrame | None = None
) -> tuple[TableEncoder, Float[np.ndarray, "row feature"]]:
    """The standardised features of each row of ``table``, and then of ``more`` rows, and what they were encoded by.

    Raises:
        DataError: if a number cannot be standardised, or ``more`` lacks a column.
    """
    encoder, features = table.encode()
    if more is not None:
        lacking = [column.name for column in encoder.columns if column.name not in more]
        if lacking:
            raise DataError(f"the rows lack column {lacking[0]!r}; give those that {table.name} has")
        for line in encoder.unread(more):
            log.warning("%s", line)
        added = encoder.transform(more)
        if not np.isfinite(added).all():
            row = int(np.flatnonzero(~np.isfinite(added).all(axis=1))[0])
            raise DataError(f"the rows: a number in row {row + 1} is not finite; correct it or leave it empty")
        features = np.vstack([features, added])
    try:
        return encoder, standardise(features, "per_feature", len(table.rows)) * encoder.scales
    except DataError as error:
        raise DataError(f"{table.name}: {error}") from error
