"""The strategies, in the order of the paper's tables, and what each classifier can serve."""

from npal_cli.classifiers import CLASSIFIERS
from npal_cli.errors import UsageError, unknown
from npal_cli.strategies.base import AcquisitionState, Choice, ScoringStrategy, Strategy, Variant
from npal_cli.strategies.cbal import CBAL
from npal_cli.strategies.geometric import HALGau, HALUni, KCenterGreedy
from npal_cli.strategies.neural_process import NeuralProcess
from npal_cli.strategies.oracle import Oracle
from npal_cli.strategies.simple import Entropy, FScore, LeastConfident, Margin, Random, UncertaintySampling

STRATEGIES: dict[str, type[Strategy]] = {
    strategy.name: strategy
    for strategy in (
        Oracle,
        UncertaintySampling,
        Entropy,
        Margin,
        LeastConfident,
        FScore,
        KCenterGreedy,
        HALUni,
        HALGau,
        CBAL,
        Random,
        NeuralProcess,
    )
}
VARIANTS = frozenset(("haluni", "halgau", "cbal"))
"""The strategies whose published code departs from the method."""

STRATEGY_NAMES: tuple[str, ...] = tuple(
    name for strategy in STRATEGIES for name in (strategy, f"{strategy}_reference")[: 1 + (strategy in VARIANTS)]
)
"""All that can be run: each strategy, and ``_reference`` for the published code's version of it."""

__all__ = ["STRATEGIES", "STRATEGY_NAMES", "AcquisitionState", "Choice", "ScoringStrategy", "Strategy", "Variant"]


def with_variant(name: str, variant: Variant) -> str:
    """The name of a strategy's variant; strategies without variants keep theirs.

    >>> with_variant("haluni", "reference"), with_variant("random", "reference")
    ('haluni_reference', 'random')
    """
    return f"{name}_reference" if variant == "reference" and name in VARIANTS else name


def parse_strategy(name: str) -> tuple[type[Strategy], Variant]:
    """The strategy of a name, and which variant of it.

    Raises:
        UsageError: if there is no such strategy.
    """
    if name not in STRATEGY_NAMES:
        raise unknown("strategy", name, STRATEGY_NAMES)
    return STRATEGIES[name.removesuffix("_reference")], "reference" if name.endswith("_reference") else "method"


def simple_strategy(name: str) -> Strategy:
    """The strategy of a name that needs nothing else to be made: all but Oracle and NP."""
    strategy, variant = parse_strategy(name)
    return strategy(variant) if strategy.name in VARIANTS else strategy()  # type: ignore[call-arg]  # those take one


def check_strategy(name: str, classifier: str, n_classes: int) -> None:
    """Refuse a strategy that does not exist, or that the classifier or the number of classes cannot serve.

    Raises:
        UsageError: naming the classifiers or strategies that can.
    """
    strategy = parse_strategy(name)[0]
    if not strategy.needs <= CLASSIFIERS[classifier].abilities:
        able = [other for other, kind in CLASSIFIERS.items() if strategy.needs <= kind.abilities]
        served = [other for other, kind in STRATEGIES.items() if kind.needs <= CLASSIFIERS[classifier].abilities]
        raise UsageError(
            f"strategy {name!r} needs {' and '.join(sorted(strategy.needs))}, which classifier {classifier!r} does "
            f"not have; use --classifier {' or '.join(able)}, or a strategy among {', '.join(served)}"
        )
    if strategy.max_classes is not None and n_classes > strategy.max_classes:
        raise UsageError(
            f"strategy {name!r} is defined for {strategy.max_classes} classes and the data has {n_classes}; "
            "use entropy, margin or lstconf"
        )
