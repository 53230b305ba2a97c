"""What commands and studies work on: data, settings, seeds, steps and strategies."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Interval, MinLen

from npal_cli.objectives import PAPER_SETTINGS, Setting
from npal_cli.problems.split import ImagePrepareOptions, SplitOptions

Seeds = Annotated[tuple[Annotated[int, Interval(ge=0, lt=2**63)], ...], MinLen(1)]
Names = Annotated[tuple[str, ...], MinLen(1)]


@dataclass(frozen=True)
class Defaults:
    """What a command works on where no option says otherwise."""

    data: Names = ("waveform",)
    setting: Annotated[tuple[Setting, ...], MinLen(1)] = PAPER_SETTINGS
    classifier: Names = ("logistic",)
    data_seed: Seeds = (1, 2, 3)
    seed: Seeds = (1, 2, 3)


@dataclass(frozen=True)
class Study:
    """What ``dvc repro`` works on: every data set in every setting with every classifier."""

    data: Names = ("waveform", "mushrooms", "adult")
    setting: Annotated[tuple[Setting, ...], MinLen(1)] = PAPER_SETTINGS
    classifier: Names = ("logistic", "svm")


COMPARED: dict[str, tuple[str, ...]] = {
    "logistic": (
        *("oracle", "uncsamp", "kcgrdy", "haluni", "haluni_reference", "halgau", "halgau_reference", "cbal"),
        *(
            "random",
            "np",
            "np_plus",
            "np_pretrained",
            "lal",
            "qbc",
            "badge",
            "expected_error",
            "eer",
            "blend",
            "reward_oracle",
        ),
        "random_train_on_reward",
    ),
    "svm": (
        *(
            "oracle",
            "fscore",
            "kcgrdy",
            "random",
            "np",
            "np_plus",
            "np_pretrained",
            "lal",
            "qbc",
            "expected_error",
            "eer",
            "blend",
        ),
        *("reward_oracle", "random_train_on_reward"),
    ),
    "teacher": ("uncsamp", "random", "random_train_on_reward"),
    "resnet18": (
        *("entropy", "margin", "lstconf", "kcgrdy", "lloss", "vaal", "uncgcn", "coregcn", "haluni", "halgau", "cbal"),
        "random",
    ),
}
"""The strategies that are compared with a classifier: those of the paper's tables, newer ones, two controls."""
COMPARED_ELSEWHERE = ("random", "fscore", "kcgrdy", "expected_error", "blend")
"""With any other classifier: a fit of it may take long."""

USED = {"logistic": "blend", "svm": "blend", "teacher": "margin", "resnet18": "margin"}
"""The strategy that is used with a classifier where none is named; ``blend`` with any other."""


@dataclass(frozen=True)
class AcquireOptions:
    """The acquisition loop."""

    steps: Annotated[int, Interval(ge=1, le=100_000)] = 10
    batch_size: Annotated[int, Interval(ge=1, le=1_000_000)] = 1
    """Points labelled at each step."""
    strategy: dict[str, str] = field(default_factory=lambda: dict(USED))
    """What is acquired with where no strategy is named, by classifier."""
    strategies: dict[str, Names] = field(default_factory=lambda: dict(COMPARED))
    """What ``--compare`` compares, by classifier."""

    def strategy_for(self, classifier: str) -> str:
        """The strategy where none is named."""
        return self.strategy.get(classifier, USED.get(classifier, "blend"))

    def compared_for(self, classifier: str) -> tuple[str, ...]:
        """The strategies that are compared."""
        return self.strategies.get(classifier, COMPARED.get(classifier, COMPARED_ELSEWHERE))


@dataclass(frozen=True)
class Plan:
    """What an experiment works on, how its problems are made and how it goes; the defaults are the image study's."""

    data: Names = ("mnist", "fashion_mnist", "svhn", "cifar10")
    setting: Annotated[tuple[Setting, ...], MinLen(1)] = PAPER_SETTINGS
    data_seed: Seeds = (1, 2, 3)
    seed: Seeds = (1,)
    prepare: SplitOptions = field(default_factory=ImagePrepareOptions)
    steps: Annotated[int, Interval(ge=1, le=100_000)] = 10
    batch_size: Annotated[int, Interval(ge=1, le=1_000_000)] = 1000
    subsample: Annotated[int, Interval(ge=1, le=100_000_000)] | None = 10_000
    """Pool points, drawn anew at each step, that strategies whose publication subsamples the pool may choose from."""


@dataclass(frozen=True)
class ImagePlan(Plan):
    """The plan with a network for images as task model (section 3, B.1)."""

    prepare: ImagePrepareOptions = field(default_factory=ImagePrepareOptions)
