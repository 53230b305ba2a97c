"""``npal prepare``: a data set, its splits and class weights, for each run."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

import numpy as np

from npal_cli.artifacts import run_columns, take_runs
from npal_cli.classifiers import takes_images
from npal_cli.errors import DataError, UsageError, unknown
from npal_cli.objectives import SETTINGS
from npal_cli.problems.dataset import is_image
from npal_cli.problems.datasets import (
    REGISTRY,
    default_standardise,
    give_source,
    known_datasets,
    load_dataset,
    source_digest,
)
from npal_cli.problems.problem import Problem
from npal_cli.problems.split import PrepareOptions, check_sizes, kept_counts, rare_classes, split, weights_of
from npal_cli.problems.standardise import standardise
from npal_cli.problems.tables import is_table, take
from npal_cli.randomness import Run
from npal_cli.records import PreparedRecord
from npal_cli.stages.context import Context, Experiment
from npal_cli.stages.make import Made, Target, make


def prepare(context: Context, experiment: Experiment, *, asked: bool = False) -> Made[PreparedRecord]:
    """Make the prepared artifact of an experiment's data and setting."""
    data, setting, options = experiment.data, experiment.setting, context.settings.plan(experiment.classifier).prepare
    if setting not in SETTINGS:
        raise unknown("setting", setting, SETTINGS)
    how = how_standardised(context, data)
    if isinstance(options, PrepareOptions):
        options = replace(options, standardise=how)  # so that the artifact says what was really done

    def compute(runs: Sequence[Run], _: Path) -> Iterator[PreparedRecord]:
        dataset = load_dataset(data, context.sources)
        test_part = np.arange(len(dataset.labels)) >= dataset.training_rows
        counts = kept_counts(dataset.labels[~test_part], len(dataset.classes), setting, options)
        check_sizes(dataset, setting, counts, options)
        scoring, training = weights_of(counts, setting)
        features = dataset.features
        if not is_image(features):
            try:
                features = standardise(features, how)
            except DataError as error:
                raise DataError(f"{data}: {error}") from error
        for run in runs:
            rows = split(dataset, setting, run, options)
            yield PreparedRecord(
                **run_columns([run]),
                features=features,
                labels=dataset.labels,
                test_part=test_part,
                class_weights=scoring,
                training_weights=training,
                rare_classes=rare_classes(len(counts), options.rare_class),
                annotated=rows.annotated[None],
                pool=rows.pool[None],
                reward=rows.reward[None],
                test=rows.test[None],
                held_out=rows.held_out[None],
            )

    source = {"source": source_digest(data, context.sources) or "generated"}
    target = Target(
        path=prepared_path(context.root, data, setting, experiment.classifier),
        root=context.root,
        kind=PreparedRecord,
        command=f"npal prepare {experiment.command_options}",
        parameters={"data": data, "setting": setting, **source, "prepare": asdict(options)},
        inputs={run: {} for run in experiment.runs},
        compute=compute,
    )
    return make(context, target, asked=asked)


def how_standardised(context: Context, data: str) -> Literal["overall", "per_feature"]:
    """How the features of ``data`` are standardised: as ``params.yaml`` says, else as is the data set's default."""
    return context.settings.prepare.standardise or default_standardise(data)


def prepared_path(root: Path, data: str, setting: str, classifier: str) -> Path:
    """Where the prepared artifact of an experiment is: a network for images has larger sets, and so one of its own."""
    folder = root / "prepared" / data
    return folder / setting / f"{classifier}.zarr" if takes_images(classifier) else folder / f"{setting}.zarr"


def problems_of(
    prepared: PreparedRecord, *, images: bool = False, how: Literal["overall", "per_feature"] = "overall"
) -> list[Problem]:
    """The problem of each run of a prepared artifact, before the first acquisition step.

    Images stay ``images`` for classifiers that take such; for others they become vectors, standardised as ``how`` says.
    """
    features = prepared.features
    if is_image(features) and not images:
        features = standardise(features, how, int((~prepared.test_part).sum()))
    return [
        Problem(
            run=run,
            features=features,
            labels=prepared.labels,
            annotated=prepared.annotated[i],
            pool=prepared.pool[i],
            reward=prepared.reward[i],
            test=prepared.test[i],
            held_out=prepared.held_out[i],
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
