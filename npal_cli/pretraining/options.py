"""The options of ``npal pretrain``."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Gt, Interval, MinLen


@dataclass(frozen=True)
class LearningOptions:
    """How a network is learned."""

    width: Annotated[int, Interval(ge=4, le=4_096)] = 48
    epochs: Annotated[int, Interval(ge=1, le=10_000)] = 12
    batch: Annotated[int, Interval(ge=1, le=1_000_000)] = 64
    """States."""
    candidates: Annotated[int, Interval(ge=2, le=1_000_000)] = 48
    """Of each state, drawn anew in each epoch."""
    rate: Annotated[float, Gt(0)] = 3e-3
    """The largest learning rate, of a cycle."""
    decay: Annotated[float, Ge(0)] = 1e-2
    listwise: Annotated[float, Ge(0)] = 0.5
    """What the order of the candidates weighs beside the likelihood of their improvements."""
    attends: bool = True
    """To annotated points."""
    compares: bool = True
    """Each candidate with the mean of all."""


@dataclass(frozen=True)
class PretrainOptions:
    """What a network is learned from, and how."""

    seed: int = 1
    rounds: Annotated[int, Interval(ge=1, le=100)] = 2
    """From the second on, states are also met by the network of the round before."""
    problems: Annotated[int, Interval(ge=1, le=1_000_000)] = 2000
    """Drawn in each round."""
    steps: Annotated[int, Interval(ge=1, le=100)] = 4
    """States of a problem."""
    several: Annotated[float, Interval(ge=0, le=1)] = 0.05
    """The share of problems of more than two classes, whose refits take long."""
    classifiers: Annotated[tuple[str, ...], MinLen(1)] = ("logistic", "svm")
    tables: tuple[str, ...] = ()
    """Data sets that half of the problems are made of; the others are drawn from the prior."""
    networks: Annotated[int, Interval(ge=1, le=20)] = 2
    """Whose predictions are averaged, of the last round."""
    learn: LearningOptions = field(default_factory=LearningOptions)
