"""How the paper ran its experiments, so that figures are compared only where they were made alike."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np

from npal_cli.classifiers import ClassifierOptions, takes_images
from npal_cli.classifiers.resnet18.options import LossPredictionOptions, ResNetOptions
from npal_cli.neural_process.options import TrainingOptions
from npal_cli.objectives import PAPER_SETTINGS
from npal_cli.problems.simulated import SimulateOptions
from npal_cli.records import PreparedRecord
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

POOLS = {
    (2, "mnist"): (53210, 28815),
    (2, "fashion_mnist"): (59000, 32000),
    (2, "svhn"): (45590, 24620),
    (2, "cifar10"): (49000, 26500),
    (3, "waveform"): (2894, 1411),
    (3, "mushrooms"): (7432, 3907),
    (3, "adult"): (390, 34),
    (3, "mnist"): (54010, 29615),
}
"""Points in the pool before the first step, balanced and imbalanced, by table and data set."""

TEST = 200
"""Points in the test sets of data that come without a test part (B.2); of MNIST with an SVM the paper does not say."""

SUBSAMPLE = 10_000
"""Pool points that strategies which subsample the pool may choose from."""

FREE = ("precision", "compile", "augmentation")
"""Options of networks that say how they are computed, or that the paper does not give."""


def protocol_of(classifier: str) -> Protocol:
    """The protocol of the paper's experiments with a classifier."""
    return IMAGES if takes_images(classifier) else FEATURES


def data_table_of(classifier: str) -> int:
    """The paper's table that describes the data used with a classifier."""
    return 2 if protocol_of(classifier) is IMAGES else 3


def has_published_splits(problems: PreparedRecord, data: str, setting: str, classifier: str) -> bool:
    """Whether the sets have the paper's sizes, and the same classes are rare.

    The test set is all of the (im)balanced test part in the image study, else 200 points.
    """
    if setting not in PAPER_SETTINGS:
        return False
    protocol = protocol_of(classifier)
    pools = POOLS.get((data_table_of(classifier), data))
    sizes = {
        "annotated": protocol.annotated,
        "reward": protocol.reward,
        **({"pool": pools[setting != "balanced"]} if pools else {}),
        **({"test": TEST} if protocol is FEATURES else {}),
    }
    whole = protocol is FEATURES or np.array_equal(problems.test, problems.held_out)
    same_classes = problems.rare_classes[0] == 0
    return bool(whole and same_classes and all(getattr(problems, name).shape[1] == n for name, n in sizes.items()))


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
