"""What an annotator sees of a row: its columns, as they were read."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from npal_cli.tables.kept import KeptTable


@dataclass(frozen=True)
class Shown:
    """Says what the columns of a table's rows hold; neither the label nor the name of the row is among them."""

    table: KeptTable

    def cells(self, name: str) -> list[dict[str, Any]]:
        """The name, the content and the kind of each column of a row."""
        row = self.table.rows.iloc[self.table.position[name]]
        kinds = {column.name: column.kind for column in self.table.columns}
        hidden = (self.table.target, self.table.id)
        return [
            {"name": str(column), "value": text_of(row[column]), "kind": kinds.get(column, "drop")}
            for column in self.table.rows.columns
            if column not in hidden
        ]


def text_of(value: Any) -> str:
    """A cell as text; nothing where it is empty, no decimals where there are none.

    >>> text_of(3.0), text_of(2.5), text_of(None), text_of(pd.Timestamp("2026-01-31"))
    ('3', '2.5', '', '2026-01-31')
    """
    if pd.isna(value):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, pd.Timestamp):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(value)
