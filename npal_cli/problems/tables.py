"""Tables of one's own: a CSV or Parquet file becomes a data set named after it.

Numeric columns are used as they are, missing values replaced by the median with an indicator column beside; every
other column is one-hot encoded, a missing value being a category of its own. Encoding looks at features only, never
at labels.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pooch
from jaxtyping import Float, Int
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from npal_cli.errors import ArtifactError, DataError, UsageError

Features = Float[np.ndarray, "row feature"]
Labels = Int[np.ndarray, " row"]

SUFFIXES = (".csv", ".parquet")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,63}")
_CARD = "table.json"


def is_table(data: str) -> bool:
    """Whether ``--data`` names a table file rather than a data set."""
    return Path(data).suffix.lower() in SUFFIXES


def take(source: Path, target: str | None, folder: Path, reserved: list[str]) -> str:
    """Check the table ``source``, keep a copy under ``folder`` with its ``target`` column's name; return its name.

    Raises:
        UsageError: if the file's name cannot name a data set, or no target is given.
        DataError: if the file cannot be read, or the target column is missing or not fully labelled.
    """
    name = source.stem
    if not _NAME.fullmatch(name):
        raise UsageError(f"--data {source}: the file's name names the data set; use letters, digits and _ only")
    if name in reserved:
        raise UsageError(f"--data {source}: {name} is a data set of npal's own; rename the file")
    if not source.is_file():
        raise DataError(f"--data {source}: no such file")
    table = _read(source)
    if target is None:
        raise UsageError(f"--data {source}: name the label column with --target; columns: {_some(table.columns)}")
    _encode(source, table, target)
    card = {"file": source.name, "target": target, "sha256": pooch.file_hash(str(source))}
    try:
        (folder / name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / name / f".{source.name}.partial").replace(folder / name / source.name)
        partial = folder / name / f".{_CARD}.partial"
        partial.write_text(json.dumps(card, indent=2) + "\n")
        partial.replace(folder / name / _CARD)
    except OSError as error:
        raise ArtifactError(f"cannot keep {source} in {folder / name}: {error.strerror}") from error
    return name


def known(folder: Path) -> list[str]:
    """The names of the tables kept under ``folder``."""
    return sorted(card.parent.name for card in folder.glob(f"*/{_CARD}"))


def digest(name: str, folder: Path) -> str:
    """The SHA-256 of table ``name``, and its target column's name."""
    card = json.loads((folder / name / _CARD).read_text())
    return f"{card['sha256']}:{card['target']}"


def load(name: str, folder: Path) -> tuple[Features, Labels, tuple[str, ...]]:
    """Features, labels and class names of the kept table ``name``; classes are sorted.

    Raises:
        DataError: if the kept file was changed since it was taken in.
    """
    card = json.loads((folder / name / _CARD).read_text())
    path = folder / name / card["file"]
    if not path.exists() or pooch.file_hash(str(path)) != card["sha256"]:
        raise DataError(
            f"{path}: gone or changed since it was taken in; take it in again with: npal prepare --data FILE"
        )
    return _encode(path, _read(path), card["target"])


def _encode(path: Path, table: pd.DataFrame, target: str) -> tuple[Features, Labels, tuple[str, ...]]:
    _check_target(path, table, target)
    labelled = table[target]
    values = labelled.to_numpy() if pd.api.types.is_numeric_dtype(labelled) else labelled.astype(str).to_numpy(str)
    classes, labels = np.unique(values, return_inverse=True)
    columns = table.drop(columns=target).apply(_plain_column)
    if np.isinf(columns.select_dtypes("number").to_numpy(np.float64)).any():
        raise DataError(f"{path}: a numeric column holds infinite values; replace them or leave them empty")
    encoder = make_column_transformer(
        (SimpleImputer(strategy="median", add_indicator=True), make_column_selector(dtype_include="number")),
        (OneHotEncoder(sparse_output=False), make_column_selector(dtype_exclude="number")),
        sparse_threshold=0.0,
    )
    features = np.asarray(encoder.fit_transform(columns), dtype=np.float64)
    return features, labels.astype(np.int64), tuple(str(label) for label in classes)


def _plain_column(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers as floats, times as seconds after the earliest, all else as text; missing is NaN or the empty text."""
    kinds = pd.api.types
    if kinds.is_datetime64_any_dtype(column) or kinds.is_timedelta64_dtype(column):
        return (column - column.min()).dt.total_seconds()
    if kinds.is_numeric_dtype(column) and not kinds.is_bool_dtype(column):
        return pd.Series(column.to_numpy(np.float64, na_value=np.nan), index=column.index)
    text = ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
    return pd.Series(text, index=column.index)


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path) if path.suffix.lower() == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable table ({str(error).splitlines()[0]})") from error
    table.columns = table.columns.map(str)
    if table.empty or table.shape[1] < 2:
        raise DataError(f"{path}: {table.shape[0]} rows, {table.shape[1]} columns; expected points and features")
    return table


def _check_target(path: Path, table: pd.DataFrame, target: str) -> None:
    if target not in table.columns:
        raise DataError(f"{path}: no column {target!r}; --target must be one of {_some(table.columns)}")
    missing = int(table[target].isna().sum())
    if missing:
        raise DataError(f"{path}: {missing} rows have no {target!r}; expected a label in every row")
    classes = table[target].nunique()
    if not 2 <= classes <= len(table) // 2:
        raise DataError(
            f"{path}: column {target!r} has {classes} distinct values in {len(table)} rows; expected two or more "
            "classes of two or more rows on average (a class, not a number, is to be predicted)"
        )


def _some(columns: pd.Index) -> str:
    return ", ".join(columns[:12]) + (", ..." if len(columns) > 12 else "")
