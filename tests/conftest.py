"""Shapes and types in signatures are checked while testing; and the small problems that tests work on."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

# Tests run beside each other, on all cores: libraries that took these too would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import jaxtyping
import pytest

jaxtyping.install_import_hook(
    [
        f"npal_cli.{part}"
        for part in (
            "classifiers",
            "experiments",
            "guidance",
            "learned",
            "neural_process",
            "objectives",
            "oracle",
            "problems",
            "refit.backends",
            "refit.problem",
            "report.statistics",
            "strategies",
            "teachers",
        )
    ],
    "beartype.beartype",
)

import numpy as np  # noqa: E402
import torch  # noqa: E402

from npal_cli.classifiers.resnet18.cache import FitCache  # noqa: E402
from npal_cli.classifiers.resnet18.images import Channels  # noqa: E402
from npal_cli.classifiers.resnet18.options import ResNetOptions  # noqa: E402
from npal_cli.classifiers.resnet18.task_model import ResNet18  # noqa: E402
from npal_cli.classifiers.resnet18.training import Trainer  # noqa: E402
from npal_cli.engine import Engine  # noqa: E402
from npal_cli.problems.problem import Problem  # noqa: E402
from npal_cli.problems.sources import Sources  # noqa: E402
from npal_cli.randomness import Run  # noqa: E402
from npal_cli.testing import make_problem  # noqa: E402

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the published data files."""
    if not SHARED.is_dir():
        pytest.skip("the published data files are not here (they are not part of the project)")
    return SHARED


@pytest.fixture
def sources(tmp_path: Path, real_data: Path) -> Sources:
    return Sources(tmp_path / "raw", real_data, progress=False)


@pytest.fixture
def engine() -> Engine:
    return Engine()


def make_image_problem(seed: int = 0, n_classes: int = 3, pool: int = 30, size: int = 8) -> Problem:
    """The same with grey images: noise, with a bright square whose place tells the class."""
    problem = make_problem(seed, n_classes, pool)
    draws = np.random.default_rng(seed)
    images = draws.integers(60, size=(len(problem.labels), 1, size, size), dtype=np.uint8)
    for image, label in zip(images, problem.labels, strict=True):
        image[0, 2 * label : 2 * label + 3, 2 * label : 2 * label + 3] += 180
    return replace(problem, features=images)


def make_resnet(
    seed: int = 0, cache: FitCache | None = None, device: str = "cpu", width: int = 2, **options: Any
) -> ResNet18:
    """A task model for them that is trained in no time."""
    chosen = ResNetOptions(**{"epochs": 2, "decay_after": 1, "batch_size": 16, **options}, width=width)
    trainer = Trainer(chosen, Channels((0.2,), (0.25,)), torch.device(device))
    return ResNet18(trainer, Run(1, seed), cache)


@pytest.fixture
def problem() -> Problem:
    return make_problem()


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """As npal has it on a CPU."""
    torch.set_num_threads(1)
