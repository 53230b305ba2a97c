"""An experiment with its problems: before the first acquisition step, or before step k of runs that were acquired."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from npal_cli.arrays import take_runs
from npal_cli.artifacts import find
from npal_cli.classifiers import Classifier, make_classifier, takes_images
from npal_cli.errors import MissingArtifactError, UsageError
from npal_cli.pipeline.build import Built
from npal_cli.pipeline.context import Context, Experiment, StepRef
from npal_cli.pipeline.places import acquired_path, stage_path
from npal_cli.pipeline.prepared import build_prepared, how_standardised, problems_of
from npal_cli.plans import Plan
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord, PreparedRecord


@dataclass(frozen=True)
class RunProblems:
    """The problem of each run, and the digests of what it came from."""

    problems: Mapping[Run, Problem]
    inputs: Mapping[Run, Mapping[str, str]]
    step: int
    """The acquisition step that comes next."""


@dataclass(frozen=True)
class ResolvedExperiment:
    """What stages work on; its problems are read, or prepared, once: when they are first asked for."""

    context: Context
    experiment: Experiment
    at: StepRef | None = None
    """None for the moment before the first step."""
    known: RunProblems | None = None
    """The problems, where they need not be read."""

    @cached_property
    def prepared(self) -> Built[PreparedRecord]:
        """The prepared artifact."""
        return build_prepared(self.context, self.experiment)

    @cached_property
    def begin(self) -> RunProblems:
        """The problem of each run at this moment.

        Raises:
            UsageError: if fewer steps were acquired than that.
            MissingArtifactError: if nothing was.
        """
        if self.known is not None:
            return self.known
        experiment, prepared = self.experiment, self.prepared
        how = how_standardised(self.context, experiment.data)
        problems = problems_of(prepared.record, images=takes_images(experiment.classifier), how=how)
        first = RunProblems(dict(zip(experiment.runs, problems, strict=True)), self._prepared_inputs, 1)
        return first if self.at is None else after(first, self._chosen(self.at, self._prepared_inputs))

    @property
    def problems(self) -> Mapping[Run, Problem]:
        """The problem of each run."""
        return self.begin.problems

    @property
    def inputs(self) -> Mapping[Run, Mapping[str, str]]:
        """For each run, the digest of each thing that its problem came from; before step 1 no problem is made."""
        return self._prepared_inputs if self.at is None and self.known is None else self.begin.inputs

    @cached_property
    def _prepared_inputs(self) -> Mapping[Run, Mapping[str, str]]:
        return {run: {"prepared": self.prepared.input_digest(run)} for run in self.experiment.runs}

    @property
    def step(self) -> int:
        """The acquisition step that comes next."""
        return self.begin.step

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.prepared.record.class_weights)

    @property
    def pool_size(self) -> int:
        """Points in a pool before the first step."""
        return self.prepared.record.pool.shape[1]

    @property
    def plan(self) -> Plan:
        """How problems are made and how many steps there are."""
        return self.context.params.plan(self.experiment.classifier)

    @property
    def classifier_options(self) -> Any:
        """The options of the task model."""
        return self.context.params.options_of(self.experiment.classifier)

    def classifier(self) -> Classifier:
        """The task model, to be refitted with candidates.

        Raises:
            UsageError: if a fit of it takes too long for that.
        """
        return make_classifier(self.experiment.classifier, self.classifier_options)

    def path(self, stage: str, *, by_classifier: bool = True) -> Path:
        """Where the artifact of a stage between ``prepare`` and ``acquire`` is."""
        return stage_path(self.context.root, stage, self.experiment, self.at, by_classifier=by_classifier)

    @property
    def command_options(self) -> str:
        """The options that name all this on the command line."""
        options = self.experiment.command_options
        return options if self.at is None else f"{options} {self.at.command_options}"

    def after(self, run: Run, chosen: Int[np.ndarray, "step batch"], strategy: str) -> "ResolvedExperiment":
        """One of the runs, after ``strategy`` acquired the rows ``chosen``."""
        later = after(self.begin, {run: chosen})
        return replace(
            self, experiment=replace(self.experiment, runs=(run,)), at=StepRef(later.step, strategy), known=later
        )

    def _chosen(self, at: StepRef, inputs: Mapping[Run, Mapping[str, str]]) -> dict[Run, np.ndarray]:
        """What each run acquired before this moment."""
        experiment, root = self.experiment, self.context.root
        path = acquired_path(root, experiment, at.strategy)
        steps = max(at.step - 1, 1)
        acquire = f"npal acquire {experiment.command_options} --strategy {at.strategy} --steps {steps}"
        found = find(path, AcquiredRecord, root)
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


def after(begin: RunProblems, chosen: Mapping[Run, Int[np.ndarray, "step batch"]]) -> RunProblems:
    """The problems of the runs of ``chosen`` after those rows were acquired, from those before the first step."""
    return RunProblems(
        {run: begin.problems[run].annotate(rows.ravel()) for run, rows in chosen.items()},
        {run: {**begin.inputs[run], "chosen": _digest(rows)} for run, rows in chosen.items()},
        1 + len(next(iter(chosen.values()))),
    )


def _digest(rows: Int[np.ndarray, "step batch"]) -> str:
    return hashlib.sha256(np.ascontiguousarray(rows, dtype=np.int64).tobytes()).hexdigest()
