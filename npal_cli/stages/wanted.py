"""Which strategies are to be run, and whether they can be, before any of them is."""

import logging
from collections.abc import Sequence

from npal_cli.errors import DataError, UsageError
from npal_cli.neural_process.options import TrainingOptions
from npal_cli.objectives import Objective
from npal_cli.settings import Settings
from npal_cli.stages.context import Context, Experiment
from npal_cli.stages.state import Start, check_reward, start_of
from npal_cli.strategies import Variant, check_strategy, full_name, parse_strategy
from npal_cli.strategies.committee import QueryByCommittee
from npal_cli.strategies.expected import Blend, ExpectedImprovement
from npal_cli.strategies.learner import check_context_labels
from npal_cli.strategies.neural_process import NeuralProcess, NeuralProcessPlus

log = logging.getLogger("npal")


def wanted(
    context: Context,
    experiment: Experiment,
    named: Sequence[str] | None,
    variant: Variant,
    *,
    compare: bool,
    train_on_reward: bool,
) -> Sequence[str]:
    """The strategies that are ``named``; else all that are to be compared, or the one for where none is named.

    Not compared are those that want a reward set where there is none to score on or to spend, or fewer classes.

    Raises:
        UsageError: if strategies are named and all are to be compared.
    """
    if named and compare:
        raise UsageError("--compare: all strategies of params.yaml, so --strategy cannot name others; leave one out")
    acquire, classifier = context.settings.acquire, experiment.classifier
    if compare:
        named = _compared(context, experiment, train_on_reward=train_on_reward)
    names = [
        full_name(name, variant, train_on_reward=train_on_reward)
        for name in named or [getattr(acquire.strategy, classifier)]
    ]
    return list(dict.fromkeys(names))


def _compared(context: Context, experiment: Experiment, *, train_on_reward: bool) -> Sequence[str]:
    classifier = experiment.classifier
    kinds = {name: parse_strategy(name) for name in getattr(context.settings.acquire.strategies, classifier)}
    start = start_of(context, experiment, None)
    n_classes = next(iter(start.problems.values())).n_classes
    no_reward = train_on_reward or context.settings.plan(classifier).prepare.reward == 0
    left_out = [
        name
        for name, (kind, _, trains_on_reward) in kinds.items()
        if (no_reward and (kind.needs_reward or trains_on_reward)) or n_classes > (kind.max_classes or n_classes)
    ]
    if left_out:
        names = ", ".join(left_out)
        log.info(
            "%s, %s: leaving out %s, for want of a reward set or of fewer classes", experiment.data, classifier, names
        )
    return [name for name in kinds if name not in left_out]


def check_strategies(context: Context, work: Sequence[tuple[Experiment, Sequence[str]]]) -> None:
    """Refuse strategies that cannot be run, before any of them is.

    Raises:
        UsageError: see :func:`npal_cli.strategies.check_strategy`.
        DataError: if a pool is too small for the steps that were asked for, or costs are of other classes.
    """
    for experiment, names in work:  # names and classifiers first: they need no data
        for name in names:
            check_strategy(name, experiment.classifier, n_classes=2)
            _check_needs(context.settings, experiment, name)
    for experiment, names in work:
        start = start_of(context, experiment, None)
        plan = context.settings.plan(experiment.classifier)
        check_pool(start, experiment, plan.steps * plan.batch_size)
        n_classes = next(iter(start.problems.values())).n_classes
        for name in names:
            check_strategy(name, experiment.classifier, n_classes)
            for objective in _objectives(context.settings, name):
                objective.check(n_classes)


def check_pool(start: Start, experiment: Experiment, wanted: int) -> None:
    """Refuse to acquire more points than a pool holds.

    Raises:
        DataError: if it holds fewer than are ``wanted``.
    """
    smallest = min(len(problem.pool) for problem in start.problems.values())
    if smallest < wanted:
        raise DataError(
            f"{experiment.data}, {experiment.setting}: the pool holds {smallest} points and {wanted} were to be "
            "acquired; ask for fewer steps (--steps) or a smaller batch (batch_size in params.yaml)"
        )


def _check_needs(settings: Settings, experiment: Experiment, name: str) -> None:
    plan, (strategy, _, trains_on_reward) = settings.plan(experiment.classifier), parse_strategy(name)
    if strategy.needs_reward:
        check_reward(plan, f"strategy {name!r}", "scores")
    if trains_on_reward:
        check_reward(plan, f"strategy {name!r}", "trains")
    training = _training(settings, name)
    if training is not None:
        check_context_labels(training, 0 if trains_on_reward else plan.prepare.reward)
    tried = _tried(settings, name)
    if tried is not None and tried < plan.batch_size:
        raise UsageError(
            f"strategy {name!r} chooses from {tried} pool points and {plan.batch_size} are to be acquired at each "
            "step; set taught.candidates or acquire.batch_size in params.yaml"
        )
    if strategy.subsamples and plan.subsample is not None and plan.subsample < plan.batch_size:
        raise UsageError(
            f"strategy {name!r} chooses from {plan.subsample} pool points and {plan.batch_size} are to be acquired "
            "at each step; set images.subsample or images.batch_size in params.yaml"
        )


def _training(settings: Settings, name: str) -> TrainingOptions | None:
    """How the networks of a strategy are trained, if it has any."""
    kind = parse_strategy(name).strategy
    if not issubclass(kind, NeuralProcess):
        return None
    return settings.np_plus.train if kind is NeuralProcessPlus else settings.train_np


def _tried(settings: Settings, name: str) -> int | None:
    """From how many pool points a strategy chooses that tries some by refitting; None if from all of them."""
    kind, training, taught = parse_strategy(name).strategy, _training(settings, name), settings.taught
    if training is not None:
        return taught.candidates if "improvements" in training.inputs else None
    if kind not in (ExpectedImprovement, Blend) or taught.candidates is None or taught.batches == "fantasised":
        return None
    return int(taught.candidates * (1 - taught.left_out)) if kind is Blend else taught.candidates


def _objectives(settings: Settings, name: str) -> list[Objective]:
    """What a strategy measures improvements or errors in."""
    kind, training = parse_strategy(name).strategy, _training(settings, name)
    if "refits" not in kind.needs or kind is QueryByCommittee:
        return []
    return [settings.objective, *([training.objective] if training is not None and training.objective else [])]
