"""The state that simulating, scoring and training start from: the first, or the one before step k of acquired runs."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int

from npal_cli.artifacts import find, take_runs
from npal_cli.classifiers import takes_images
from npal_cli.errors import MissingArtifactError, UsageError
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord
from npal_cli.stages.context import At, Context, Experiment
from npal_cli.stages.prepare import how_standardised, prepare, problems_of


@dataclass(frozen=True)
class Start:
    """The problems of an experiment's runs, and the digests of what they came from."""

    problems: Mapping[Run, Problem]
    inputs: Mapping[Run, Mapping[str, str]]
    step: int


def start_of(context: Context, experiment: Experiment, at: At | None) -> Start:
    """The problems before the first step, or before step ``at.step`` of the runs that ``at.strategy`` acquired.

    Raises:
        UsageError: if fewer steps were acquired than that.
        MissingArtifactError: if nothing was.
    """
    prepared = prepare(context, experiment)
    how = how_standardised(context, experiment.data)
    made = problems_of(prepared.record, images=takes_images(experiment.classifier), how=how)
    problems = dict(zip(experiment.runs, made, strict=True))
    inputs = {run: {"prepared": prepared.input_digest(run)} for run in experiment.runs}
    if at is None:
        return Start(problems, inputs, 1)
    return after(Start(problems, inputs, 1), _chosen(context, experiment, at, inputs))


def after(start: Start, chosen: Mapping[Run, Int[np.ndarray, "step batch"]]) -> Start:
    """The state of the runs of ``chosen`` after those rows were acquired, from ``start`` before the first step."""
    return Start(
        {run: start.problems[run].annotate(rows.ravel()) for run, rows in chosen.items()},
        {run: {**start.inputs[run], "chosen": _digest(rows)} for run, rows in chosen.items()},
        1 + len(next(iter(chosen.values()))),
    )


def acquired_path(context: Context, experiment: Experiment, strategy: str) -> Path:
    """Where the acquired artifact of a strategy is."""
    folder = context.root / "acquired" / experiment.data / experiment.setting / experiment.classifier
    return folder / f"{strategy}.zarr"


def stage_path(context: Context, stage: str, experiment: Experiment, at: At | None, *, by_classifier: bool) -> Path:
    """Where an artifact of ``simulate``, ``oracle`` or ``train-np`` is."""
    folder = context.root / stage / experiment.data
    if at is not None:
        return folder / experiment.setting / experiment.classifier / f"{at.name}.zarr"
    if by_classifier:
        return folder / experiment.setting / f"{experiment.classifier}.zarr"
    return folder / f"{experiment.setting}.zarr"


def step_option(at: At | None) -> str:
    """The options that name the state on the command line."""
    return f" --step {at.step} --strategy {at.strategy}" if at is not None else ""


def _digest(rows: Int[np.ndarray, "step batch"]) -> str:
    return hashlib.sha256(np.ascontiguousarray(rows, dtype=np.int64).tobytes()).hexdigest()


def _chosen(
    context: Context, experiment: Experiment, at: At, inputs: Mapping[Run, Mapping[str, str]]
) -> dict[Run, np.ndarray]:
    path = acquired_path(context, experiment, at.strategy)
    steps = max(at.step - 1, 1)
    acquire = f"npal acquire {experiment.command_options} --strategy {at.strategy} --steps {steps}"
    found = find(path, AcquiredRecord, context.root)
    if found is None:
        raise MissingArtifactError(f"--step {at.step}: {path} does not exist; acquire first with: {acquire}")
    record, provenance = found
    for run in experiment.runs:
        if run not in record.runs:
            raise MissingArtifactError(f"--step {at.step}: {path} lacks run {run}; acquire it with: {acquire}")
        if provenance.inputs[str(run)] != inputs[run]:
            raise MissingArtifactError(
                f"--step {at.step}: run {run} of {path} was acquired from other prepared problems; "
                f"acquire it again with: {acquire}"
            )
    done = record.chosen.shape[1]
    if not 1 <= at.step <= done + 1:
        raise UsageError(f"--step {at.step}: {path} holds {done} steps, so 1 to {done + 1} can be asked for")
    chosen = take_runs(record, experiment.runs).chosen
    return {run: chosen[i, : at.step - 1] for i, run in enumerate(experiment.runs)}
