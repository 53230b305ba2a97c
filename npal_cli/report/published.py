"""How the paper ran its experiments, so that figures are compared only where they were made alike."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from npal_cli.classifiers import CLASSIFIERS, ClassifierOptions, LossPredictionOptions, ResNetOptions, takes_images
from npal_cli.neural_process.training import TrainingOptions
from npal_cli.problems.simulated import SimulateOptions
from npal_cli.strategies.gcn import GCNOptions
from npal_cli.strategies.vaal import VAALOptions


@dataclass(frozen=True)
class Protocol:
    """The sizes of an experiment."""

    runs: int
    annotated: int
    reward: int
    steps: int
    batch_size: int


FEATURES = Protocol(runs=9, annotated=100, reward=100, steps=10, batch_size=1)
"""Of sections 4 and 5 (supplement B.2)."""
IMAGES = Protocol(runs=3, annotated=1000, reward=0, steps=10, batch_size=1000)
"""Of section 3 (supplement B.1)."""

SUBSAMPLE = 10_000
"""Pool points that strategies which subsample the pool may choose from."""

FREE = ("precision", "compile", "augmentation")
"""Options of networks that say how they are computed, or that the paper does not give."""


def protocol_of(classifier: str) -> Protocol:
    """The protocol of the paper's experiments with a classifier."""
    return IMAGES if classifier in CLASSIFIERS and takes_images(classifier) else FEATURES


def has_published_options(parameters: Mapping[str, Any]) -> bool:
    """Whether the options in the parameters of an acquired artifact are the paper's.

    >>> has_published_options({"classifier": "svm", "options": {"C": 1.0}})
    True
    >>> has_published_options({"classifier": "svm", "options": {"C": 1.0}, "train_np": {"epochs": 3}})
    False
    """
    published = _options()
    own = {"options": parameters["options"], **{key: parameters[key] for key in published if key in parameters}}
    expected = {**published, "options": published["resnet18" if "epochs" in own["options"] else "classical"]}
    return parameters.get("subsample", SUBSAMPLE) == SUBSAMPLE and all(
        _comparable(value) == _comparable(expected[key]) for key, value in own.items()
    )


@cache
def _options() -> dict[str, Any]:
    """The paper's options, as an artifact's attributes have them."""
    options: dict[str, Any] = {
        "classical": ClassifierOptions(),
        "resnet18": ResNetOptions(),
        "simulate": SimulateOptions(),
        "train_np": TrainingOptions(),
        "lloss": LossPredictionOptions(),
        "vaal": VAALOptions(),
        "gcn": GCNOptions(),
    }
    plain: dict[str, Any] = json.loads(json.dumps({name: asdict(each) for name, each in options.items()}))
    return plain


def _comparable(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in FREE}
