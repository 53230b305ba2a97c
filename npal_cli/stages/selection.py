"""Which strategies are to be run, and whether they can be, before any of them is."""

import logging
from collections.abc import Sequence

from npal_cli.errors import DataError, UsageError
from npal_cli.stages.context import Context, Experiment
from npal_cli.stages.state import Start, start_of
from npal_cli.strategies.base import Variant
from npal_cli.strategies.naming import Selected, select
from npal_cli.strategies.parameters import Task
from npal_cli.strategies.refusals import check_served, check_task

log = logging.getLogger("npal")


def select_strategies(
    context: Context,
    experiment: Experiment,
    named: Sequence[str] | None,
    variant: Variant,
    *,
    compare: bool,
    train_on_reward: bool,
) -> Sequence[Selected]:
    """The strategies that are ``named``; else all that are to be compared, or the one for where none is named.

    Not compared are those that want a reward set where there is none to score on or to spend, or fewer classes.

    Raises:
        UsageError: if strategies are named and all are to be compared.
    """
    if named and compare:
        raise UsageError("--compare: all strategies of params.yaml, so --strategy cannot name others; leave one out")
    if compare:
        named = _compared(context, experiment, train_on_reward=train_on_reward)
    names = named or [context.settings.acquire.strategy_for(experiment.classifier)]
    return list(dict.fromkeys(select(name, variant, train_on_reward=train_on_reward) for name in names))


def _compared(context: Context, experiment: Experiment, *, train_on_reward: bool) -> Sequence[str]:
    classifier = experiment.classifier
    all_of_them = [select(name) for name in context.settings.acquire.compared_for(classifier)]
    start = start_of(context, experiment, None)
    n_classes = next(iter(start.problems.values())).n_classes
    no_reward = train_on_reward or context.settings.plan(classifier).prepare.reward == 0
    dropped = [
        each.name
        for each in all_of_them
        if (no_reward and (each.kind.needs_reward or each.trains_on_reward))
        or n_classes > (each.kind.max_classes or n_classes)
    ]
    if dropped:
        names = ", ".join(dropped)
        log.info(
            "%s, %s: leaving out %s, for want of a reward set or of fewer classes", experiment.data, classifier, names
        )
    return [each.name for each in all_of_them if each.name not in dropped]


def check_strategies(context: Context, work: Sequence[tuple[Experiment, Sequence[Selected]]]) -> None:
    """Refuse strategies that cannot be run, before any of them is.

    Raises:
        UsageError: see :mod:`npal_cli.strategies.refusals`.
        DataError: if a pool is too small for the steps that were asked for, or costs are of other classes.
    """
    for experiment, strategies in work:  # names and classifiers first: they need no data
        for each in strategies:
            check_served(each, experiment.classifier)
            check_task(each, _task(context, experiment, each), context.settings.parameters(each.kind))
    for experiment, strategies in work:
        start = start_of(context, experiment, None)
        plan = context.settings.plan(experiment.classifier)
        check_pool(start, experiment, plan.steps * plan.batch_size)
        n_classes = next(iter(start.problems.values())).n_classes
        for each in strategies:
            check_served(each, experiment.classifier, n_classes)
            for objective in each.kind.objectives(context.settings.parameters(each.kind)):
                objective.check(n_classes)


def check_pool(start: Start, experiment: Experiment, count: int) -> None:
    """Refuse to acquire more points than a pool holds.

    Raises:
        DataError: if it holds fewer than ``count``.
    """
    smallest = min(len(problem.pool) for problem in start.problems.values())
    if smallest < count:
        raise DataError(
            f"{experiment.data}, {experiment.setting}: the pool holds {smallest} points and {count} were to be "
            "acquired; ask for fewer steps (--steps) or a smaller batch (batch_size in params.yaml)"
        )


def _task(context: Context, experiment: Experiment, selected: Selected) -> Task:
    plan = context.settings.plan(experiment.classifier)
    return Task(selected.name, plan.batch_size, plan.prepare.reward, plan.subsample)
