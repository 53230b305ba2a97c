"""Columns of any kind as features.

Numeric columns are used as they are, missing values replaced by the median with an indicator column beside. Text that
is numbers but for a few markers such as "?" is such a column, its markers missing. Every other column is one-hot
encoded, a missing value being a category of its own. Encoding looks at features only, never at labels.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from npal_cli.errors import DataError

Features = Float[np.ndarray, "row feature"]
Labels = Int[np.ndarray, " row"]

ENOUGH_NUMBERS = 0.9
"""Share of a text column's distinct values that are numbers, from which on the column is one, the rest missing.

Distinct values are counted, not rows, as a marker of missing values may be written in most rows. A measurement has many
distinct values and a marker or two; of a few codes ("1", "2", "unknown") the marker is a larger share, and the column
stays categories, which loses nothing.
"""
MANY_CATEGORIES = 50
"""Text that becomes more columns than this is warned of: as a rule it is an identifier, a time or free text."""
LARGE = 1e15
"""Beside numbers up to here float64 tells tenths apart; beyond, it is checked that a column keeps its other values."""
LARGEST = 1e150
"""Numbers beyond are refused: a deviation is a sum of squares, and from 1e154 on a square overflows."""

log = logging.getLogger("npal")


def encode_labelled(path: Path, table: pd.DataFrame, target: str) -> tuple[Features, Labels, tuple[str, ...]]:
    """Features, labels and class names of a table whose column ``target`` is the label; classes are sorted."""
    labelled = table[target]
    values = labelled.to_numpy() if pd.api.types.is_numeric_dtype(labelled) else labelled.astype(str).to_numpy(str)
    classes, labels = np.unique(values, return_inverse=True)
    features = _features(columns_of(path, table, target))
    return features, labels.astype(np.int64), tuple(str(label) for label in classes)


def encode(table: pd.DataFrame, where: str = "the table") -> Features:
    """The features of a table of columns of any kind, as those of a table file.

    >>> encode(pd.DataFrame({"age": [30, None, 50], "colour": ["red", "blue", "red"]})).tolist()
    [[30.0, 0.0, 0.0, 1.0], [40.0, 1.0, 1.0, 0.0], [50.0, 0.0, 0.0, 1.0]]

    Raises:
        DataError: if no column holds any value, or a number is infinite or too large to be standardised.
    """
    return _features(_plain_columns(table.reset_index(drop=True), where, "no column"))


def _features(columns: pd.DataFrame) -> Features:
    encoder = make_column_transformer(
        (SimpleImputer(strategy="median", add_indicator=True), make_column_selector(dtype_include="number")),
        (OneHotEncoder(sparse_output=False), make_column_selector(dtype_exclude="number")),
        sparse_threshold=0.0,
    )
    return np.asarray(encoder.fit_transform(columns), dtype=np.float64)


def columns_of(path: Path, table: pd.DataFrame, target: str) -> pd.DataFrame:
    """The columns that features are made of."""
    return _plain_columns(table.drop(columns=target), str(path), f"no column but {target!r}")


def _plain_columns(table: pd.DataFrame, where: str, none: str) -> pd.DataFrame:
    """Columns of finite floats or NaN, and of text; those without any value are left out."""
    columns = table.dropna(axis=1, how="all").apply(_plain_column)
    if columns.shape[1] == 0:
        raise DataError(f"{where}: {none} holds any value; expected features")
    for name, column in columns.select_dtypes("number").items():
        _check_numbers(f"{where}: column {name!r}", column.dropna())
    return columns


def _check_numbers(where: str, values: "pd.Series[float]") -> None:
    row = int(values.abs().argmax())
    largest = float(values.iloc[row])
    if np.isinf(largest):
        wrong = "not finite"
    elif abs(largest) > LARGEST or (
        abs(largest) > LARGE and (values - values.mean()).nunique() <= 2 < values.nunique()
    ):
        wrong = "so large that the column's other values cannot be told apart"
    else:
        return
    raise DataError(
        f"{where}: {largest:g} in row {int(values.index[row]) + 1} is {wrong}; correct it or leave it empty"
    )


def _plain_column(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers as floats, times as seconds after the earliest, all else as text; missing is NaN or the empty text.

    Text becomes numbers where enough of it are (:data:`ENOUGH_NUMBERS`), unless it was declared categorical.
    """
    kinds = pd.api.types
    if kinds.is_datetime64_any_dtype(column) or kinds.is_timedelta64_dtype(column):
        return (column - column.min()).dt.total_seconds()
    if kinds.is_numeric_dtype(column) and not kinds.is_bool_dtype(column):
        return pd.Series(column.to_numpy(np.float64, na_value=np.nan), index=column.index)
    text = ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
    plain = pd.Series(text, index=column.index)
    distinct = plain[plain != ""].drop_duplicates()
    if distinct.empty or isinstance(column.dtype, pd.CategoricalDtype):
        return plain
    numbers = pd.to_numeric(plain, errors="coerce").astype(np.float64)
    return numbers if np.isfinite(numbers[distinct.index]).mean() >= ENOUGH_NUMBERS else plain


