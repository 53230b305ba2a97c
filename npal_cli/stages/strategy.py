"""The strategy that was asked for, made with what it needs."""

from dataclasses import asdict, replace
from functools import cache
from typing import Any

from npal_cli.classifiers import CLASSIFIERS
from npal_cli.classifiers.base import Classifier
from npal_cli.neural_process.network import Network
from npal_cli.randomness import Run
from npal_cli.records import NetworkRecord
from npal_cli.stages.context import At, Context, Experiment
from npal_cli.stages.progress import Progress
from npal_cli.stages.state import Start, after
from npal_cli.stages.train_np import network_of, train_np, trained_network
from npal_cli.strategies.base import Strategy
from npal_cli.strategies.naming import Selected
from npal_cli.strategies.registry import STRATEGIES
from npal_cli.strategies.services import Networks, Services, no_networks


def parameters_of(context: Context, experiment: Experiment, selected: Selected) -> dict[str, Any]:
    """All parameters, but the number of steps, that what a strategy acquires depends on."""
    settings, plan, kind = context.settings, context.settings.plan(experiment.classifier), selected.kind
    path = STRATEGIES.path_of(kind.name)
    subsample = {"subsample": plan.subsample} if kind.subsamples and plan.subsample is not None else {}
    return {
        "strategy": selected.name,
        "classifier": experiment.classifier,
        "options": asdict(settings.options_of(experiment.classifier)),
        "batch_size": plan.batch_size,
        **kind.parameters(settings.parameters(kind)),
        **subsample,
        **({"imported_from": path} if path is not None else {}),
    }


def make_strategy(
    context: Context,
    experiment: Experiment,
    start: Start,
    selected: Selected,
    progress: Progress,
    classifier: Classifier,
) -> Strategy:
    """The strategy for the runs of ``progress``."""
    kind, variant, trains_on_reward = selected
    # no stage trains networks for problems whose reward set is spent
    networks = no_networks if trains_on_reward else _networks(context, experiment, start, progress)
    return kind.make(Services(classifier, context.settings.parameters(kind), context.engine, variant, networks))


def in_lock_step(experiment: Experiment) -> bool:
    """Whether all runs go a step at a time, so that their refits are made together; else each goes its way."""
    return "refits" in CLASSIFIERS[experiment.classifier].abilities


def _networks(context: Context, experiment: Experiment, start: Start, progress: Progress) -> Networks:
    """The networks made by ``npal train-np``: for step 1 always, for later steps where they were made by hand."""

    @cache
    def first() -> NetworkRecord:
        return train_np(context, experiment, None, start).record

    def lookup(run: Run, step: int) -> Network | None:
        if step == 1:
            return network_of(first(), experiment.runs.index(run))
        now = after(start, {run: progress.chosen(run)[: step - 1]})
        return trained_network(context, replace(experiment, runs=(run,)), At(step, "np"), now)

    return lookup
