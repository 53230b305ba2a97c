"""The class of each row, by the task model trained on all labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from npal_cli.errors import DataError
from npal_cli.labelling import sheet
from npal_cli.labelling.models import fitted
from npal_cli.labelling.rounds import Labelling
from npal_cli.pipeline.encoded import features_with
from npal_cli.tables.kept import KeptTable
from npal_cli.tables.target import class_names


def predictions(labelling: Labelling, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """The class of each row, and the probability of each class.

    ``rows`` are others with the same columns; None for those of the table.

    Raises:
        DataError: if fewer than two classes have a label, or ``rows`` lack a column.
    """
    book, table = labelling.book(), labelling.table
    if len(book.classes) < 2:
        raise DataError(f"{table.name}: labels of {len(book.classes)} classes are known; expected two or more")
    goal, codes = book.goal or labelling.goal({}), book.all_codes()
    features = labelling.features if rows is None else features_with(table, rows)[1]
    asked = features if rows is None else features[len(codes) :]
    model = fitted(labelling.setup(goal, book), features, codes, goal.weights_for(book.classes))
    assert model is not None  # of two classes or more
    with threadpool_limits(limits=1):
        predicted, beliefs = model.predict(asked), model.soft_predictions(asked)
    names = table.ids if rows is None else _names_of(rows, table)
    columns = {f"probability of {name}": beliefs[:, i].round(6) for i, name in enumerate(book.classes)}
    return pd.DataFrame({sheet.ID: names, "predicted": np.array(book.classes)[predicted], **columns})


def _names_of(rows: pd.DataFrame, table: KeptTable) -> Sequence[Any]:
    named = table.id is not None and table.id in rows
    return class_names(rows[table.id]).tolist() if named else [str(row) for row in range(1, len(rows) + 1)]
