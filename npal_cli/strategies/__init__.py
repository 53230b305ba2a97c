"""The strategies, in the order of the paper's tables, and what each classifier can serve."""

from typing import NamedTuple

from npal_cli.classifiers import CLASSIFIERS
from npal_cli.errors import UsageError, unknown
from npal_cli.strategies.badge import BADGE
from npal_cli.strategies.base import AcquisitionState, Choice, Prediction, ScoringStrategy, Strategy, Variant
from npal_cli.strategies.cbal import CBAL
from npal_cli.strategies.committee import QueryByCommittee
from npal_cli.strategies.expected import Blend, ExpectedError, ExpectedImprovement
from npal_cli.strategies.gcn import CoreGCN, UncertainGCN
from npal_cli.strategies.geometric import HALGau, HALUni, KCenterGreedy
from npal_cli.strategies.lal import LAL
from npal_cli.strategies.lloss import LearningLoss
from npal_cli.strategies.neural_process import NeuralProcess, NeuralProcessPlus
from npal_cli.strategies.oracle import Oracle, RewardOracle
from npal_cli.strategies.simple import Entropy, FScore, LeastConfident, Margin, Random, UncertaintySampling
from npal_cli.strategies.vaal import VAAL

STRATEGIES: dict[str, type[Strategy]] = {
    strategy.name: strategy
    for strategy in (
        Oracle,
        RewardOracle,
        UncertaintySampling,
        Entropy,
        Margin,
        LeastConfident,
        FScore,
        KCenterGreedy,
        LearningLoss,
        VAAL,
        UncertainGCN,
        CoreGCN,
        HALUni,
        HALGau,
        CBAL,
        Random,
        NeuralProcess,
        NeuralProcessPlus,
        LAL,
        QueryByCommittee,
        BADGE,
        ExpectedError,
        ExpectedImprovement,
        Blend,
    )
}
VARIANTS = frozenset(("haluni", "halgau", "cbal"))
"""The strategies whose published code departs from the method."""

STRATEGY_NAMES: tuple[str, ...] = tuple(
    name for strategy in STRATEGIES for name in (strategy, f"{strategy}_reference")[: 1 + (strategy in VARIANTS)]
)
"""Each strategy, and ``_reference`` for the published code's version of it."""

TRAINS_ON_REWARD = "_train_on_reward"
"""Ends the name of a strategy that runs with the reward set's labels spent on training, as a control."""

__all__ = [
    "STRATEGIES",
    "STRATEGY_NAMES",
    "AcquisitionState",
    "Choice",
    "Prediction",
    "ScoringStrategy",
    "Strategy",
    "Variant",
]


class Parsed(NamedTuple):
    """What a strategy's name says."""

    strategy: type[Strategy]
    variant: Variant
    trains_on_reward: bool


def full_name(name: str, variant: Variant, *, train_on_reward: bool) -> str:
    """The name of a strategy's variant or control; strategies without variants keep theirs.

    >>> full_name("haluni", "reference", train_on_reward=False), full_name("random", "reference", train_on_reward=True)
    ('haluni_reference', 'random_train_on_reward')
    """
    run = name.removesuffix(TRAINS_ON_REWARD)
    varied = f"{run}_reference" if variant == "reference" and run in VARIANTS else run
    return varied + TRAINS_ON_REWARD if train_on_reward or run != name else varied


def parse_strategy(name: str) -> Parsed:
    """The strategy of a name, which variant of it, and whether it spends the reward set's labels on training.

    Raises:
        UsageError: if there is no such strategy, or it needs the reward set that it should train on.
    """
    run = name.removesuffix(TRAINS_ON_REWARD)
    if run not in STRATEGY_NAMES:
        raise unknown("strategy", name, STRATEGY_NAMES)
    strategy = STRATEGIES[run.removesuffix("_reference")]
    if run != name and strategy.needs_reward:
        able = [other for other, kind in STRATEGIES.items() if not kind.needs_reward]
        raise UsageError(
            f"strategy {run!r} scores on the reward set, so its labels cannot be spent on training; "
            f"strategies that can train on it: {', '.join(able)}"
        )
    return Parsed(strategy, "reference" if run.endswith("_reference") else "method", run != name)


def simple_strategy(name: str) -> Strategy:
    """The strategy of a name, where nothing else is needed to make it: the oracles and NP need more.

    Those that train networks have the paper's options, and train on the CPU.
    """
    strategy, variant, _ = parse_strategy(name)
    return strategy(variant) if strategy.name in VARIANTS else strategy()  # type: ignore[call-arg]  # those take one


def check_strategy(name: str, classifier: str, n_classes: int) -> None:
    """Refuse a strategy that does not exist, or that the classifier or the number of classes cannot serve.

    Raises:
        UsageError: naming the classifiers or strategies that can.
    """
    strategy = parse_strategy(name)[0]
    served = [other for other, kind in STRATEGIES.items() if kind.needs <= CLASSIFIERS[classifier].abilities]
    if not strategy.needs <= CLASSIFIERS[classifier].abilities:
        able = [other for other, kind in CLASSIFIERS.items() if strategy.needs <= kind.abilities]
        raise UsageError(
            f"strategy {name!r} needs {' and '.join(sorted(strategy.needs))}, which classifier {classifier!r} does "
            f"not have; use --classifier {' or '.join(able)}, or a strategy among {', '.join(served)}"
        )
    if strategy.max_classes is not None and n_classes > strategy.max_classes:
        raise UsageError(
            f"strategy {name!r} is defined for {strategy.max_classes} classes and the data has {n_classes}; "
            f"use one of {', '.join(other for other in served if STRATEGIES[other].max_classes is None)}"
        )
