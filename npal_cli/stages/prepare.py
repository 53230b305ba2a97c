"""``npal prepare``: a data set, its splits and class weights, for each run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from npal_cli.arrays import take_runs
from npal_cli.errors import UsageError, unknown
from npal_cli.pipeline.build import Built
from npal_cli.pipeline.context import Context
from npal_cli.pipeline.encoded import encoded
from npal_cli.pipeline.places import encoded_path
from npal_cli.pipeline.prepared import build_prepared
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.problems.datasets import REGISTRY, give_source, known_datasets, named
from npal_cli.records import PreparedRecord
from npal_cli.tables import shelf
from npal_cli.tables.files import SUFFIXES, is_table
from npal_cli.tables.intake import Intake, take
from npal_cli.tables.kept import KeptTable, find


def prepare(resolved: ResolvedExperiment) -> Built[PreparedRecord]:
    """Build the prepared artifact of an experiment's data and setting."""
    return build_prepared(resolved.context, resolved.experiment, requested=True)


@dataclass(frozen=True)
class Taken:
    """What is to be prepared."""

    names: list[str]
    """Of the data sets."""
    tables: list[KeptTable]
    """Those that were taken in just now."""


def take_sources(
    context: Context,
    data: Sequence[str],
    intake: Intake | None,
    source: Path | None,
    *,
    verify: bool,
    check: Callable[[KeptTable], None] = lambda _: None,
) -> Taken:
    """Take in tables and ``--source`` files before preparing.

    Args:
        context: Where to.
        data: Names of data sets, and files of tables.
        intake: What is said of tables; None if nothing is.
        source: A copy of a data set's file.
        verify: Whether that must be the published one.
        check: May refuse a table before what is known under its name is replaced.

    Raises:
        UsageError: if ``--source`` or what is said of tables do not fit the data.
    """
    names, tables = [], []
    for given in data:
        if is_table(given):
            tables.append(take(Path(given), intake or Intake(None), context.sources.folder, list(REGISTRY), check))
            names.append(tables[-1].name)
            continue
        if intake is not None:
            raise UsageError(
                f"--data {given}: --target and the like are for a table of your own (a file: {', '.join(SUFFIXES)})"
            )
        name = named(given)
        if name not in known_datasets(context.sources):
            raise unknown("data set", name, known_datasets(context.sources))
        if source is not None:
            if len(data) > 1:
                raise UsageError(f"--source {source}: name one data set with --data")
            give_source(name, source, context.sources, verify=verify)
        names.append(name)
    return Taken(names, tables)


def kept_before(context: Context, name: str) -> KeptTable | None:
    """The table that is kept under a name."""
    folder = context.sources.folder
    return find(name, folder) if name in shelf.known(folder) else None


def describe_table(context: Context, table: KeptTable) -> dict[str, Any]:
    """What is known of a table and its columns, whose features are made first."""
    record = encoded(context.root, table, force=context.force)
    known = table.labels.dropna()
    columns = [
        {"column": each.name, "taken as": _KINDS[each.kind], "features": int(width), "note": each.note}
        for each, width in zip(table.columns, record.widths, strict=True)
    ]
    sizes = {"rows": len(table.rows), "labelled": len(known), "classes": known.nunique()}
    features, artifact = record.features.shape[1], str(encoded_path(context.root, table.name))
    return {"data": table.name, **sizes, "features": features, "artifact": artifact, "columns": columns}


_KINDS = {"number": "number", "category": "category", "text": "text", "date": "date", "drop": "left out"}


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
