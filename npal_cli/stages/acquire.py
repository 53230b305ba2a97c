"""``npal acquire``: run strategies through the acquisition loop, and evaluate them (sections 4 and 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from npal_cli.artifacts import read, run_columns
from npal_cli.classifiers import Classifier
from npal_cli.errors import ArtifactError, DataError
from npal_cli.experiments.acquisition import Acquired, acquire, nothing_acquired
from npal_cli.experiments.evaluation import Evaluation, evaluate, true_improvements
from npal_cli.neural_process.training import Network
from npal_cli.objectives import auac
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord
from npal_cli.stages.context import At, Context, Experiment
from npal_cli.stages.make import Made, Target, make, peek, plain
from npal_cli.stages.progress import Progress
from npal_cli.stages.state import Start, acquired_path, after, start_of
from npal_cli.stages.train_np import network_of, train_np, trained_network
from npal_cli.strategies import Strategy, check_strategy, parse_strategy, simple_strategy
from npal_cli.strategies.neural_process import Networks, NeuralProcess
from npal_cli.strategies.oracle import MyopicOracle


def acquire_with(context: Context, experiment: Experiment, name: str) -> Made[AcquiredRecord]:
    """Make the acquired artifact of one strategy.

    One with fewer steps than asked for is gone on from, with all its runs; one with more keeps them all.
    """
    path = acquired_path(context, experiment, name)
    parameters = _parameters(context, experiment, name)
    stored = _stored(path, parameters, force=context.force)
    steps = max(context.settings.acquire.steps, stored.steps)
    if 0 < stored.steps < steps:
        experiment = replace(experiment, runs=tuple(sorted({*experiment.runs, *stored.runs})))
    start = start_of(context, experiment, None)
    batch_size = context.settings.acquire.batch_size
    _check_pool(start, experiment, steps * batch_size)
    classifier = context.classifier(experiment.classifier)

    def compute(runs: Sequence[Run], work: Path) -> Iterator[AcquiredRecord]:
        if not runs:
            return
        problems = [start.problems[run] for run in runs]
        if parse_strategy(name).trains_on_reward:
            problems = [problem.train_on_reward() for problem in problems]
        begin = None if context.force else _prefix(replace(target, inputs={run: start.inputs[run] for run in runs}))
        progress = Progress(work / "progress.npz", runs, begin or nothing_acquired(len(runs), batch_size))
        strategy = _strategy(context, experiment, start, name, progress)
        with threadpool_limits(limits=1):  # fits this small are faster so, and the same whatever the cores
            acquired = acquire(problems, strategy, classifier, steps, progress.acquired, progress.save)
        improvements = true_improvements(problems, acquired.chosen, acquired.checked, classifier, context.engine)
        work_items = [(p, chosen, classifier) for p, chosen in zip(problems, acquired.chosen, strict=True)]
        for i, evaluation in enumerate(context.engine.map(_evaluate, work_items, label="evaluations")):
            yield _record(runs[i], acquired, i, evaluation, improvements[i])

    target = Target(
        path=path,
        kind=AcquiredRecord,
        command=f"npal acquire {experiment.command_options} --strategy {name}",
        parameters={**parameters, "steps": steps},
        inputs=start.inputs,
        compute=compute,
    )
    return make(context, target, asked=True)


def check_strategies(context: Context, work: Sequence[tuple[Experiment, Sequence[str]]]) -> None:
    """Refuse strategies that cannot be run, before any of them is.

    Raises:
        UsageError: see :func:`npal_cli.strategies.check_strategy`.
        DataError: if a pool is too small for the steps that were asked for.
    """
    for experiment, names in work:  # names and classifiers first: they need no data
        for name in names:
            check_strategy(name, experiment.classifier, n_classes=2)
    for experiment, names in work:
        start = start_of(context, experiment, None)
        _check_pool(start, experiment, context.settings.acquire.steps * context.settings.acquire.batch_size)
        for name in names:
            check_strategy(name, experiment.classifier, next(iter(start.problems.values())).n_classes)


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
class _Stored:
    steps: int
    runs: Sequence[Run]


def _parameters(context: Context, experiment: Experiment, name: str) -> dict[str, Any]:
    options = context.settings
    parameters: dict[str, Any] = {
        "strategy": name,
        "classifier": experiment.classifier,
        "options": asdict(options.classifiers.of(experiment.classifier)),
        "batch_size": options.acquire.batch_size,
    }
    if parse_strategy(name).strategy is NeuralProcess:
        parameters |= {"simulate": asdict(options.simulate), "train_np": asdict(options.train_np)}
    return parameters


def _stored(path: Path, parameters: dict[str, Any], *, force: bool) -> _Stored:
    """What an artifact made with these parameters holds, whatever its number of steps."""
    if not path.exists():
        return _Stored(0, ())
    try:
        record, provenance = read(path, AcquiredRecord)
    except ArtifactError:
        if force:
            return _Stored(0, ())
        raise
    made_with = {key: value for key, value in provenance.parameters.items() if key != "steps"}
    same = made_with == plain(parameters)
    return _Stored(record.chosen.shape[1], record.runs) if same else _Stored(0, ())


def _prefix(target: Target[AcquiredRecord]) -> Acquired | None:
    """What an artifact with fewer steps, otherwise made from the same, holds of the target's runs."""
    if not target.path.exists():
        return None
    steps = read(target.path, AcquiredRecord)[0].chosen.shape[1]
    record = peek(replace(target, parameters={**target.parameters, "steps": steps}))
    if record is None:
        return None
    return Acquired(
        chosen=record.chosen,
        scores=record.chosen_scores,
        loss=record.loss,
        checked=record.checked,
        predicted=record.predicted,
        sigma=record.sigma,
    )


def _strategy(context: Context, experiment: Experiment, start: Start, name: str, progress: Progress) -> Strategy:
    classifier = context.classifier(experiment.classifier)
    kind = parse_strategy(name).strategy
    if issubclass(kind, MyopicOracle):
        return kind(classifier, context.engine)
    if kind is NeuralProcess:
        return NeuralProcess(
            classifier,
            context.settings.simulate,
            context.settings.train_np,
            context.engine,
            _networks(context, experiment, start, progress),
        )
    return simple_strategy(name)


def _networks(context: Context, experiment: Experiment, start: Start, progress: Progress) -> Networks:
    """The networks made by ``npal train-np``: for step 1 always, for later steps where they were made by hand."""
    first = train_np(context, experiment, None, start).record

    def lookup(run: Run, step: int) -> Network | None:
        if step == 1:
            return network_of(first, experiment.runs.index(run))
        now = after(start, {run: progress.chosen(run)})
        return trained_network(context, replace(experiment, runs=(run,)), At(step, NeuralProcess.name), now)

    return lookup


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


def _check_pool(start: Start, experiment: Experiment, wanted: int) -> None:
    smallest = min(len(problem.pool) for problem in start.problems.values())
    if smallest < wanted:
        raise DataError(
            f"{experiment.data}, {experiment.setting}: the pool holds {smallest} points and {wanted} were to be "
            "acquired; ask for fewer steps (--steps, acquire.steps) or a smaller batch (acquire.batch_size)"
        )
