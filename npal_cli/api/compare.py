"""The honest study of strategies on rows of one's own, all of which have a label."""

import os
import shutil
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from npal_cli.classifiers import CLASSIFIERS
from npal_cli.engine import Engine, engine_on
from npal_cli.errors import DataError
from npal_cli.objectives import Setting
from npal_cli.params import params_of
from npal_cli.pipeline.collect import Selection, collect
from npal_cli.pipeline.context import Context, Experiment
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.pipeline.selection import check_strategies, select_strategies
from npal_cli.problems.sources import Sources
from npal_cli.randomness import Run
from npal_cli.report.cells import cells
from npal_cli.stages.acquire import acquire_with
from npal_cli.stages.prepare import take_sources
from npal_cli.stages.report import report
from npal_cli.tables.intake import Intake

NAME = "rows"
"""What the rows are called in the report."""


class Comparison:
    """What strategies gained over Random, paired over runs.

    ``gains`` has a row for each classifier and strategy: the mean gain in area under the acquisition curve on held-out
    points, which no strategy chose on, its 95 % interval, and the p-value of no difference, corrected by Holm.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.gains = _gains(context)
        weakref.finalize(self, shutil.rmtree, context.root, ignore_errors=True)  # goes when the comparison does

    def report(self, folder: str | Path) -> Path:
        """Write the page, tables and figures into ``folder``, which is made anew; return the page.

        Raises:
            DataError: if ``folder`` holds something else.
        """
        target = Path(folder)
        if target.exists() and not (target / "index.html").exists() and any(target.iterdir()):
            raise DataError(f"{target} holds something that is no report; name a new or an empty folder")
        report(self._context, Selection())
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self._context.root / "report", target)
        return target / "index.html"

    def _repr_html_(self) -> str:
        return str(self.gains.to_html(index=False))


def compare(
    X: Any,
    y: Any,
    strategies: Sequence[str] = ("random", "margin", "blend"),
    classifiers: Sequence[str] = ("logistic",),
    *,
    setting: Setting = "natural",
    runs: int = 30,
    steps: int = 10,
    batch_size: int = 1,
    random_state: int = 1,
    workers: int | None = None,
    scheduler: str | None = None,
    params: Mapping[str, Any] | None = None,
) -> Comparison:
    """Run strategies on rows that all have a label, as ``npal acquire`` does, and compare them with Random.

    Args:
        X: All rows: an array of numbers, a sparse matrix, or a data frame with columns of any kind.
        y: The label of each row.
        strategies: Names or import paths; Random is run too.
        classifiers: Names or import paths of task models.
        setting: ``natural``, ``balanced``, ``imbalanced`` or ``imbalanced_weighted``.
        runs: Repetitions, each with a split and draws of its own.
        steps: Acquisition steps.
        batch_size: Points labelled at each step.
        random_state: The first run's seed.
        workers: Processes; None for one per core.
        scheduler: The address of a Dask cluster's scheduler, whose workers do the work instead.
        params: What differs from the defaults of ``params.yaml``, as in ``{"prepare": {"annotated": 50}}``.

    Raises:
        ValueError: if a name is unknown, there are too few rows for the splits, or no scheduler answers.
    """
    table = _table(X, y)
    given = dict(params or {})
    acquiring = {"steps": steps, "batch_size": batch_size, **given.get("acquire", {})}
    parameters = params_of({**given, "acquire": acquiring})
    root = Path(mkdtemp(prefix="npal-"))
    engine = Engine(workers or os.cpu_count() or 1)
    if scheduler is not None:
        engine = engine_on(scheduler, engine)
    context = Context(root, parameters, engine, Sources(root / "raw"))
    seeds = tuple(Run(seed, seed) for seed in range(random_state, random_state + runs))
    try:
        table.to_parquet(root / f"{NAME}.parquet")
        take_sources(context, [str(root / f"{NAME}.parquet")], Intake("label"), None, verify=True)
        experiments = [Experiment(NAME, setting, CLASSIFIERS.find(name).name, seeds) for name in classifiers]
        _acquire([ResolvedExperiment(context, each) for each in experiments], ["random", *strategies])
        return Comparison(context)
    except BaseException:
        shutil.rmtree(root, ignore_errors=True)
        raise


def _acquire(experiments: Sequence[ResolvedExperiment], named: Sequence[str]) -> None:
    work = [(each, select_strategies(each, named)) for each in experiments]
    check_strategies(work)
    for each, strategies in work:
        for selected in strategies:
            acquire_with(each, selected)


def _table(X: Any, y: Any) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        table = X.rename(columns=str).reset_index(drop=True)
    else:
        values: Any = X
        values = np.asarray(values.toarray() if sparse.issparse(X) else values)
        if values.ndim != 2:
            raise DataError(f"X has shape {values.shape}; expected rows and columns")
        table = pd.DataFrame(values, columns=[f"x{i}" for i in range(values.shape[1])])
    labels = np.asarray(y)
    if labels.shape != (len(table),):
        raise DataError(f"X has {len(table)} rows and y shape {labels.shape}; give one label a row")
    if "label" in table:
        table = table.rename(columns={"label": "label_"})
    return table.assign(label=labels)


def _gains(context: Context) -> pd.DataFrame:
    table = cells(collect(context.root, Selection())[0])
    known = table[(table["metric"] == "auac") & (table["evaluation"] == "held_out")]
    columns = {"random_mean": "gain", "random_low": "low", "random_high": "high", "random_p_holm": "p_holm"}
    kept = known.rename(columns=columns)[["classifier", "strategy", "label", "runs", "mean", *columns.values()]]
    return kept.reset_index(drop=True)
