"""How a network learns and what it is told; the defaults are the paper's (section 5, supplement B.3)."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from annotated_types import Gt, Interval, MinLen, MultipleOf

from npal_cli.errors import UsageError
from npal_cli.objectives import Objective
from npal_cli.problems.simulated import Fraction, SimulateOptions

ContextLabels = Literal["zero", "leave_one_out"]
"""What the network is told about annotated points: nothing (0), or what each improved when it was added (B.3)."""

InputName = Literal[
    "features",
    "probabilities",
    "margin",
    "leverage",
    "distances",
    "class_counts",
    "teacher",
    "expected_error",
    "improvements",
]
INPUTS: tuple[InputName, ...] = get_args(InputName)
"""What a network may be told of the point whose improvement it predicts; the paper's is told the features."""
FROM_TEACHER = frozenset(("teacher", "expected_error", "improvements"))
"""Inputs that need a teacher."""


HEADS = 8
"""Of the cross-attention."""


@dataclass(frozen=True)
class ModelOptions:
    """The shape of the network; the defaults are the paper's (supplement B.3)."""

    width: Annotated[int, Interval(ge=HEADS, le=4_096), MultipleOf(HEADS)] = 32
    """Width of every encoding."""
    attention: Literal["cross", "none"] = "cross"
    """``none`` averages the context instead: a plain Conditional Neural Process."""


@dataclass(frozen=True)
class TrainingOptions:
    """How a network is trained and used."""

    epochs: Annotated[int, Interval(ge=1, le=10_000)] = 100
    warm_epochs: Annotated[int, Interval(ge=1, le=10_000)] | None = None
    """After the first step: how long a network goes on from where that of the step before ended; null: from scratch."""
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    decay: Annotated[float, Interval(gt=0, le=1)] = 0.1
    """The learning rate ends at this share of where it began, decaying exponentially by the epoch."""
    batch_size: Annotated[int, Interval(ge=1, le=1_000_000)] = 64
    """Simulated problems in a batch, at most."""
    context_labels: ContextLabels = "zero"
    context_classes: bool = False
    """Whether the network is told the classes of the annotated points."""
    inputs: Annotated[tuple[InputName, ...], MinLen(1)] = ("features",)
    """What it is told of the point itself, all but the features by the simulated problem's own task model."""
    objective: Objective | None = None
    """What the improvements that it learns are measured in; null: the objective of everything else."""
    acquire_by: Literal["mean", "mean_plus_sigma"] = "mean"
    """What is maximised over the pool."""
    model: ModelOptions = field(default_factory=ModelOptions)

    @property
    def uses_teacher(self) -> bool:
        """Whether a teacher takes part."""
        return bool(FROM_TEACHER & set(self.inputs))


@dataclass(frozen=True)
class PlusSimulateOptions(SimulateOptions):
    """How problems are simulated for ``np_plus``: fewer, as each takes a teacher."""

    problems: Annotated[int, Interval(ge=1, le=1_000_000)] = 30
    fractions: Annotated[tuple[Fraction, ...], MinLen(1)] = (0.3, 0.5, 0.7)


@dataclass(frozen=True)
class PlusTrainingOptions(TrainingOptions):
    """How the network of ``np_plus`` learns."""

    context_classes: bool = True
    inputs: Annotated[tuple[InputName, ...], MinLen(1)] = INPUTS[1:]
    objective: Objective | None = field(default_factory=lambda: Objective("soft_accuracy"))
    model: ModelOptions = field(default_factory=lambda: ModelOptions(attention="none"))


@dataclass(frozen=True)
class PlusOptions:
    """The preset ``np_plus``: the neural process with what was found to help."""

    trees: Annotated[int, Interval(ge=1, le=10_000)] = 25
    """Of the teacher's extra trees: fewer than elsewhere, as every simulated problem takes a teacher."""
    simulate: PlusSimulateOptions = field(default_factory=PlusSimulateOptions)
    train: PlusTrainingOptions = field(default_factory=PlusTrainingOptions)


def check_context_labels(training: TrainingOptions, reward: int) -> None:
    """Refuse to tell a network what annotated points improved where there is no reward set that says it.

    Raises:
        UsageError: if the reward set has no points, and context labels are not zero.
    """
    if training.context_labels == "leave_one_out" and not reward:
        raise UsageError(
            "context_labels leave_one_out: the reward set says what an annotated point improved, and there "
            "is none; use zero, or set prepare.reward"
        )
