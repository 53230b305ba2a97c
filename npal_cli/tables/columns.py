"""What each column of a table is: a number, a category, text, a date, or nothing to learn from.

Numbers stay such with a few markers among them ("?", "unknown"), which are then missing values. What names the rows,
is the same in each, repeats another column or gives the label away is left out, and said. Labels are looked at for the
last of these alone.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from npal_cli.errors import DataError, UsageError, unknown

Kind = Literal["number", "category", "text", "date", "drop"]
KINDS: tuple[Kind, ...] = get_args(Kind)

ENOUGH_NUMBERS = 0.9
"""Share of a text column's distinct values that are numbers, from which on the column is one, the rest missing.

Distinct values are counted, not rows, as a marker of missing values may be written in most rows. A measurement has many
distinct values and a marker or two; of a few codes ("1", "2", "unknown") the marker is a larger share, and the column
stays categories, which loses nothing.
"""
MANY_CATEGORIES = 40
"""Text of more distinct values than this is described by the letters in it, not by a column for each value."""
ENOUGH_ROWS = 20
"""Rows from which on it is no accident that a column numbers them, or that it tells the label of each."""
ENOUGH_OF_CLASS = 5
"""Labelled rows of each class, for the same reason."""
LARGE = 1e15
"""Beside numbers up to here float64 tells tenths apart; beyond, it is checked that a column keeps its other values."""
LARGEST = 1e150
"""Numbers beyond are refused: a deviation is a sum of squares, and from 1e154 on a square overflows."""

_NAMES_ROWS = re.compile(r"(.*[\W_])?(id|uuid|guid|index|key|row|unnamed: \d+)", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z_-]*\d+[A-Za-z]?|[0-9a-fA-F-]{16,}|\S+@\S+")
"""C0017, 17b, a hash or UUID, an address."""
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_DATE_LIKE = re.compile(r"\s*\d{1,4}[-/. ]\w{1,9}[-/., ]+\d{1,4}.*")

Values: TypeAlias = "pd.Series[Any]"


@dataclass(frozen=True)
class Column:
    """A column, and what it is taken for."""

    name: str
    kind: Kind
    note: str = ""
    """What its author may want to know: what is missing, or why it is left out."""


def columns_of(
    table: pd.DataFrame, where: str, declared: Mapping[str, Kind] | None = None, labels: "Values | None" = None
) -> list[Column]:
    """What the columns of ``table``, which holds features only, are.

    Args:
        table: The rows.
        where: Names the table in messages.
        declared: What the author says that columns are.
        labels: The label of each row, missing where it is not known; None if there are none.

    Raises:
        UsageError: if a column that is declared is not there.
        DataError: if nothing is left, or a number is infinite or too large to be standardised.
    """
    declared = declared or {}
    for name in declared:
        if name not in table.columns:
            raise unknown("column", name, table.columns)
    found: list[Column] = []
    contents: dict[bytes, str] = {}
    for name in table.columns:
        column = table[name]
        if name in declared:
            left_out = declared[name] == "drop"
            note = "as was asked" if left_out else _missing_note(column, declared[name])
            found.append(Column(name, declared[name], note))
            continue
        kind, note = _kind_of(name, column)
        if kind != "drop":
            reason = _repeats(column, contents, name) or (labels is not None and _gives_away(column, kind, labels))
            kind, note = ("drop", reason) if reason else (kind, note)
        found.append(Column(name, kind, note))
    if all(each.kind == "drop" for each in found):
        left = "; ".join(f"{each.name}: {each.note}" for each in found[:5])
        raise DataError(f"{where}: no column holds anything to learn from ({left}); say what one is with --type")
    for each in found:
        if each.kind == "number":
            _check_numbers(f"{where}: column {each.name!r}", as_numbers(table[each.name]).dropna())
    return found


def declare(types: Sequence[str], drop: Sequence[str]) -> dict[str, Kind]:
    """What ``--type COL=KIND`` and ``--drop COL`` say.

    >>> declare(["zip=category"], ["phone"])
    {'zip': 'category', 'phone': 'drop'}

    Raises:
        UsageError: if a kind is unknown, or a column is declared twice.
    """
    found: dict[str, Kind] = {}
    names: dict[str, Kind] = {**{kind: kind for kind in KINDS}, "numeric": "number"}
    for name, kind in [*(each.rpartition("=")[::2] for each in types), *((each, "drop") for each in drop)]:
        if kind not in names or not name:
            raise UsageError(f"--type {name}={kind}: expected COLUMN=KIND, with a kind of {', '.join(names)}")
        if found.get(name, names[kind]) != names[kind]:
            raise UsageError(f"--type {name}={kind}: it was declared {found[name]} before; declare each column once")
        found[name] = names[kind]
    return found


def as_numbers(column: "Values") -> "pd.Series[float]":
    """Finite or infinite floats; NaN where the column is empty or no number.

    >>> as_numbers(pd.Series(["1,234.5", "12", "1,23", ""])).tolist()
    [1234.5, 12.0, nan, nan]
    """
    if pd.api.types.is_numeric_dtype(column):
        return pd.Series(column.to_numpy(np.float64, na_value=np.nan), index=column.index)
    if pd.api.types.is_timedelta64_dtype(column):
        return column.dt.total_seconds()
    text = as_text(column)
    return pd.to_numeric(text.mask(_grouped(text), text.str.replace(",", "")), errors="coerce").astype(np.float64)


def _grouped(text: "Values") -> "pd.Series[bool]":
    """Which are numbers whose thousands are set apart: 1,234,567.8."""
    return text.str.fullmatch(_GROUPED)


def as_text(column: "Values") -> "Values":
    """Text without blanks around it; empty where the column is."""
    if isinstance(column.dtype, pd.StringDtype):
        return column.str.strip().fillna("")
    missing = column.isna()
    if pd.api.types.is_float_dtype(column) and (column[~missing] % 1 == 0).all():
        column = column.astype("Int64")  # 1010, in a column with an empty cell too
    text = ["" if empty else str(value).strip() for value, empty in zip(column, missing, strict=True)]
    return pd.Series(text, index=column.index, dtype="str")


def is_filled(column: "Values") -> "pd.Series[bool]":
    """Which cells hold something."""
    plain = _plain(column)
    return plain.notna() & (plain != "")


def _plain(column: "Values") -> "Values":
    """Numbers and dates as they are, all else as text."""
    return column if _type_of(column) in ("number", "date") else as_text(column)


def _kind_of(name: str, column: "Values") -> tuple[Kind, str]:
    """What a column is by its own values, and what there is to say."""
    filled = is_filled(column)
    if not filled.any():
        return "drop", "holds no value"
    if filled.all() and len(_plain(column).drop_duplicates()) == 1:
        return "drop", "the same in every row"
    kind = _type_of(column) or _kind_of_text(as_text(column[filled]).drop_duplicates())
    if _names_rows(name, column, kind):
        return "drop", "names the rows"
    return kind, _missing_note(column, kind)


def _type_of(column: "Values") -> Kind | None:
    """What the type of a column's values says; None for text."""
    kinds = pd.api.types
    if kinds.is_datetime64_any_dtype(column):
        return "date"
    if isinstance(column.dtype, pd.CategoricalDtype) or kinds.is_bool_dtype(column):
        return "category"
    return "number" if kinds.is_numeric_dtype(column) or kinds.is_timedelta64_dtype(column) else None


