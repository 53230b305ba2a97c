"""``npal acquire``: run strategies through the acquisition loop, and evaluate them (sections 4 and 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int
from threadpoolctl import threadpool_limits

from npal_cli.artifacts import find, run_columns
from npal_cli.classifiers.base import Classifier
from npal_cli.errors import ArtifactError
from npal_cli.experiments.acquisition import Acquired, acquire, nothing_acquired
from npal_cli.experiments.evaluation import Evaluation, evaluate, true_improvements
from npal_cli.objectives import auac
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord
from npal_cli.stages.context import Context, Experiment
from npal_cli.stages.make import Made, Target, make, peek, plain
from npal_cli.stages.progress import Progress
from npal_cli.stages.selection import check_pool
from npal_cli.stages.state import Start, acquired_path, start_of
from npal_cli.stages.strategy import in_lock_step, make_strategy, parameters_of
from npal_cli.strategies.naming import Selected

POOLS_AT_ONCE = 2**31
"""Bytes of the pools of the runs that are worked on together."""


def acquire_with(context: Context, experiment: Experiment, selected: Selected) -> Made[AcquiredRecord]:
    """Make the acquired artifact of one strategy.

    One with fewer steps than asked for is gone on from, with all its runs; one with more keeps them all.
    """
    parameters = parameters_of(context, experiment, selected)

    def again(planned: Target[AcquiredRecord]) -> Target[AcquiredRecord]:
        """Another command may have added steps or runs while this one waited: it loses none of them."""
        steps = _stored(planned.path, parameters, context).steps
        return (
            planned if steps in (0, planned.parameters["steps"]) else _target(context, experiment, selected, parameters)
        )

    return make(context, _target(context, experiment, selected, parameters), asked=True, again=again)


def _target(
    context: Context, experiment: Experiment, selected: Selected, parameters: dict[str, Any]
) -> Target[AcquiredRecord]:
    """The artifact of the experiment's runs, with those that are stored if they are to have more steps."""
    path, plan = acquired_path(context, experiment, selected.name), context.settings.plan(experiment.classifier)
    stored = _stored(path, parameters, context)
    steps = max(plan.steps, stored.steps)
    if 0 < stored.steps < steps:
        experiment = replace(experiment, runs=tuple(sorted({*experiment.runs, *stored.runs})))
    start = start_of(context, experiment, None)
    check_pool(start, experiment, steps * plan.batch_size)

    def compute(runs: Sequence[Run], checkpoints: Path) -> Iterator[AcquiredRecord]:
        here, work = context, checkpoints
        groups = _together(start, runs) if in_lock_step(experiment) else [[run] for run in runs]
        if not in_lock_step(experiment):  # done by other processes, which may have another working directory
            here, work = replace(context, root=context.root.resolve()), checkpoints.resolve()
        work_items = []
        for group in groups:
            wanted = replace(target, inputs={run: start.inputs[run] for run in group})
            before = None if context.force else _before(wanted)
            begin = _acquired(before) if before is not None else nothing_acquired(len(group), plan.batch_size)
            progress = Progress(work / f"progress_{group[0]}.npz", group, begin)
            problems = [start.problems[run] for run in group]
            if selected.trains_on_reward:
                problems = [problem.train_on_reward() for problem in problems]
            known = before.test_predictions.astype(np.int64) if before is not None else None
            work_items.append(_Group(here, experiment, selected, steps, problems, progress, work, known))
        if in_lock_step(experiment):
            for item in work_items:
                yield from _acquire_together(item, start)
        else:
            yield from context.engine.map(_acquire_alone, work_items, label=selected.name, unit="run")

    target = Target(
        path=path,
        root=context.root,
        kind=AcquiredRecord,
        command=f"npal acquire {experiment.command_options} --strategy {selected.name}",
        parameters={**parameters, "steps": steps},
        inputs=start.inputs,
        compute=compute,
    )
    return target


def describe(record: AcquiredRecord) -> dict[str, float | None]:
    """Mean AUAC and final test score over runs."""
    area = auac(record.test_score)
    return {
        "steps": record.chosen.shape[1],
        "auac": float(area.mean()),
        "auac_std": float(area.std(ddof=1)) if len(area) > 1 else None,
        "held_out_auac": float(auac(record.held_out_score).mean()),
        "final_accuracy": float(record.test_score[:, -1].mean()),
    }


@dataclass(frozen=True)
class _Group:
    """Runs that are acquired together: by one process, a step at a time."""

    context: Context
    experiment: Experiment
    strategy: Selected
    steps: int
    problems: Sequence[Problem]
    progress: Progress
    work: Path
    known: Int[np.ndarray, "run state test"] | None
    """What was predicted when fewer steps were acquired."""


