"""``npal prepare``: a data set, its splits and class weights, for each run."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from npal_cli.arrays import take_runs
from npal_cli.errors import UsageError, unknown
from npal_cli.pipeline.build import Built
from npal_cli.pipeline.context import Context
from npal_cli.pipeline.prepared import build_prepared
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.problems.datasets import REGISTRY, give_source, known_datasets, named
from npal_cli.problems.tables import is_table, take
from npal_cli.records import PreparedRecord


def prepare(resolved: ResolvedExperiment) -> Built[PreparedRecord]:
    """Build the prepared artifact of an experiment's data and setting."""
    return build_prepared(resolved.context, resolved.experiment, requested=True)


def take_sources(
    context: Context, data: Sequence[str], target: str | None, source: Path | None, *, verify: bool
) -> list[str]:
    """Take in tables and ``--source`` files before preparing; return the names of the data sets.

    Raises:
        UsageError: if ``--source`` or ``--target`` do not fit the data.
    """
    names = []
    for given in data:
        if is_table(given):
            names.append(take(Path(given), target, context.sources.folder, list(REGISTRY)))
            continue
        if target is not None:
            raise UsageError(f"--target {target}: only for a table of your own (--data FILE.csv or FILE.parquet)")
        name = named(given)
        if name not in known_datasets(context.sources):
            raise unknown("data set", name, known_datasets(context.sources))
        if source is not None:
            if len(data) > 1:
                raise UsageError(f"--source {source}: name one data set with --data")
            give_source(name, source, context.sources, verify=verify)
        names.append(name)
    return names


def describe(prepared: PreparedRecord) -> dict[str, int]:
    """Sizes of the splits: the columns of Table 3, and the others."""
    first = take_runs(prepared, prepared.runs[:1])
    return {
        "rows": len(first.labels),
        "features": int(np.prod(first.features.shape[1:])),
        "classes": len(np.unique(first.labels)),
        "annotated": first.annotated.shape[1],
        "pool": first.pool.shape[1],
        "reward": first.reward.shape[1],
        "test": first.test.shape[1],
        "held_out": first.held_out.shape[1],
    }
