"""Tables of one's own: a CSV or Parquet file becomes a data set named after it.

What its columns become is in :mod:`npal_cli.problems.encoding`.
"""

import json
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Float, Int

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

    What became of each column is logged.

    Raises:
        UsageError: if the file's name cannot name a data set, or no target is given.
        DataError: if the file cannot be read, the target column is missing or not fully labelled, or a number is
            infinite or too large to be standardised.
    """
    name = source.stem
    if not _NAME.fullmatch(name):
        raise UsageError(f"--data {source}: the file's name names the data set; use letters, digits and _ only")
    if name in reserved:
        raise UsageError(f"--data {source}: {name} is a data set of npal's own; rename the file")
    if not source.is_file():
        raise DataError(f"--data {source}: no such file")
    from npal_cli.problems import encoding

    table = encoding.read(source)
    if target is None:
        raise UsageError(
            f"--data {source}: name the label column with --target; columns: {encoding.some(list(table.columns))}"
        )
    encoding.check_target(source, table, target)
    columns = encoding.columns_of(source, table, target)
    _keep(source, target, folder / name)
    encoding.say_what_became(name, table.drop(columns=target), columns)
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
    import pooch

    card = json.loads((folder / name / _CARD).read_text())
    path = folder / name / card["file"]
    if not path.exists() or pooch.file_hash(str(path)) != card["sha256"]:
        raise DataError(
            f"{path}: gone or changed since it was taken in; take it in again with: npal prepare --data FILE"
        )
    from npal_cli.problems import encoding

    return encoding.encode_labelled(path, encoding.read(path), card["target"])


def _keep(source: Path, target: str, folder: Path) -> None:
    """Copy the table into ``folder``, and then write its card: a kill in between is mended by taking it in again."""
    import pooch

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".partial-") as own:  # others may be taking it in, too
            copy = Path(shutil.copyfile(source, Path(own) / source.name))
            card = {"file": source.name, "target": target, "sha256": pooch.file_hash(str(copy))}
            written = Path(own) / _CARD
            written.write_text(json.dumps(card, indent=2) + "\n")
            copy.replace(folder / source.name)
            written.replace(folder / _CARD)
    except OSError as error:
        raise ArtifactError(f"cannot keep {source} in {folder}: {error.strerror}") from error
