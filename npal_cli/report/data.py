"""The data of the experiments, as the paper describes them: Tables 2 and 3."""

from collections.abc import Sequence

import pandas as pd

from npal_cli.objectives import is_imbalanced, is_natural
from npal_cli.report.names import PUBLISHED_DATA
from npal_cli.report.published import POOLS, data_table_of
from npal_cli.report.results import ExperimentResults

COLUMNS = [
    *("table", "data", "pool_balanced", "pool_balanced_reported", "pool_imbalanced", "pool_imbalanced_reported"),
    *("features", "classes"),
]


def data_table(results: Sequence[ExperimentResults]) -> pd.DataFrame:
    """A row for each data set of Tables 2 and 3 and of ``results``: pool sizes, ours beside the reported ones, as text.

    Table 2 is of the image study, Table 3 of the others. What was not run has no sizes of ours.
    """
    rows: dict[tuple[int, str], dict[str, str]] = {key: {} for key in POOLS}
    for result in results:
        row = rows.setdefault((data_table_of(result.classifier), result.data), {})
        if not is_natural(result.setting):
            setting = "imbalanced" if is_imbalanced(result.setting) else "balanced"
            row[f"pool_{setting}"] = f"{result.problems.pool.shape[1]:,}"
        row["features"] = " x ".join(map(str, result.problems.features.shape[1:]))
        row["classes"] = str(len(result.problems.class_weights))
    found = []
    for (table, data), row in sorted(rows.items(), key=lambda item: item[0][0]):
        reported = POOLS.get((table, PUBLISHED_DATA.get(data, data)), ())
        sizes = zip(("pool_balanced_reported", "pool_imbalanced_reported"), reported, strict=False)
        described = {"table": str(table), "data": data, **row, **{name: f"{size:,}" for name, size in sizes}}
        found.append(dict.fromkeys(COLUMNS, "") | described)
    return pd.DataFrame(found)
