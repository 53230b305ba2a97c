"""``python -m benchmarks.exam FOLDER``: strategies at equal label budgets, on tables that none of them was made on.

There is no reward set: every label trains the task model, whatever the strategy (``--reward 100`` is for a second
table, in which strategies hear as many labels more as they use of it). A cell is a data set in a setting,
with a task model, a number of annotated points and a size of the pool; ten labels are acquired one by one, and the gain
is that of the area under the acquisition curve on held-out points, less Random's, paired over runs. Cells for which a
table is too small, so that a pool has not half of the points asked for, are left out. What was acquired is kept in
FOLDER, so that another call goes on, or adds strategies.

``--tables development`` are those that choices may be made on; ``test`` and ``study`` (the tables of the UCI
study) are for the end.
"""

import argparse
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from os import cpu_count
from pathlib import Path

import numpy as np
import pandas as pd
from tabulate import tabulate

from npal_cli.classifiers import CLASSIFIERS
from npal_cli.engine import Engine
from npal_cli.errors import DataError, UsageError
from npal_cli.objectives import SETTINGS, Setting, auac
from npal_cli.params import params_of
from npal_cli.pipeline.context import Context, Experiment
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.pipeline.selection import check_strategies, select_strategies
from npal_cli.problems.datasets import named
from npal_cli.problems.sources import Sources
from npal_cli.randomness import Run
from npal_cli.report.statistics import auac_ranks, compare, critical_difference
from npal_cli.stages.acquire import acquire_with
from npal_cli.strategies.naming import Selected

log = logging.getLogger("npal")

DEVELOPMENT = (
    *("australian", "crx", "mammographic", "winequality-red-4", "saheart", "bupa", "haberman", "monk-2", "spectfheart"),
    *("abalone9-18", "car", "contraceptive", "flare", "nursery", "page-blocks", "led7digit", "dermatology"),
    *("vowel", "kr-vs-k"),
)
TEST = ("pima", "segment", "splice", "yeast1", "yeast3", "wisconsin", "wdbc", "page-blocks0")
STUDY = ("waveform", "mushrooms", "adult")
TABLES = {"development": DEVELOPMENT, "test": TEST, "study": STUDY}
STARTS = ((20, 100), (20, 400), (50, 400), (100, 100), (100, 1500))
"""Annotated points and pool."""
TESTED = 40
"""Points of the test set, which nothing here is scored on."""
UNCERTAINTY = {"logistic": "margin", "svm": "fscore"}
"""What ``margin`` stands for: an SVM has no probabilities."""
FOCUS = ("blend", "np_pretrained")
"""Those that are shown less each of the others."""
COMPARED = ("random", "margin", "blend", "np_pretrained")


@dataclass(frozen=True)
class Cell:
    """What strategies are compared in."""

    data: str
    setting: Setting
    classifier: str
    annotated: int
    pool: int


def cells(tables: Sequence[str], starts: Sequence[tuple[int, int]]) -> Iterator[Cell]:
    """All of them, whether or not a table is large enough."""
    for data, (annotated, pool), setting, classifier in product(tables, starts, SETTINGS, ("logistic", "svm")):
        yield Cell(data, setting, classifier, annotated, pool)


def areas(
    folder: Path, sources: Path, cell: Cell, strategies: Sequence[str], runs: int, steps: int, reward: int
) -> pd.DataFrame:
    """The area under the held-out curve of each strategy (column) in each run; none where a table is too small."""
    name = CLASSIFIERS.find(cell.classifier).name
    prepare = {"reward": reward, "test": TESTED, "annotated": cell.annotated, "pool": cell.pool}
    params = params_of({"prepare": prepare, "acquire": {"steps": steps}})
    root = folder / f"labels{cell.annotated:03d}_pool{cell.pool:04d}_reward{reward:03d}"
    context = Context(root, params, Engine(), Sources(sources))
    data = named(cell.data if cell.data in STUDY else f"keel:{cell.data}")
    seeds = tuple(Run(seed, seed) for seed in range(1, runs + 1))
    resolved = ResolvedExperiment(context, Experiment(data, cell.setting, name, seeds))
    found = {}
    try:
        if 2 * resolved.pool_size < cell.pool:
            log.info("left out: %s: %d pool points", cell, resolved.pool_size)
            return pd.DataFrame()
        selected = select_strategies(resolved, [UNCERTAINTY[name] if x == "margin" else x for x in strategies])
        for told, each in zip(strategies, selected, strict=True):
            found[told] = _area(resolved, each)[:runs]
    except (DataError, UsageError) as error:
        log.info("left out: %s: %s", cell, error)
        return pd.DataFrame()
    return pd.DataFrame(found)


