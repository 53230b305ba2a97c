"""The label column of a table: the name of each row's class, where it is known."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from npal_cli.errors import DataError

UNKNOWN = -1
"""The code of a label that is not known."""
ENOUGH_LABELS = 20
"""From so many labels on, one that differs in most rows is no class."""

_WHOLE = re.compile(r"-?\d+\.0")


def class_names(column: "pd.Series[Any]", unlabelled: Sequence[str] = ()) -> "pd.Series[Any]":
    """The name of each row's class; None where the column is empty or says one of ``unlabelled``.

    Whole numbers that were written as decimals, for the sake of empty cells among them, are whole.

    >>> class_names(pd.Series([1.0, None, 0.0])).tolist(), class_names(pd.Series(["NA", " ", "?"]), ["?"]).tolist()
    (['1', None, '0'], ['NA', None, None])
    >>> class_names(pd.Series(["1.0", "", "0.0"])).tolist(), class_names(pd.Series(["1.0", "1.5"])).tolist()
    (['1', None, '0'], ['1.0', '1.5'])
    """
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    names = [
        None if missing else _name(value, numeric=numeric) for value, missing in zip(column, column.isna(), strict=True)
    ]
    given = [None if name is None or name in ("", *unlabelled) else name for name in names]
    if all(name is None or _WHOLE.fullmatch(name) for name in given):
        given = [None if name is None else name.removesuffix(".0") for name in given]
    return pd.Series(given, index=column.index, dtype=object)


def ordered(classes: Iterable[str]) -> tuple[str, ...]:
    """Classes in the order of their columns: by number where all are such, else by name.

    >>> ordered(["10", "2"]), ordered(["b", "a"])
    (('2', '10'), ('a', 'b'))
    """
    distinct = sorted(set(classes))
    with suppress(ValueError):
        distinct.sort(key=float)
    return tuple(distinct)


def codes_of(names: Iterable[str | None], classes: Sequence[str]) -> Int[np.ndarray, " row"]:
    """The position of each row's class; :data:`UNKNOWN` where it has none."""
    positions: dict[str | None, int] = {name: i for i, name in enumerate(classes)}
    return np.array([positions.get(name, UNKNOWN) for name in names], dtype=np.int64)


def check_labels(where: str, target: str, names: "pd.Series[Any]") -> None:
    """Refuse labels that are numbers in place of classes, and a table of one class whose rows are all labelled.

    Raises:
        DataError: saying how many classes there are.
    """
    known = names.dropna()
    classes, complete = known.nunique(), len(known) == len(names)
    fewest, enough = (2 if complete else 0), complete or len(known) >= ENOUGH_LABELS
    if classes < fewest or (enough and classes > len(known) // 2):
        raise DataError(
            f"{where}: column {target!r} has {classes} distinct values in {len(known)} labelled rows; expected two or "
            "more classes of two or more rows on average (a class, not a number, is to be predicted)"
        )


def _name(value: Any, *, numeric: bool) -> str:
    if numeric and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
