"""Where tables that were taken in are kept, and what is known of them without reading their rows.

A table is a folder of two files, put in place as a whole: the rows (Parquet) and a card (JSON) that says where they
are from, which column is the label, which names the rows, and what the others are.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from npal_cli.commit import settled
from npal_cli.errors import DataError
from npal_cli.untrusted import one_line

FORMAT = 2
ROWS, CARD = "rows.parquet", "table.json"
AGAIN = "take it in again with: npal prepare --data FILE --target COLUMN"


def known(folder: Path) -> list[str]:
    """The names of the tables kept under ``folder``."""
    with settled(folder):
        return sorted(card.parent.name for card in folder.glob(f"*/{CARD}"))


def digest(name: str, folder: Path) -> str:
    """What changes when the rows of table ``name`` do, or what is said about them."""
    with settled(folder):
        return str(card(folder / name)["digest"])


def card(folder: Path) -> dict[str, Any]:
    """What is known of the table in a folder.

    Raises:
        DataError: if the card cannot be read, or is another version's.
    """
    with one_line(lambda reason: DataError(f"{folder / CARD}: not readable ({reason}); {AGAIN}")):
        found: dict[str, Any] = dict(json.loads((folder / CARD).read_text(encoding="utf-8")))
    if found.get("format") != FORMAT:
        raise DataError(f"{folder}: kept by another version of npal; {AGAIN}")
    if found != sealed(found):
        raise DataError(f"{folder / CARD}: its content does not match its digest (a damaged copy?); {AGAIN}")
    return found


def sealed(card: dict[str, Any]) -> dict[str, Any]:
    """The card with the digest of all else that it says.

    >>> sealed({"target": "churned"})["card"][:8]
    '7358bba2'
    """
    said = {key: value for key, value in card.items() if key != "card"}
    return said | {"card": hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()}


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, or of all files in a folder."""
    if path.is_file():
        import pooch

        return str(pooch.file_hash(str(path)))
    files = sorted(each for each in path.rglob("*") if each.is_file())
    return hashlib.sha256("".join(f"{each.relative_to(path)}{digest_of(each)}" for each in files).encode()).hexdigest()