def _area(resolved: ResolvedExperiment, selected: Selected) -> np.ndarray:
    """Of each run; NaN where a strategy does not serve the task model."""
    try:
        check_strategies([(resolved, [selected])])
    except UsageError as error:
        log.info("%s", error)
        return np.full(len(resolved.experiment.runs), np.nan)
    return np.asarray(auac(acquire_with(resolved, selected).record.held_out_score))


def summary(found: dict[Cell, pd.DataFrame], strategies: Sequence[str]) -> Iterator[str]:
    """Mean gains, leads, ranks, and in how many cells a strategy is behind."""
    about = pd.DataFrame([asdict(cell) for cell in found])
    means = pd.DataFrame([each.mean() for each in found.values()])
    gains = means.sub(means["random"], axis=0)
    rest = [name for name in strategies if name != "random"]
    groups = {"all": about["data"].notna()}
    for column in ("classifier", "annotated", "pool", "setting", "data"):
        groups |= {f"{column} {value}": about[column] == value for value in sorted(about[column].unique())}
    rows = []
    for group, which in groups.items():
        tables = about["data"][which]
        rows.append([group, int(which.sum()), *(shown(gains[name][which], tables) for name in rest)])
    yield f"Gains in AUAC over Random, {len(found)} cells, 2 standard errors over tables:"
    yield tabulate(rows, headers=["", "cells", *rest])
    for one in (name for name in rest if name in FOCUS):
        rows = [
            [group, *(shown(gains[one][w] - gains[o][w], about["data"][w]) for o in rest)]
            for group, w in groups.items()
        ]
        yield f"\n{one} less the others:"
        yield tabulate(rows, headers=["", *rest])
    everywhere = [name for name in strategies if means[name].notna().all()]
    ranks = dict(zip(everywhere, auac_ranks(means[everywhere].to_numpy()).mean(axis=0), strict=True))
    rows = []
    for name in rest:
        ahead, behind = [], []
        served = [each for each in found.values() if each[name].notna().all()]
        for other in ("random", "margin"):
            compared = [compare(each[name].to_numpy(), each[other].to_numpy()) for each in served]
            ahead.append(sum(each.low > 0 for each in compared))
            behind.append(sum(each.high < 0 for each in compared))
        told = [f"{a} / {b}" for a, b in zip(ahead, behind, strict=True)]
        rows.append([name, len(served), ranks.get(name), *told])
    apart = critical_difference(len(everywhere), len(found))
    yield f"\nMean ranks (critical difference {apart:.2f}); cells significantly ahead / behind:"
    yield tabulate(rows, headers=["", "cells", "rank", "of Random", "of margin"], floatfmt=".2f")


def shown(values: pd.Series, tables: pd.Series) -> str:
    """The mean, and two standard errors of it, cells of one table being one."""
    values, tables = values.dropna(), tables[values.notna()]
    if values.empty:
        return ""
    sums = (values - values.mean()).groupby(tables).sum()
    return f"{values.mean():+.3f} +- {2 * np.sqrt((sums**2).sum()) / len(values):.3f}"


def _start(text: str) -> tuple[int, int]:
    annotated, pool = text.split(":")
    return int(annotated), int(pool)


def main() -> None:
    """Acquire what is missing, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", choices=list(TABLES), default="development")
    parser.add_argument("--data", action="append", help="only these tables")
    parser.add_argument("--start", action="append", help="only these, as in 20:400: annotated points and pool")
    parser.add_argument("--strategy", action="append", help="instead of the default ones; Random is always one")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--reward", type=int, default=0, help="points in the reward set")
    parser.add_argument("--sources", type=Path, default=Path("data/raw"))
    given = parser.parse_args()
    strategies = tuple(dict.fromkeys(("random", *(given.strategy or COMPARED))))
    starts = [_start(each) for each in given.start] if given.start else STARTS
    asked = list(cells(given.data or TABLES[given.tables], starts))
    how = {"strategies": strategies, "runs": given.runs, "steps": given.steps, "reward": given.reward}
    known = partial(areas, given.folder, given.sources, **how)
    engine = Engine(cpu_count() or 1, progress=True)
    found = dict(zip(asked, engine.map(known, asked, label="exam", unit="cell"), strict=True))
    for line in summary({cell: each for cell, each in found.items() if not each.empty}, strategies):
        print(line)


if __name__ == "__main__":
    main()
