"""How ResNet18 is trained."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Interval

Augmentation = Literal["source", "none", "crop_and_flip"]
"""``source``: what the code that the paper took its network from does, which depends on the data."""
Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class ResNetOptions:
    """How ResNet18 is trained; the defaults are the paper's (supplement B.1)."""

    epochs: Annotated[int, Interval(ge=1, le=10_000)] = 200
    batch_size: Annotated[int, Interval(ge=2, le=1_000_000)] = 128
    learning_rate: Annotated[float, Gt(0)] = 0.1
    decay_after: Annotated[int, Interval(ge=1, le=10_000)] = 160
    """Epochs after which the learning rate is a tenth."""
    momentum: Annotated[float, Interval(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Ge(0)] = 5e-4
    augmentation: Augmentation = "source"
    width: Annotated[int, Interval(ge=1, le=4_096)] = 64
    """Channels of the first stage."""
    precision: Precision = "auto"
    """Of the activations; ``auto`` is bfloat16 on CUDA, float32 elsewhere."""
    compile: bool = False
    """Compile the network and replay it as CUDA graphs: launching its kernels one by one takes longer than they do."""


@dataclass(frozen=True)
class LossPredictionOptions:
    """How losses are learned to be predicted; the defaults are the paper's (supplement B.1)."""

    margin: Annotated[float, Ge(0)] = 1.0
    weight: Annotated[float, Gt(0)] = 1.0
    """Of the ranking loss beside the classification loss."""
    detach_after: Annotated[int, Interval(ge=0, le=10_000)] = 120
    """Epochs after which the ranking loss no longer changes the task model."""
