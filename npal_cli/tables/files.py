"""Which files hold a table, by their names."""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

TEXT = (".csv", ".tsv", ".txt")
SHEETS = (".xlsx", ".xls", ".ods")
JSON_LINES = (".jsonl", ".ndjson")
ARRAYS = (".npz", ".npy", ".zarr")
SUFFIXES = (*TEXT, ".parquet", *SHEETS, *JSON_LINES, *ARRAYS)
UNPACKED: dict[str, Callable[[Path], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
"""How a compressed text is opened."""


def is_table(path: str | Path) -> bool:
    """Whether a file's name says that it holds a table.

    >>> is_table("leads.csv.gz"), is_table("waveform")
    (True, False)
    """
    return suffix_of(Path(path)) in SUFFIXES


def suffix_of(path: Path) -> str:
    """What says the format: the last suffix, in front of that of a compression.

    >>> suffix_of(Path("my.leads.CSV.gz"))
    '.csv'
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in UNPACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def name_of(path: Path) -> str:
    """What a table is called after its file.

    >>> name_of(Path("my leads-2024.csv.gz"))
    'my_leads_2024'
    """
    stem = path.name
    for suffix in reversed(path.suffixes):
        if suffix.lower() in (*UNPACKED, *SUFFIXES):
            stem = stem.removesuffix(suffix)
    return re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_")