def say_what_became(name: str, table: pd.DataFrame, columns: pd.DataFrame) -> None:
    """Log what each column of ``table`` became: a line per kind, and one for each that may not be what was meant."""
    numbers = columns.select_dtypes("number")
    missing = {str(column): int(numbers[column].isna().sum()) for column in numbers}
    values = {str(column): columns[column].nunique() for column in columns if column not in missing}
    kinds: dict[str, list[str]] = {
        "numbers": [f"{column} ({count} missing)" if count else column for column, count in missing.items()],
        "categories": [f"{column} ({count} columns)" for column, count in values.items()],
        "left out, without any value": [str(column) for column in table if column not in columns],
    }
    for kind, members in kinds.items():
        if members:
            log.info("%s: %s (%d): %s", name, kind, len(members), some(members))
    for column in numbers:
        if pd.api.types.is_integer_dtype(table[column]) and table[column].is_unique:
            log.info("%s: %r differs in every row; leave it out if it only names the rows", name, column)
        if pd.api.types.is_string_dtype(table[column]):
            marked = table[column][numbers[column].isna() & table[column].notna()]
            markers = some([repr(marker) for marker in marked.unique()], 3)
            cells = f"{len(marked)} cells ({markers}) are taken as missing" if len(marked) else "all of it is numbers"
            log.info("%s: %r is text that is read as a number; %s", name, column, cells)
    for column, count in values.items():
        if count > MANY_CATEGORIES:
            log.warning(
                "%s: %r is text and becomes %d columns, one for each of its values; "
                "leave it out if it names the rows, or write it as a number or in fewer categories",
                *(name, column, count),
            )


def read(path: Path) -> pd.DataFrame:
    """The table in a CSV or Parquet file.

    Raises:
        DataError: if it cannot be read, or has no rows or a single column.
    """
    try:
        table = pd.read_csv(path, low_memory=False) if path.suffix.lower() == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable table ({str(error).splitlines()[0]})") from error
    table.columns = table.columns.map(str)
    table = table.reset_index(drop=True)
    if table.empty or table.shape[1] < 2:
        raise DataError(f"{path}: {table.shape[0]} rows, {table.shape[1]} columns; expected points and features")
    return table


def check_target(path: Path, table: pd.DataFrame, target: str) -> None:
    """Refuse a label column that is missing or not fully labelled, or holds numbers in place of classes.

    Raises:
        DataError: saying which.
    """
    if target not in table.columns:
        raise DataError(f"{path}: no column {target!r}; --target must be one of {some(list(table.columns))}")
    missing = int(table[target].isna().sum())
    if missing:
        raise DataError(f"{path}: {missing} rows have no {target!r}; expected a label in every row")
    classes = table[target].nunique()
    if not 2 <= classes <= len(table) // 2:
        raise DataError(
            f"{path}: column {target!r} has {classes} distinct values in {len(table)} rows; expected two or more "
            "classes of two or more rows on average (a class, not a number, is to be predicted)"
        )


def some(names: Sequence[str], most: int = 12) -> str:
    """The first of many names.

    >>> some(["a", "b", "c"], 2)
    'a, b, ...'
    """
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
