"""Taking a table in: its file is read, its columns are looked at, and it is kept under a name."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pandas as pd
from filelock import FileLock

from npal_cli.commit import building_place, commit
from npal_cli.errors import DataError, UsageError, write_errors
from npal_cli.tables import formats
from npal_cli.tables.columns import Kind, columns_of, some
from npal_cli.tables.encoder import TableEncoder
from npal_cli.tables.files import ARRAYS, name_of, suffix_of
from npal_cli.tables.formats import Reading
from npal_cli.tables.kept import KeptTable
from npal_cli.tables.shelf import CARD, FORMAT, ROWS, digest_of, sealed
from npal_cli.tables.target import check_labels, class_names

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class Intake:
    """How a table is to be taken in."""

    target: str | None
    """The column of labels; None for that of the labels in a file of arrays."""
    name: str | None = None
    """What it is called from then on; None for the name of its file."""
    id: str | None = None
    """The column that names the rows; None for their numbers, from 1."""
    declared: Mapping[str, Kind] = field(default_factory=dict)
    unlabelled: Sequence[str] = ()
    """What stands for a label that is not known, besides an empty cell."""
    reading: Reading = field(default_factory=Reading)


def take(
    source: Path,
    intake: Intake,
    folder: Path,
    reserved: Sequence[str],
    check: Callable[[KeptTable], None] = lambda _: None,
) -> KeptTable:
    """Read the table in the file ``source``, and keep it under ``folder``.

    ``check`` may refuse it before anything of what was kept under its name is replaced.

    Raises:
        UsageError: if its name cannot name a data set, no label column is given, or a column is not there.
        DataError: if the file cannot be read, a column is not what it should be, or rows have the same name.
        ArtifactError: if it cannot be kept.
    """
    name = intake.name or name_of(source)
    if not _NAME.fullmatch(name):
        raise UsageError(f"--data {source}: {name!r} cannot be a name; give one with --name (letters, digits and _)")
    if name in reserved:
        raise UsageError(f"--data {source}: {name} is a data set of npal's own; give it another name with --name")
    as_text = tuple(name for name in (intake.target, intake.id) if name is not None)
    rows = formats.read(source, replace(intake.reading, as_text=as_text))
    target = _target(source, rows, intake)
    where = str(source)
    labels = class_names(rows[target], intake.unlabelled)
    check_labels(where, target, labels)
    names = [target] if intake.id is None else [target, intake.id]
    if intake.id is not None:
        _check_ids(where, rows, intake.id)
    columns = columns_of(rows.drop(columns=names), where, intake.declared, labels)
    if intake.declared:
        TableEncoder(columns).fit_transform(rows)  # what its author says of it may not be true
    read_as = intake.reading
    labels_from = digest_of(read_as.labels) if read_as.labels is not None else None
    said = [target, intake.id, [asdict(column) for column in columns], list(intake.unlabelled)]
    how = [read_as.separator, read_as.decimal, read_as.encoding, labels_from]
    digest = hashlib.sha256(json.dumps([said, how]).encode() + digest_of(source).encode()).hexdigest()
    table = KeptTable(name, rows, target, intake.id, columns, tuple(intake.unlabelled), digest)
    check(table)
    _keep(table, source, folder)
    return table


def _target(source: Path, rows: pd.DataFrame, intake: Intake) -> str:
    """The label column."""
    target = intake.target
    if target is None and intake.reading.labels is not None:
        target = "label"
    if target is None and suffix_of(source) in ARRAYS:
        target = next((name for name in formats.LABELS if name in rows), None)
    columns = some(list(rows.columns))
    if target is None:
        raise UsageError(f"--data {source}: name the label column with --target; columns: {columns}")
    for option, name in (("--target", target), ("--id", intake.id)):
        if name is not None and name not in rows.columns:
            raise DataError(f"{source}: no column {name!r}; {option} must be one of {columns}")
    if target == intake.id:
        raise UsageError(f"--id {intake.id}: it is the label column; name another")
    return target


def _check_ids(where: str, rows: pd.DataFrame, column: str) -> None:
    names = class_names(rows[column])
    if names.isna().any():
        raise DataError(f"{where}: column {column!r} is empty in row {int(names.isna().argmax()) + 1}; name every row")
    twice = names[names.duplicated()]
    if len(twice):
        raise DataError(f"{where}: two rows are called {twice.iloc[0]!r} in column {column!r}; give each its own name")


def _keep(table: KeptTable, source: Path, folder: Path) -> None:
    place = folder / table.name
    building = building_place(place, folder)
    with write_errors(place):
        lock = folder / ".work" / "locks" / f"{table.name}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock), write_errors(place):  # another process may be taking it in, too
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        _storable(table.rows).to_parquet(building / ROWS, index=False)
        card = {
            "format": FORMAT,
            "source": source.name,
            "digest": table.digest,
            "rows": digest_of(building / ROWS),
            "target": table.target,
            "id": table.id,
            "unlabelled": list(table.unlabelled),
            "columns": [asdict(column) for column in table.columns],
        }
        (building / CARD).write_text(json.dumps(sealed(card), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        commit(place, folder)


def _storable(rows: pd.DataFrame) -> pd.DataFrame:
    """Cells of more than one kind in a column as text, which Parquet has no other way to hold."""
    rows = rows.copy(deep=False)
    for name in rows.columns:
        if pd.api.types.is_object_dtype(rows[name]):
            rows[name] = rows[name].where(rows[name].isna(), rows[name].astype(str))
    return rows
