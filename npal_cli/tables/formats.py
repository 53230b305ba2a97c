"""Files that hold a table: each format is read into a data frame, nothing converted that its author did not type.

An empty cell is a missing value and nothing else is: ``NA`` may be a class, a country, or North America.
"""

import io
import logging
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
from pyarrow.parquet import ParquetFile

from npal_cli.errors import DataError
from npal_cli.tables.files import JSON_LINES, SHEETS, TEXT, UNPACKED, suffix_of
from npal_cli.untrusted import check_unpacked, one_line, read_apart, unpacked_size

log = logging.getLogger("npal")

SAMPLE = 2**17
"""Bytes of a text file that its separator, decimal mark and encoding are found out from."""
SEPARATORS = (",", ";", "\t", "|")
FEATURES, LABELS = ("X", "x", "features", "data"), ("y", "labels", "label", "target")
"""What the arrays in a file of arrays may be called."""


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, as far as it is not to be found out."""

    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    labels: Path | None = None
    """The file of the labels, if they are in another than the features: an array, or a table of one column."""
    as_text: Literal[True] | tuple[str, ...] = ()
    """Whether all cells of a text file are text, or which columns': names that look like numbers keep their zeros."""


def read(path: Path, reading: Reading | None = None, *, fewest: int = 2) -> pd.DataFrame:
    """The table in a file, of ``fewest`` columns or more.

    Raises:
        DataError: if it cannot be read, two columns have one name, or it has no rows or too few columns.
    """
    reading = reading or Reading()
    suffix = suffix_of(path)
    if suffix not in READERS:
        raise DataError(f"{path}: not a table that can be read; expected one of {', '.join(READERS)}")
    if not path.exists():
        raise DataError(f"{path}: no such file")
    with one_line(lambda reason: DataError(f"{path}: not a readable table ({reason})")):
        table = READERS[suffix](path, reading)
    table.columns = table.columns.map(lambda name: str(name).strip())
    twice = [name for name, count in Counter(table.columns).items() if count > 1]
    if twice:
        raise DataError(f"{path}: two columns are called {twice[0]!r}; give each a name of its own")
    table = table.reset_index(drop=True)
    if table.empty or table.shape[1] < fewest:
        hint = "; is it separated otherwise? say how with --separator" if suffix in TEXT and len(table) else ""
        raise DataError(f"{path}: {table.shape[0]} rows, {table.shape[1]} columns; expected rows and features{hint}")
    return table


def _text(path: Path, reading: Reading) -> pd.DataFrame:
    check_text(path)
    encoding = reading.encoding or _encoding(path)
    sample = _sample(path, encoding)
    separator = reading.separator or ("\t" if suffix_of(path) == ".tsv" else _separator(sample))
    decimal = reading.decimal or _decimal(sample, separator)
    given: Any = {"sep": separator, "encoding": encoding, "skipinitialspace": True}
    names = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False, **given).iloc[0].str.strip()
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:  # pandas would give the second another name
        raise DataError(f"{path}: two columns are called {twice[0]!r}; give each a name of its own")
    if reading.as_text is True:
        given["dtype"] = str
    elif reading.as_text:
        given["dtype"] = {name: str for name in reading.as_text if name in set(names)}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # of cells without a column, which would be lost
        how: Any = {"index_col": False, "low_memory": False, "keep_default_na": False, "na_values": [""], **given}
        table = pd.read_csv(path, decimal=decimal, **how)
    if reading.separator is None and separator != ",":
        log.info("%s: read as separated by %r, decimal mark %r, %s", path.name, separator, decimal, encoding)
    return table


def _encoding(path: Path) -> str:
    with _open(path) as file:
        start = file.read(4)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        file.seek(0)
        try:
            for _ in io.TextIOWrapper(file, "utf-8-sig"):
                pass
        except UnicodeDecodeError:
            pass
        else:
            return "utf-8-sig"
    from chardet import detect

    with _open(path) as file:
        found = detect(file.read(SAMPLE))["encoding"] or "cp1252"
    encoding = "cp1252" if found.lower() in ("ascii", "utf-8") else found  # what is no ASCII comes after the sample
    log.info("%s: not UTF-8; read as %s (say another with --encoding)", path.name, encoding)
    return encoding


def _open(path: Path) -> Any:
    unpacked: Any = UNPACKED.get(path.suffix.lower())
    return unpacked(path) if unpacked is not None else path.open("rb")


def check_text(path: Path) -> None:
    """Refuse a compressed text of too much.

    Raises:
        DataError: if it unpacks to more than a file of its size honestly does.
    """
    if path.suffix.lower() in UNPACKED:
        size = 0
        with _open(path) as file:
            for block in iter(partial(file.read, 2**20), b""):
                size += len(block)
                check_unpacked(path, size)