def _together(start: Start, runs: Sequence[Run]) -> list[list[Run]]:
    """Runs in groups, of as many as have pools that fit into memory together."""
    problems = [start.problems[run] for run in runs]
    largest = max((p.features[:1].nbytes * len(p.pool) for p in problems), default=1)
    size = max(POOLS_AT_ONCE // largest, 1)
    return [list(runs[i : i + size]) for i in range(0, len(runs), size)]


def _acquire_together(group: _Group, start: Start) -> Iterator[AcquiredRecord]:
    """The records of runs whose refits and networks are made together."""
    context, experiment, problems = group.context, group.experiment, group.problems
    classifier, progress = context.classifier(experiment.classifier), group.progress
    strategy = make_strategy(context, experiment, start, group.strategy, progress, classifier)
    with threadpool_limits(limits=1):  # fits this small are faster so, and the same whatever the cores
        acquired = acquire(problems, strategy, classifier, group.steps, progress.acquired, progress.save)
    improvements = true_improvements(
        problems, acquired.chosen, acquired.checked, classifier, context.engine, context.settings.objective
    )
    work = [(p, chosen, classifier) for p, chosen in zip(problems, acquired.chosen, strict=True)]
    for i, evaluation in enumerate(context.engine.map(_evaluate, work, label="evaluations")):
        yield _record(problems[i].run, acquired, i, evaluation, improvements[i])


def _acquire_alone(group: _Group) -> AcquiredRecord:
    """The record of a run whose task model takes long to fit, so that all that this process does is fit it."""
    import torch

    context, experiment, problem = group.context, group.experiment, group.problems[0]
    if context.engine.torch_device().type == "cpu":
        torch.set_num_threads(1)  # the same bytes whatever the cores; other runs have the others
    subsample = context.settings.plan(experiment.classifier).subsample
    classifier = context.task_model(experiment, problem, group.work)
    start = Start({problem.run: problem}, {}, 1)
    progress = group.progress
    strategy = make_strategy(context, experiment, start, group.strategy, progress, classifier)
    acquired = acquire([problem], strategy, classifier, group.steps, progress.acquired, progress.save, subsample)
    known = group.known[0] if group.known is not None else None
    evaluation = evaluate(problem, acquired.chosen[0], strategy.task_model(classifier), known)
    return _record(problem.run, acquired, 0, evaluation, np.empty(acquired.checked.shape[1:]))


@dataclass(frozen=True)
class _Stored:
    steps: int
    runs: Sequence[Run]


def _stored(path: Path, parameters: dict[str, Any], context: Context) -> _Stored:
    """What an artifact made with these parameters holds, whatever its number of steps."""
    try:
        found = find(path, AcquiredRecord, context.root)
    except ArtifactError:
        if context.force:
            return _Stored(0, ())
        raise
    if found is None:
        return _Stored(0, ())
    record, provenance = found
    made_with = {key: value for key, value in provenance.parameters.items() if key != "steps"}
    same = made_with == plain(parameters)
    return _Stored(record.chosen.shape[1], record.runs) if same else _Stored(0, ())


def _before(target: Target[AcquiredRecord]) -> AcquiredRecord | None:
    """What an artifact with fewer steps, otherwise made from the same, holds of the target's runs."""
    found = find(target.path, AcquiredRecord, target.root)
    if found is None:
        return None
    return peek(replace(target, parameters={**target.parameters, "steps": found[0].chosen.shape[1]}))


def _acquired(record: AcquiredRecord) -> Acquired:
    return Acquired(
        chosen=record.chosen,
        scores=record.chosen_scores,
        loss=record.loss,
        checked=record.checked,
        predicted=record.predicted,
        sigma=record.sigma,
    )


def _evaluate(work: tuple[Problem, np.ndarray, Classifier]) -> Evaluation:
    return evaluate(*work)


def _record(run: Run, acquired: Acquired, i: int, evaluation: Evaluation, improvement: np.ndarray) -> AcquiredRecord:
    return AcquiredRecord(
        **run_columns([run]),
        chosen=acquired.chosen[[i]],
        chosen_scores=acquired.scores[[i]],
        test_score=evaluation.test.score[None],
        test_precision=evaluation.test.precision[None],
        test_recall=evaluation.test.recall[None],
        test_predictions=evaluation.predictions[None].astype(np.int16),
        held_out_score=evaluation.held_out.score[None],
        held_out_precision=evaluation.held_out.precision[None],
        held_out_recall=evaluation.held_out.recall[None],
        held_out_points=evaluation.held_out_points[None],
        loss=acquired.loss[[i]],
        checked=acquired.checked[[i]],
        predicted=acquired.predicted[[i]],
        sigma=acquired.sigma[[i]],
        improvement=improvement[None],
    )
