"""What the name of a strategy says: which one, in which variant, and whether it trains on the reward set."""

from typing import NamedTuple

from npal_cli.errors import UsageError
from npal_cli.strategies.base import Strategy, Variant
from npal_cli.strategies.registry import STRATEGIES

TRAINS_ON_REWARD = "_train_on_reward"
"""Ends the name of a strategy that runs with the reward set's labels spent on training, as a control."""

REFERENCE = "_reference"
"""Ends the name of the published code's version of a strategy."""


class Selected(NamedTuple):
    """A strategy that is to be run."""

    kind: type[Strategy]
    variant: Variant = "method"
    trains_on_reward: bool = False

    @property
    def name(self) -> str:
        """In file names and tables."""
        varied = self.kind.name + (REFERENCE if self.variant == "reference" else "")
        return varied + (TRAINS_ON_REWARD if self.trains_on_reward else "")


def select(name: str, variant: Variant = "method", *, train_on_reward: bool = False) -> Selected:
    """The strategy of a name or an import path; strategies without variants keep theirs.

    >>> select("haluni", "reference").name, select("random", "reference", train_on_reward=True).name
    ('haluni_reference', 'random_train_on_reward')

    Raises:
        UsageError: if there is no such strategy, or it needs the reward set that it should train on.
    """
    run = name.removesuffix(TRAINS_ON_REWARD)
    kind = STRATEGIES.find(_base(run))
    reference = run != _base(run) or (variant == "reference" and kind.has_reference)
    selected = Selected(kind, "reference" if reference else "method", train_on_reward or run != name)
    if selected.trains_on_reward and kind.needs_reward:
        able = [other for other, each in STRATEGIES.items() if not each.needs_reward]
        raise UsageError(
            f"strategy {run!r} scores on the reward set, so its labels cannot be spent on training; "
            f"strategies that can train on it: {', '.join(able)}"
        )
    return selected


def strategy_names() -> tuple[str, ...]:
    """Each strategy, and the published code's version of those that have one."""
    return tuple(
        name for kind in STRATEGIES.values() for name in (kind.name, kind.name + REFERENCE)[: 1 + kind.has_reference]
    )


def base_of(name: str) -> str:
    """The strategy that a name is a variant or a control of.

    >>> base_of("haluni_reference_train_on_reward")
    'haluni'
    """
    return _base(name.removesuffix(TRAINS_ON_REWARD))


def _base(name: str) -> str:
    base = name.removesuffix(REFERENCE)
    return base if base != name and base in STRATEGIES and STRATEGIES[base].has_reference else name
