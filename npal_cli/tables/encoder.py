"""Columns of a table as features: fitted to some rows, and applied to them and to others that come later.

Numbers are used as they are, missing ones replaced by the median, with a feature beside that says so. A category has a
feature for each value, a missing one being a value of its own. Text is described by the groups of letters in it
(skrub's ``StringEncoder``: tf-idf and a singular value decomposition), a date by its parts and by the days since the
earliest. skrub's ``TableVectorizer``, which puts these together, makes float32 of every number; here they stay float64.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from npal_cli.errors import DataError
from npal_cli.tables.columns import KINDS, Column, as_numbers, as_text, columns_of, is_filled, some

Features = Float[np.ndarray, "row feature"]

TEXT_FEATURES = 30
"""Of a column of text."""
DAY = 86_400
LARGEST = 2**30
"""Bytes of the features that categories become."""


class TableEncoder:
    """What makes features of a table's columns.

    >>> table = pd.DataFrame({"age": [30, None, 50], "colour": ["red", "blue", "red"]})
    >>> encoder = TableEncoder(columns_of(table, "the table"))
    >>> encoder.fit_transform(table).tolist()
    [[30.0, 0.0, 0.0, 1.0], [40.0, 1.0, 1.0, 0.0], [50.0, 0.0, 0.0, 1.0]]
    >>> encoder.transform(pd.DataFrame({"age": [70], "colour": ["green"]})).tolist()
    [[70.0, 0.0, 0.0, 0.0]]
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = [column for column in columns if column.kind != "drop"]
        self.widths: dict[str, int] = {}
        """How many features a column became, once it is fitted ..."""
        self.scales = np.empty(0)
        """... and the deviation that each feature (feature,) is to have: 1, but less for the lesser ones of text."""

    def fit_transform(self, table: pd.DataFrame) -> Features:
        """Learn medians, categories and words from the rows of ``table``, and return their features."""
        self._parts = _parts_of(self.columns)
        with threadpool_limits(limits=1):  # the same bytes whatever the cores
            found = [part.fit_transform(table) for part in self._parts]
        self.scales = np.concatenate([part.scales for part in self._parts])
        self.widths = {name: width for part in self._parts for name, width in part.widths.items()}
        return np.hstack(found)

    def transform(self, table: pd.DataFrame) -> Features:
        """The features of other rows with the same columns; a category that was not seen before has none of its own."""
        return np.hstack([part.transform(table) for part in self._parts])

    def unread(self, table: pd.DataFrame) -> list[str]:
        """What is in other rows that the columns of the first had nothing like: a line for each column."""
        said = []
        for name, strange, why in (each for part in self._parts for each in part.unread(table)):
            if strange.any():
                values = some([repr(value) for value in table[name][strange].astype(str).unique()], 3)
                said.append(f"{name}: {int(strange.sum())} cells {why} ({values})")
        return said


def encode(table: pd.DataFrame, where: str = "the table") -> Features:
    """The features of a table of columns of any kind, as those of a table file.

    Raises:
        DataError: if no column holds anything to learn from, or a number is infinite or too large to be standardised.
    """
    table = table.reset_index(drop=True)
    return TableEncoder(columns_of(table, where)).fit_transform(table)


Unread: TypeAlias = "tuple[str, pd.Series[bool], str]"
"""A column, which of its cells say nothing to a model, and why."""


class _Part(Protocol):
    """Encodes some of the columns."""

    widths: dict[str, int]
    scales: np.ndarray

    def fit_transform(self, table: pd.DataFrame) -> Features: ...

    def transform(self, table: pd.DataFrame) -> Features: ...

    def unread(self, table: pd.DataFrame) -> Iterator[Unread]: ...


def _parts_of(columns: Sequence[Column]) -> list[_Part]:
    """Numbers, then categories, then each column of text and each of dates."""
    names = {kind: [column.name for column in columns if column.kind == kind] for kind in KINDS}
    parts: list[_Part] = [_Numbers(names["number"])] if names["number"] else []
    parts += [_Categories(names["category"])] if names["category"] else []
    return [*parts, *map(_Text, names["text"]), *map(_Dates, names["date"])]


class _Numbers:
    def __init__(self, names: list[str]) -> None:
        from sklearn.impute import SimpleImputer

        self._names = names
        self._imputer = SimpleImputer(strategy="median", add_indicator=True)

    def fit_transform(self, table: pd.DataFrame) -> Features:
        features = np.asarray(self._imputer.fit_transform(self._plain(table)))
        indicated = set(self._imputer.indicator_.features_.tolist())
        self.widths = {name: 2 if i in indicated else 1 for i, name in enumerate(self._names)}
        self.scales = np.ones(features.shape[1])
        return features

    def transform(self, table: pd.DataFrame) -> Features:
        return np.asarray(self._imputer.transform(self._plain(table)))

    def unread(self, table: pd.DataFrame) -> Iterator[Unread]:
        for name in self._names:
            column = table[name]
            yield name, is_filled(column) & as_numbers(column).isna(), "are no numbers and taken as missing"

    def _plain(self, table: pd.DataFrame) -> Features:
        return np.column_stack([as_numbers(table[name]).to_numpy() for name in self._names])