def _kind_of_text(distinct: "Values") -> Kind:
    if np.isfinite(as_numbers(distinct)).mean() >= ENOUGH_NUMBERS:
        return "number"
    if is_date(distinct):
        return "date"
    return "category" if len(distinct) <= MANY_CATEGORIES else "text"


def _names_rows(name: str, column: "Values", kind: Kind) -> bool:
    """Whether what differs in every row only names it: whole numbers or words, called so or without a gap."""
    if kind not in ("number", "text") or len(column) < ENOUGH_ROWS or not column.is_unique:
        return False
    called_so = _NAMES_ROWS.fullmatch(name) is not None
    if kind == "text":
        return called_so or bool(as_text(column).str.fullmatch(_CODE).all())
    if not pd.api.types.is_integer_dtype(column) or column.isna().any():
        return False
    return called_so or int(column.max()) - int(column.min()) == len(column) - 1


def is_date(distinct: "Values") -> bool:
    """Whether texts are dates, all in one format."""
    if not distinct.head(20).str.fullmatch(_DATE_LIKE).all():  # cheap, and spares the import
        return False
    from skrub import ToDatetime
    from skrub.core import RejectColumn

    with suppress(RejectColumn):
        return bool(ToDatetime().fit_transform(distinct.reset_index(drop=True)).notna().all())
    return False


def _missing_note(column: "Values", kind: Kind) -> str:
    """How many values are missing; and which texts are taken for such."""
    empty = ~is_filled(column)
    notes = [f"{int(empty.sum())} missing"] if empty.any() else []
    if kind == "number" and _type_of(column) is None and _grouped(as_text(column)).any():
        notes.append("commas set thousands apart")
    if kind == "number":
        marked = column[as_numbers(column).isna() & ~empty]
        if len(marked):
            markers = some([repr(marker) for marker in marked.astype(str).unique()], 3)
            notes.append(f"{len(marked)} cells that are no numbers ({markers}) are taken as missing")
    return ", ".join(notes)


def _repeats(column: "Values", contents: dict[bytes, str], name: str) -> str:
    """What is said of a column that equals an earlier one."""
    hashed = pd.util.hash_pandas_object(_plain(column), index=False).to_numpy()
    before = contents.setdefault(hashlib.sha256(hashed.tobytes()).digest(), name)
    return f"repeats {before!r}" if before != name else ""


def _gives_away(column: "Values", kind: Kind, labels: "Values") -> str:
    """What is said of a column that is known just where the label is, or says another word for each class."""
    known, filled = labels.notna(), is_filled(column)
    if known.sum() < ENOUGH_ROWS:
        return ""
    if (known == filled).all() and not known.all():
        return "filled in just where there is a label, so it may give it away"
    classes = labels[known].astype(str)
    counts = classes.value_counts()
    if kind not in ("category", "number") or len(counts) < 2 or counts.min() < ENOUGH_OF_CLASS:
        return ""
    if _type_of(column) == "number" and column[known].nunique() != len(counts):
        return ""  # soon told of most columns
    values = as_text(column[known])
    pairs = pd.DataFrame({"value": values.to_numpy(), "label": classes.to_numpy()}).drop_duplicates()
    if len(pairs) == len(counts) and pairs["value"].is_unique and pairs["label"].is_unique:
        return "says another word for each label, so it gives it away"
    return ""


def _check_numbers(where: str, values: "pd.Series[float]") -> None:
    if values.empty:
        return
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


def some(names: Sequence[str], most: int = 12) -> str:
    """The first of many names.

    >>> some(["a", "b", "c"], 2)
    'a, b, ...'
    """
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
