"""The data of the experiments, as the paper describes them: Tables 2 and 3."""

from collections.abc import Sequence

import pandas as pd

from npal_cli.report.names import PUBLISHED_DATA
from npal_cli.report.published import IMAGES, protocol_of
from npal_cli.report.results import ExperimentResults

REPORTED = {
    (2, "mnist"): (53210, 28815),
    (2, "fashion_mnist"): (59000, 32000),
    (2, "svhn"): (45590, 24620),
    (2, "cifar10"): (49000, 26500),
    (3, "waveform"): (2894, 1411),
    (3, "mushrooms"): (7432, 3907),
    (3, "adult"): (390, 34),
    (3, "mnist"): (54010, 29615),
}
"""Points in the pool before the first step, balanced and imbalanced, by table and data set."""

COLUMNS = [
    *("table", "data", "pool_balanced", "pool_balanced_reported", "pool_imbalanced", "pool_imbalanced_reported"),
    *("features", "classes"),
]


def data_table(results: Sequence[ExperimentResults]) -> pd.DataFrame:
    """A row for each data set of Tables 2 and 3 and of ``results``: pool sizes, ours beside the reported ones, as text.

    Table 2 is of the image study, Table 3 of the others. What was not run has no sizes of ours.
    """
    rows: dict[tuple[int, str], dict[str, str]] = {key: {} for key in REPORTED}
    for result in results:
        row = rows.setdefault((2 if protocol_of(result.classifier) is IMAGES else 3, result.data), {})
        setting = "balanced" if result.setting == "balanced" else "imbalanced"
        row[f"pool_{setting}"] = f"{result.problems.pool.shape[1]:,}"
        row["features"] = " x ".join(map(str, result.problems.features.shape[1:]))
        row["classes"] = str(len(result.problems.class_weights))
    found = []
    for (table, data), row in sorted(rows.items(), key=lambda item: item[0][0]):
        reported = REPORTED.get((table, PUBLISHED_DATA.get(data, data)), ())
        sizes = zip(("pool_balanced_reported", "pool_imbalanced_reported"), reported, strict=False)
        described = {"table": str(table), "data": data, **row, **{name: f"{size:,}" for name, size in sizes}}
        found.append(dict.fromkeys(COLUMNS, "") | described)
    return pd.DataFrame(found)
