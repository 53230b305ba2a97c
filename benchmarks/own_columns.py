"""A table with an id, an income and a date: what is learned from it, against pipelines made by hand.

The label depends on the date, the logarithm of the income and a plan; the id is none of its business::

    python -m benchmarks.own_columns

Scored are 4,000 new rows, by logistic regression (C = 1) trained on 100 to 1,000 rows, over 20 seeds. Peers: what is
done in a hurry (all that is a number, as it is), and what somebody makes with care (the id dropped, the income and the
date as a number standardised, the plan one-hot); the best possible predicts by the true probability.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from npal_cli.problems.standardise import standardise
from npal_cli.tables.columns import columns_of
from npal_cli.tables.encoder import TableEncoder

NEW, SEEDS, SIZES = 4000, 20, (100, 300, 1000)
PLANS = ("basic", "pro", "team")


def customers(rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A table; the labels; and the probability of a 1."""
    draws = np.random.default_rng(seed)
    days = draws.integers(0, 2000, rows)
    table = pd.DataFrame(
        {
            "customer_id": draws.permutation(rows) + 100_000,
            "income": np.exp(draws.normal(10.5, 0.8, rows)).round(2),
            "joined": (pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D")).strftime("%Y-%m-%d"),
            "plan": draws.choice(PLANS, rows),
        }
    )
    logit = (days - 1000) / 400 - 1.5 * (np.log(table["income"]) - 10.5) + 1.2 * (table["plan"] == "basic") - 0.4
    chance = 1 / (1 + np.exp(-logit.to_numpy()))
    return table, (draws.random(rows) < chance).astype(int), chance


def by_hand() -> dict[str, Pipeline]:
    """Pipelines somebody makes."""
    days = FunctionTransformer(lambda column: column.apply(pd.to_datetime).astype("int64"))
    parts = [
        ("income", StandardScaler(), ["income"]),
        ("joined", make_pipeline(days, StandardScaler()), ["joined"]),
        ("plan", OneHotEncoder(handle_unknown="ignore"), ["plan"]),
    ]
    numbers = ColumnTransformer([("numbers", "passthrough", ["customer_id", "income"])])
    return {
        "numbers as they are": make_pipeline(numbers, LogisticRegression(max_iter=1000)),
        "made with care": make_pipeline(ColumnTransformer(parts), LogisticRegression(max_iter=1000)),
    }


def scores(size: int, seed: int) -> Iterator[tuple[str, float]]:
    """The accuracy of each on new rows."""
    table, labels, chance = customers(size + NEW, seed)
    known, new = slice(0, size), slice(size, None)
    for name, pipeline in by_hand().items():
        yield name, float(pipeline.fit(table[known], labels[known]).score(table[new], labels[new]))
    names = pd.Series(np.where(labels == 1, "yes", "no")).where(np.arange(len(labels)) < size)
    encoder = TableEncoder(columns_of(table, "customers", labels=names))
    features = standardise(encoder.fit_transform(table), "per_feature", len(table)) * encoder.scales
    model = LogisticRegression(max_iter=1000).fit(features[known], labels[known])
    yield "npal", float(model.score(features[new], labels[new]))
    yield "best possible", float(((chance[new] > 0.5) == labels[new]).mean())


def main() -> None:
    """Print a row for each."""
    for size in SIZES:
        found = pd.DataFrame([dict(scores(size, seed)) for seed in range(1, SEEDS + 1)])
        gains = found["npal"] - found["made with care"]
        means = ", ".join(f"{name} {mean:.3f}" for name, mean in found.mean().items())
        error = 2 * gains.std(ddof=1) / np.sqrt(len(gains))
        print(f"{size} labels: {means}; npal less made with care {gains.mean():+.4f} +- {error:.4f}")


if __name__ == "__main__":
    main()
