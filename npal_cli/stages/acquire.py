"""``npal acquire``: run strategies through the acquisition loop, and evaluate them (sections 4 and 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from npal_cli.artifacts import find
from npal_cli.errors import ArtifactError
from npal_cli.neural_process.network import Network
from npal_cli.objectives import auac
from npal_cli.pipeline.acquiring import acquire_runs
from npal_cli.pipeline.build import Built, Target, as_stored, build, up_to_date
from npal_cli.pipeline.estimates import Estimate, estimate
from npal_cli.pipeline.places import acquired_path
from npal_cli.pipeline.progress import Progress
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.pipeline.selection import check_pool
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord, NetworkRecord
from npal_cli.stages.train_np import network_of, train_np, trained_network
from npal_cli.strategies.naming import Selected
from npal_cli.strategies.registry import STRATEGIES
from npal_cli.strategies.services import Networks


def acquire_with(resolved: ResolvedExperiment, selected: Selected) -> Built[AcquiredRecord]:
    """Build the acquired artifact of one strategy.

    A shorter artifact is extended, all its runs; a longer one is kept as it is.
    """

    def replan(planned: Target[AcquiredRecord]) -> Target[AcquiredRecord]:
        """Another command may have added steps or runs while this one waited: it loses none of them."""
        stored = _stored(resolved, selected)
        return planned if stored.steps in (0, planned.parameters["steps"]) else _target(resolved, selected, stored)

    target = _target(resolved, selected, _stored(resolved, selected))
    return build(resolved.context, target, requested=True, replan=replan)


def estimate_with(resolved: ResolvedExperiment, selected: Selected) -> Estimate:
    """What :func:`acquire_with` will take."""
    return estimate(_target(resolved, selected, _stored(resolved, selected)), force=resolved.context.force)


def describe(record: AcquiredRecord) -> dict[str, float | None]:
    """Mean AUAC and final test score over runs."""
    area = auac(record.test_score)
    return {
        "steps": record.chosen.shape[1],
        "auac": float(area.mean()),
        "auac_std": float(area.std(ddof=1)) if len(area) > 1 else None,
        "final_accuracy": float(record.test_score[:, -1].mean()),
        "held_out_auac": float(auac(record.held_out_score).mean()),
    }


@dataclass(frozen=True)
class _Stored:
    """What an artifact made with the same parameters holds, whatever its number of steps."""

    steps: int = 0
    runs: Sequence[Run] = ()


def _stored(resolved: ResolvedExperiment, selected: Selected) -> _Stored:
    root = resolved.context.root
    try:
        found = find(acquired_path(root, resolved.experiment, selected.name), AcquiredRecord, root)
    except ArtifactError:
        if resolved.context.force:
            return _Stored()
        raise
    if found is None:
        return _Stored()
    record, provenance = found
    made_with = {key: value for key, value in provenance.parameters.items() if key != "steps"}
    same = made_with == as_stored(_parameters(resolved, selected))
    return _Stored(record.chosen.shape[1], record.runs) if same else _Stored()


def _target(resolved: ResolvedExperiment, selected: Selected, stored: _Stored) -> Target[AcquiredRecord]:
    """The artifact of the experiment's runs, and of those that are stored if they are to have more steps."""
    context, plan = resolved.context, resolved.plan
    steps = max(plan.steps, stored.steps)
    added = set(stored.runs) - set(resolved.experiment.runs)
    if stored.steps < steps and added:
        runs = tuple(sorted({*resolved.experiment.runs, *added}))
        resolved = ResolvedExperiment(context, replace(resolved.experiment, runs=runs))
    check_pool(resolved, steps * plan.batch_size)

    def earlier(runs: Sequence[Run]) -> AcquiredRecord | None:
        shorter = {**target.parameters, "steps": stored.steps}
        found = up_to_date(replace(target, parameters=shorter, inputs={run: resolved.inputs[run] for run in runs}))
        return found.record if found is not None else None

    def compute(runs: Sequence[Run], work: Path) -> Iterator[AcquiredRecord]:
        def networks(progress: Progress) -> Networks:
            return _networks(resolved, progress)

        return acquire_runs(resolved, selected, steps, runs, work, earlier, networks)

    target = Target(
        path=acquired_path(context.root, resolved.experiment, selected.name),
        root=context.root,
        kind=AcquiredRecord,
        command=f"npal acquire {resolved.experiment.command_options} --strategy {selected.name}",
        parameters={**_parameters(resolved, selected), "steps": steps},
        inputs=resolved.inputs,
        compute=compute,
    )
    return target


def _parameters(resolved: ResolvedExperiment, selected: Selected) -> dict[str, Any]:
    """All parameters, but the number of steps, that what a strategy acquires depends on."""
    plan, kind = resolved.plan, selected.kind
    path = STRATEGIES.path_of(kind.name)
    subsample = {"subsample": plan.subsample} if kind.subsamples and plan.subsample is not None else {}
    return {
        "strategy": selected.name,
        "classifier": resolved.experiment.classifier,
        "options": asdict(resolved.classifier_options),
        "batch_size": plan.batch_size,
        **kind.parameters(resolved.context.params.parameters(kind)),
        **subsample,
        **({"imported_from": path} if path is not None else {}),
    }


def _networks(resolved: ResolvedExperiment, progress: Progress) -> Networks:
    """The networks made by ``npal train-np``: for step 1 always, for later steps where they were made by hand."""

    @cache
    def first() -> NetworkRecord:
        return train_np(resolved).record

    def lookup(run: Run, step: int) -> Network | None:
        if step == 1:
            return network_of(first(), resolved.experiment.runs.index(run))
        return trained_network(resolved.after(run, progress.chosen(run)[: step - 1], "np"))

    return lookup
