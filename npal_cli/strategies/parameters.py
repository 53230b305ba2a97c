"""What a strategy is configured by, and what it is asked to do."""

from dataclasses import dataclass, field
from typing import Any, Literal

from npal_cli.guidance.options import GuidanceOptions
from npal_cli.neural_process.options import TrainingOptions
from npal_cli.objectives import Objective
from npal_cli.problems.simulated import SimulateOptions
from npal_cli.teachers import TeacherOptions

SharedName = Literal["objective", "simulate", "train_np", "teacher", "guided"]


@dataclass(frozen=True)
class Shared:
    """The sections of ``params.yaml`` that more than one strategy depends on."""

    objective: Objective = field(default_factory=Objective)
    simulate: SimulateOptions = field(default_factory=SimulateOptions)
    train_np: TrainingOptions = field(default_factory=TrainingOptions)
    teacher: TeacherOptions = field(default_factory=TeacherOptions)
    guided: GuidanceOptions = field(default_factory=GuidanceOptions)


@dataclass(frozen=True)
class Parameters:
    """What one strategy is configured by."""

    shared: Shared = field(default_factory=Shared)
    options: Any = None
    """Its own section: an instance of its ``Options``, if it has any."""


@dataclass(frozen=True)
class Task:
    """What a strategy is asked to do."""

    name: str
    """As the strategy was asked for, with variant and control."""
    batch_size: int
    reward: int
    """Points in the reward set that it may score on."""
    subsample: int | None = None
    """Pool points that it may choose from, if it subsamples the pool."""
