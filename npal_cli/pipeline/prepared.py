"""The prepared artifact: a data set with its splits and class weights for each run; and the problems that it holds."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from npal_cli.arrays import run_columns
from npal_cli.errors import DataError, unknown
from npal_cli.objectives import SETTINGS, is_natural
from npal_cli.pipeline.build import Built, Target, build
from npal_cli.pipeline.context import Context, Experiment
from npal_cli.pipeline.places import prepared_path
from npal_cli.problems.dataset import Standardise, is_image
from npal_cli.problems.datasets import default_standardise, load_dataset, source_digest
from npal_cli.problems.problem import Problem
from npal_cli.problems.split import PrepareOptions, check_sizes, kept_counts, rare_classes, rarest, split, weights_of
from npal_cli.problems.standardise import standardise
from npal_cli.randomness import Run
from npal_cli.records import PreparedRecord


def build_prepared(context: Context, experiment: Experiment, *, requested: bool = False) -> Built[PreparedRecord]:
    """Build the prepared artifact of an experiment's data and setting.

    Raises:
        DataError: if there are too few rows for the splits, or features cannot be standardised.
    """
    data, setting, options = experiment.data, experiment.setting, context.params.plan(experiment.classifier).prepare
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
        rare = rarest(counts) if is_natural(setting) else rare_classes(len(counts), options.rare_class)
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
                rare_classes=rare,
                annotated=rows.annotated[None],
                pool=rows.pool[None],
                reward=rows.reward[None],
                test=rows.test[None],
                held_out=rows.held_out[None],
            )

    target = Target(
        path=prepared_path(context.root, data, setting, experiment.classifier),
        root=context.root,
        kind=PreparedRecord,
        command=f"npal prepare {experiment.command_options}",
        parameters={
            "data": data,
            "setting": setting,
            "source": source_digest(data, context.sources),
            "prepare": asdict(options),
        },
        inputs={run: {} for run in experiment.runs},
        compute=compute,
    )
    return build(context, target, requested=requested)


def how_standardised(context: Context, data: str) -> Standardise:
    """How the features of ``data`` are standardised: as ``params.yaml`` says, else as is the data set's default."""
    return context.params.prepare.standardise or default_standardise(data)


def problems_of(prepared: PreparedRecord, *, images: bool = False, how: Standardise = "overall") -> list[Problem]:
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