def _sample(path: Path, encoding: str) -> str:
    """The first lines, whole ones."""
    with _open(path) as file:
        content = file.read(SAMPLE)
    text = cast("bytes", content).decode(encoding, errors="ignore")
    return text if len(content) < SAMPLE else text.rpartition("\n")[0]


def _separator(sample: str) -> str:
    from clevercsv import Detector

    detector: Any = Detector()
    found = detector.detect(sample[: SAMPLE // 8], delimiters=list(SEPARATORS))
    return found.delimiter if found is not None and found.delimiter else ","


def _decimal(sample: str, separator: str) -> str:
    r"""A comma where more cells are numbers with a comma than with a point.

    >>> _decimal("a;b\n1,5;x\n2,25;y\n", ";"), _decimal("a;b\n1.5;x\n", ";"), _decimal("a,b\n1,5\n", ",")
    (',', '.', '.')
    """
    if separator == ",":
        return "."
    cells = pd.Series([cell.strip(' "') for line in sample.splitlines()[1:] for cell in line.split(separator)])
    commas, points = (cells.str.fullmatch(rf"[-+]?\d*{mark}\d+").sum() for mark in (",", r"\."))
    return "," if commas > points else "."


def _parquet(path: Path, _: Reading) -> pd.DataFrame:
    with ParquetFile(path) as file:
        cells = file.metadata.num_rows * file.metadata.num_columns
        groups = [file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups)]
    check_unpacked(path, max(8 * cells, sum(groups)))
    table = pd.read_parquet(path)
    named = any(name is not None for name in table.index.names)
    return table.reset_index() if named else table  # what names its rows is a column


def _excel(path: Path, _: Reading) -> pd.DataFrame:
    return read_apart(_sheet, path)  # a cell in the last row and column takes the whole sheet's memory


def _sheet(path: Path) -> pd.DataFrame:
    return pd.read_excel(path, engine="calamine", keep_default_na=False, na_values=[""])


def _json_lines(path: Path, _: Reading) -> pd.DataFrame:
    return pd.read_json(path, lines=True, dtype=False)


def _arrays(path: Path, reading: Reading) -> pd.DataFrame:
    check_unpacked(path, unpacked_size(path))
    with np.load(path, allow_pickle=False) as found:
        return _of_arrays(path, dict(found), reading)


def _array(path: Path, reading: Reading) -> pd.DataFrame:
    return _of_arrays(path, {"X": np.load(path, allow_pickle=False)}, reading)


def _zarr(path: Path, reading: Reading) -> pd.DataFrame:
    import zarr

    group = zarr.open_group(path, mode="r")
    stored = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    check_unpacked(path, sum(values.nbytes for _, values in group.arrays()), stored)
    return _of_arrays(path, {name: np.asarray(values[...]) for name, values in group.arrays()}, reading)


def _of_arrays(path: Path, arrays: dict[str, np.ndarray], reading: Reading) -> pd.DataFrame:
    """Columns ``x0``, ``x1``, ... of a file's features, and its labels in a column of their name."""
    features = next((arrays[name] for name in FEATURES if name in arrays), None)
    labels = {name: arrays[name] for name in LABELS if name in arrays}
    if reading.labels is not None:
        labels = {"label": _labels_of(reading.labels)}
    if features is None or features.ndim < 2:
        found = ", ".join(f"{name} {values.shape}" for name, values in arrays.items()) or "no array"
        raise DataError(f"{path}: {found}; expected an array of rows and features called {FEATURES[0]}")
    flat = features.reshape(len(features), -1)
    table = pd.DataFrame(flat, columns=[f"x{i}" for i in range(flat.shape[1])])
    for name, values in list(labels.items())[:1]:
        if values.shape != (len(flat),):
            raise DataError(f"{path}: {len(flat)} rows, and labels of shape {values.shape}; expected one label a row")
        table[name] = values
    return table


def _labels_of(path: Path) -> np.ndarray:
    if path.suffix.lower() == ".npy":
        return np.load(path, allow_pickle=False)
    with one_line(lambda reason: DataError(f"--labels {path}: not readable ({reason})")):
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], skip_blank_lines=False)
    if table.shape[1] != 1:
        raise DataError(f"--labels {path}: {table.shape[1]} columns; expected one, with a name in its first line")
    return table.iloc[:, 0].to_numpy()


READERS: dict[str, Callable[[Path, Reading], pd.DataFrame]] = {
    **dict.fromkeys(TEXT, _text),
    ".parquet": _parquet,
    **dict.fromkeys(SHEETS, _excel),
    **dict.fromkeys(JSON_LINES, _json_lines),
    ".npz": _arrays,
    ".npy": _array,
    ".zarr": _zarr,
}
"""Of each of :data:`npal_cli.tables.files.SUFFIXES`."""
