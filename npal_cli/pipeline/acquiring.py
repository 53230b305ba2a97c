"""Runs that are acquired: together in this process, a step at a time, or each by a process or worker of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Int
from threadpoolctl import threadpool_limits

from npal_cli.arrays import run_columns
from npal_cli.classifiers import CLASSIFIERS, Classifier, FitServices, make_classifier
from npal_cli.experiments.acquisition import Acquired, acquire, nothing_acquired
from npal_cli.experiments.evaluation import Evaluation, evaluate, true_improvements
from npal_cli.neural_process.network import Network
from npal_cli.pipeline.context import Context, Experiment
from npal_cli.pipeline.progress import Progress
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord
from npal_cli.strategies.base import Strategy
from npal_cli.strategies.naming import Selected
from npal_cli.strategies.services import Networks, Services, no_networks

POOLS_AT_ONCE = 2**31
"""Bytes of the pools of the runs that are worked on together."""

Earlier = Callable[[Sequence[Run]], AcquiredRecord | None]
"""What an artifact with fewer steps holds of runs, if there is one."""


@dataclass(frozen=True)
class Group:
    """Runs that are acquired together, with all that is needed for it; can be handed to another process."""

    context: Context
    experiment: Experiment
    selected: Selected
    steps: int
    problems: Sequence[Problem]
    progress: Progress
    work: Path
    """A folder for checkpoints."""
    predicted: Int[np.ndarray, "run state test"] | None
    """What was predicted when fewer steps were acquired."""
    first: Network | None = None
    """Of the one run of a group, the network that a stage trained for the first step."""

    def kept_in(self, folder: Path) -> "Group":
        """The same with another folder for checkpoints, unless its own is there: on a disk that machines share."""
        if self.work.is_dir():
            return self
        return replace(self, work=folder, progress=self.progress.kept_in(folder))

    def strategy(self, classifier: Classifier, networks: Networks = no_networks) -> Strategy:
        """The strategy, made for these runs."""
        kind, variant, _ = self.selected
        params, engine = self.context.params, self.context.engine
        return kind.make(Services(classifier, params.parameters(kind), engine, variant, networks))


def acquire_runs(
    resolved: ResolvedExperiment,
    selected: Selected,
    steps: int,
    runs: Sequence[Run],
    work: Path,
    earlier: Earlier,
    networks: Callable[[Progress], Networks],
) -> Iterator[AcquiredRecord]:
    """The record of each run; ``work`` is a folder for checkpoints.

    All runs go a step at a time if refits are made of the task model, so that these are made together. Else a fit takes
    long, and each run is done by a process of its own; so is each by a worker, on a cluster.
    """
    context, experiment = resolved.context, resolved.experiment
    refits = "refits" in CLASSIFIERS[experiment.classifier].abilities
    if refits and context.engine.cluster is None:
        for some in _together(resolved, runs):
            group = _group(resolved, selected, steps, some, work, earlier)
            # no stage trains networks for problems whose reward set is spent
            trained = no_networks if selected.trains_on_reward else networks(group.progress)
            yield from _acquire_together(group, trained)
        return
    # other processes may have another working directory
    resolved = replace(resolved, context=replace(context, root=context.root.resolve()), known=resolved.begin)
    groups = [_group(resolved, selected, steps, [run], work.resolve(), earlier) for run in runs]
    if "train_np" in selected.kind.uses and not selected.trains_on_reward:  # later steps' are trained by the worker
        groups = [replace(group, first=networks(group.progress)(group.problems[0].run, 1)) for group in groups]
    acquire_one, label = _acquire_there if refits else _acquire_alone, f"{selected.name}: acquiring"
    yield from context.engine.map(acquire_one, groups, label=label, unit="run", in_order=False, on_device=not refits)


def _group(
    resolved: ResolvedExperiment, selected: Selected, steps: int, runs: Sequence[Run], work: Path, earlier: Earlier
) -> Group:
    before = None if resolved.context.force else earlier(runs)
    begin = _acquired(before) if before is not None else nothing_acquired(len(runs), resolved.plan.batch_size)
    problems = [resolved.problems[run] for run in runs]
    if selected.trains_on_reward:
        problems = [problem.train_on_reward() for problem in problems]
    progress = Progress(work / f"progress_{runs[0]}.npz", runs, begin)
    predicted = before.test_predictions.astype(np.int64) if before is not None else None
    return Group(resolved.context, resolved.experiment, selected, steps, problems, progress, work, predicted)


def _together(resolved: ResolvedExperiment, runs: Sequence[Run]) -> list[Sequence[Run]]:
    """Runs in groups, of as many as have pools that fit into memory together."""
    problems = [resolved.problems[run] for run in runs]
    largest = max((p.features[:1].nbytes * len(p.pool) for p in problems), default=1)
    size = max(POOLS_AT_ONCE // largest, 1)
    return [runs[i : i + size] for i in range(0, len(runs), size)]


def _acquire_together(group: Group, networks: Networks) -> Iterator[AcquiredRecord]:
    """The records of runs whose refits and networks are made together."""
    params, engine, problems, progress = group.context.params, group.context.engine, group.problems, group.progress
    name = group.experiment.classifier
    classifier = make_classifier(name, params.options_of(name))
    strategy = group.strategy(classifier, networks)
    done = progress.acquired.steps
    with (
        threadpool_limits(limits=1),  # fits this small are faster so, and the same whatever the cores
        engine.bar(group.steps, label=f"{group.selected.name}: acquiring", unit="step", done=done) as bar,
    ):

        def on_step(acquired: Acquired) -> None:
            progress.save(acquired)
            bar.update()

        acquired = acquire(problems, strategy, classifier, group.steps, progress.acquired, on_step)
    improvements = true_improvements(problems, acquired.chosen, acquired.checked, classifier, engine, params.objective)
    work = [(p, chosen, classifier) for p, chosen in zip(problems, acquired.chosen, strict=True)]
    for i, evaluation in enumerate(engine.map(_evaluate, work, label="evaluating", unit="run")):
        yield _record(problems[i].run, acquired, i, evaluation, improvements[i])


def _acquire_there(group: Group) -> AcquiredRecord:
    """The record of a run by a worker, wherever it is: the folder of checkpoints need not be there."""

    def trained(_run: Run, step: int) -> Network | None:
        return group.first if step == 1 else None

    with TemporaryDirectory(prefix="npal-") as elsewhere:
        (record,) = _acquire_together(group.kept_in(Path(elsewhere)), trained)
    return record


def _acquire_alone(group: Group) -> AcquiredRecord:
    """The record of a run whose task model takes long to fit, so that all that this process does is fit it."""
    with TemporaryDirectory(prefix="npal-") as elsewhere:
        return _fit_and_acquire(group.kept_in(Path(elsewhere)))


def _fit_and_acquire(group: Group) -> AcquiredRecord:
    import torch

    problem, progress = group.problems[0], group.progress
    if group.context.engine.torch_device().type == "cpu":
        torch.set_num_threads(1)  # the same bytes whatever the cores; other runs have the others
    subsample = group.context.params.plan(group.experiment.classifier).subsample
    classifier = _task_model(group, problem)
    strategy = group.strategy(classifier)
    acquired = acquire([problem], strategy, classifier, group.steps, progress.acquired, progress.save, subsample)
    predicted = group.predicted[0] if group.predicted is not None else None
    evaluation = evaluate(problem, acquired.chosen[0], strategy.task_model(classifier), predicted)
    return _record(problem.run, acquired, 0, evaluation, np.empty(acquired.checked.shape[1:]))


def _task_model(group: Group, problem: Problem) -> Classifier:
    """What is fitted at each step of a run; fits are kept as checkpoints, the first where all strategies find it."""
    context, experiment, name = group.context, group.experiment, group.experiment.classifier
    own = group.work / "fits"
    shared = context.root / ".work" / "fits" / f"{experiment.data}_{experiment.setting}_{name}"
    services = FitServices(
        data=experiment.data,
        run=problem.run,
        known=lambda: problem.features[np.concatenate([problem.annotated, problem.pool, problem.reward])],
        initial=len(problem.annotated),
        device=context.engine.torch_device,
        shared_fits=own if context.force else shared,
        own_fits=own,
    )
    return CLASSIFIERS.find(name).make(context.params.options_of(name), services)


def _evaluate(work: tuple[Problem, np.ndarray, Classifier]) -> Evaluation:
    return evaluate(*work)


def _acquired(record: AcquiredRecord) -> Acquired:
    return Acquired(
        chosen=record.chosen,
        scores=record.chosen_scores,
        loss=record.loss,
        checked=record.checked,
        predicted=record.predicted,
        sigma=record.sigma,
    )


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