class _Categories:
    def __init__(self, names: list[str]) -> None:
        from sklearn.preprocessing import OneHotEncoder

        self._names = names
        self._encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore")

    def fit_transform(self, table: pd.DataFrame) -> Features:
        plain = self._plain(table)
        self._check_size(plain)
        features = np.asarray(self._encoder.fit_transform(plain))
        self.widths = {name: len(c) for name, c in zip(self._names, self._encoder.categories_, strict=True)}
        self.scales = np.ones(features.shape[1])
        return features

    def transform(self, table: pd.DataFrame) -> Features:
        return np.asarray(self._encoder.transform(self._plain(table)))

    def unread(self, table: pd.DataFrame) -> Iterator[Unread]:
        for name, known in zip(self._names, self._encoder.categories_, strict=True):
            text = as_text(table[name])
            yield name, (text != "") & ~text.isin(known), "hold what no row of the table does, and say nothing"

    def _check_size(self, plain: np.ndarray) -> None:
        counts = [len(set(column)) for column in plain.T]
        size, most = 8 * len(plain) * sum(counts), int(np.argmax(counts))
        if size > LARGEST:
            name = self._names[most]
            raise DataError(
                f"column {name!r} is declared a category of {counts[most]:,} values: features of {len(plain):,} rows "
                f"would take {size / 2**30:,.0f} GiB; call it text (--type {name}=text), or leave it out (--drop)"
            )

    def _plain(self, table: pd.DataFrame) -> np.ndarray:
        return np.column_stack([as_text(table[name]).to_numpy(object) for name in self._names])


class _Text:
    def __init__(self, name: str) -> None:
        from skrub import StringEncoder

        self._name = name
        self._encoder = StringEncoder(n_components=TEXT_FEATURES, random_state=0)

    def fit_transform(self, table: pd.DataFrame) -> Features:
        features = self._encoder.fit_transform(self._plain(table)).to_numpy(np.float64)
        self.widths = {self._name: features.shape[1]}
        deviations = features.std(axis=0)
        self.scales = deviations / (
            deviations.max() or 1.0
        )  # else noise would weigh as much as what words have in common
        return np.asarray(features)

    def transform(self, table: pd.DataFrame) -> Features:
        return np.asarray(self._encoder.transform(self._plain(table)).to_numpy(np.float64))

    def unread(self, table: pd.DataFrame) -> Iterator[Unread]:  # noqa: ARG002  # any text has letters
        yield from ()

    def _plain(self, table: pd.DataFrame) -> "pd.Series[Any]":
        return as_text(table[self._name]).astype("str")


class _Dates:
    def __init__(self, name: str) -> None:
        from skrub import DatetimeEncoder, ToDatetime

        self._name = name
        self._read = ToDatetime()
        self._encoder = DatetimeEncoder(add_weekday=True, add_total_seconds=False)

    def fit_transform(self, table: pd.DataFrame) -> Features:
        from skrub.core import RejectColumn

        try:
            dates = self._read.fit_transform(self._plain(table))
        except RejectColumn as error:
            raise DataError(f"column {self._name!r}: its values are no dates in one format") from error
        self._earliest = dates.min()
        self._encoder.fit_transform(dates)
        self._median = np.nanmedian(self._days(dates))
        self._has_missing = bool(dates.isna().any())
        features = self._features(dates)
        self.widths = {self._name: features.shape[1]}
        self.scales = np.ones(features.shape[1])
        return features

    def transform(self, table: pd.DataFrame) -> Features:
        return self._features(self._read.transform(self._plain(table)))

    def unread(self, table: pd.DataFrame) -> Iterator[Unread]:
        dates = self._read.transform(self._plain(table))
        yield (
            self._name,
            is_filled(table[self._name]) & dates.isna(),
            "are no dates like the others, and missing",
        )

    def _plain(self, table: pd.DataFrame) -> "pd.Series[Any]":
        column = table[self._name]
        if pd.api.types.is_datetime64_any_dtype(column):
            return column
        text = as_text(column)
        return text.where(text != "", None).astype("str")

    def _days(self, dates: "pd.Series[Any]") -> np.ndarray:
        return ((dates - self._earliest).dt.total_seconds() / DAY).to_numpy(np.float64)

    def _features(self, dates: "pd.Series[Any]") -> Features:
        missing = dates.isna().to_numpy()
        days = np.where(missing, self._median, self._days(dates))
        parts = np.where(missing[:, None], 0.0, self._encoder.transform(dates).to_numpy(np.float64))
        said = [missing.astype(np.float64)] if self._has_missing else []
        return np.column_stack([days, parts, *said])
