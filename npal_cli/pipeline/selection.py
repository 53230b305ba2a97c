"""Which strategies are to be run, and whether they can be, before any of them is."""

import logging
from collections.abc import Sequence

from npal_cli.errors import DataError, UsageError
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.strategies.base import Variant
from npal_cli.strategies.naming import Selected, select
from npal_cli.strategies.parameters import Task
from npal_cli.strategies.refusals import check_served, check_task

log = logging.getLogger("npal")


def select_strategies(
    resolved: ResolvedExperiment,
    named: Sequence[str] | None,
    variant: Variant = "method",
    *,
    compare: bool = False,
    train_on_reward: bool = False,
) -> Sequence[Selected]:
    """The strategies that are ``named``; else all that are to be compared, or the default one.

    Not compared are those that want a reward set where there is none to score on or to spend, or fewer classes.

    Raises:
        UsageError: if strategies are named and all are to be compared.
    """
    if named and compare:
        raise UsageError("--compare: all strategies of params.yaml, so --strategy cannot name others; leave one out")
    if compare:
        named = _compared(resolved, train_on_reward=train_on_reward)
    names = named or [resolved.context.params.acquire.strategy_for(resolved.experiment.classifier)]
    return list(dict.fromkeys(select(name, variant, train_on_reward=train_on_reward) for name in names))


def _compared(resolved: ResolvedExperiment, *, train_on_reward: bool) -> Sequence[str]:
    data, classifier = resolved.experiment.data, resolved.experiment.classifier
    all_of_them = [select(name) for name in resolved.context.params.acquire.compared_for(classifier)]
    no_reward = train_on_reward or resolved.plan.prepare.reward == 0
    dropped = [
        each.name
        for each in all_of_them
        if (no_reward and (each.kind.needs_reward or each.trains_on_reward))
        or (each.kind.max_classes is not None and resolved.n_classes > each.kind.max_classes)
    ]
    if dropped:
        names = ", ".join(dropped)
        log.info("%s, %s: leaving out %s, for want of a reward set or of fewer classes", data, classifier, names)
    return [each.name for each in all_of_them if each.name not in dropped]


def check_strategies(work: Sequence[tuple[ResolvedExperiment, Sequence[Selected]]]) -> None:
    """Refuse strategies that cannot be run, before any of them is.

    Raises:
        UsageError: see :mod:`npal_cli.strategies.refusals`.
        DataError: if a pool is too small for the steps that were asked for, or costs are of other classes.
    """
    for resolved, strategies in work:  # names and classifiers first: they need no data
        plan = resolved.plan
        for each in strategies:
            check_served(each, resolved.experiment.classifier)
            task = Task(each.name, plan.batch_size, plan.prepare.reward, plan.subsample)
            check_task(each, task, resolved.context.params.parameters(each.kind))
    for resolved, strategies in work:
        check_pool(resolved, resolved.plan.steps * resolved.plan.batch_size)
        for each in strategies:
            check_served(each, resolved.experiment.classifier, resolved.n_classes)
            for objective in each.kind.objectives(resolved.context.params.parameters(each.kind)):
                objective.check(resolved.n_classes)


def check_pool(resolved: ResolvedExperiment, count: int) -> None:
    """Refuse to acquire more points than a pool holds.

    Raises:
        DataError: if it holds fewer than ``count``.
    """
    if resolved.pool_size < count:
        experiment = resolved.experiment
        raise DataError(
            f"{experiment.data}, {experiment.setting}: the pool holds {resolved.pool_size} points and {count} were to "
            "be acquired; ask for fewer steps (--steps) or a smaller batch (batch_size in params.yaml)"
        )
