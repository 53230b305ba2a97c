"""``npal prepare``: a data set, its splits and class weights, for each run."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from npal_cli.artifacts import run_columns, take_runs
from npal_cli.errors import UsageError, unknown
from npal_cli.objectives import SETTINGS
from npal_cli.problems.datasets import REGISTRY, known_datasets, load_dataset, source_digest
from npal_cli.problems.problem import Problem, kept_counts, rare_classes, split, standardise, weights_of
from npal_cli.problems.tables import is_table, take
from npal_cli.randomness import Run
from npal_cli.records import PreparedRecord
from npal_cli.stages.context import Context, Experiment
from npal_cli.stages.make import Made, Target, make


def prepare(context: Context, experiment: Experiment, *, asked: bool = False) -> Made[PreparedRecord]:
    """Make the prepared artifact of an experiment's data and setting."""
    data, setting, options = experiment.data, experiment.setting, context.settings.prepare
    if setting not in SETTINGS:
        raise unknown("setting", setting, SETTINGS)

    def compute(runs: Sequence[Run], _: Path) -> Iterator[PreparedRecord]:
        dataset = load_dataset(data, context.sources)
        counts = kept_counts(dataset.labels, len(dataset.classes), setting, options)
        scoring, training = weights_of(counts, setting)
        for run in runs:
            rows = split(dataset, setting, run, options)
            yield PreparedRecord(
                **run_columns([run]),
                features=standardise(dataset.features, options.standardise),
                labels=dataset.labels,
                class_weights=scoring,
                training_weights=training,
                rare_classes=rare_classes(len(counts), options.rare_class),
                annotated=rows.annotated[None],
                pool=rows.pool[None],
                reward=rows.reward[None],
                test=rows.test[None],
                discarded=rows.discarded[None],
            )

    source = {"source": source_digest(data, context.sources) or "generated"}
    target = Target(
        path=context.root / "prepared" / data / f"{setting}.zarr",
        kind=PreparedRecord,
        command=f"npal prepare {experiment.command_options}",
        parameters={"data": data, "setting": setting, **source, "prepare": asdict(options)},
        inputs={run: {} for run in experiment.runs},
        compute=compute,
    )
    return make(context, target, asked=asked)


def problems_of(prepared: PreparedRecord) -> list[Problem]:
    """The problem of each run of a prepared artifact, before the first acquisition step."""
    return [
        Problem(
            run=run,
            features=prepared.features,
            labels=prepared.labels,
            annotated=prepared.annotated[i],
            pool=prepared.pool[i],
            reward=prepared.reward[i],
            test=prepared.test[i],
            discarded=prepared.discarded[i],
            class_weights=prepared.class_weights,
            training_weights=prepared.training_weights,
        )
        for i, run in enumerate(prepared.runs)
    ]


def take_sources(
    context: Context, data: Sequence[str], target: str | None, source: Path | None, *, verify: bool
) -> list[str]:
    """Take in tables and ``--source`` files before preparing; return the names of the data sets.

    Raises:
        UsageError: if ``--source`` or ``--target`` do not fit the data.
    """
    names = []
    for name in data:
        if is_table(name):
            names.append(take(Path(name), target, context.sources.folder, list(REGISTRY)))
            continue
        if target is not None:
            raise UsageError(f"--target {target}: only for a table of your own (--data FILE.csv or FILE.parquet)")
        if name not in known_datasets(context.sources):
            raise unknown("data set", name, known_datasets(context.sources))
        if source is not None:
            _give(context, name, source, alone=len(data) == 1, verify=verify)
        names.append(name)
    return names


def _give(context: Context, name: str, source: Path, *, alone: bool, verify: bool) -> None:
    file = REGISTRY[name].file if name in REGISTRY else None
    if file is None or not alone:
        reason = "name one data set with --data" if not alone else f"{name} is not read from a published file"
        raise UsageError(f"--source {source}: {reason}")
    context.sources.give(file, source, verify=verify)


def describe(prepared: PreparedRecord) -> dict[str, int]:
    """Sizes of the splits: the columns of Table 3, and the others."""
    first = take_runs(prepared, prepared.runs[:1])
    return {
        "rows": len(first.labels),
        "features": first.features.shape[1],
        "classes": len(np.unique(first.labels)),
        "annotated": first.annotated.shape[1],
        "pool": first.pool.shape[1],
        "reward": first.reward.shape[1],
        "test": first.test.shape[1],
        "discarded": first.discarded.shape[1],
    }
