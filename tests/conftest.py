"""Shapes and types in signatures are checked while testing; and the small problems that tests work on."""

from pathlib import Path

import jaxtyping
import pytest

jaxtyping.install_import_hook(
    [
        f"npal_cli.{part}"
        for part in (
            "classifiers",
            "experiments",
            "neural_process",
            "objectives",
            "oracle",
            "problems",
            "refit.base",
            "refit.sequential",
            "report.statistics",
            "strategies",
        )
    ],
    "beartype.beartype",
)

import numpy as np  # noqa: E402

from npal_cli.engine import Engine  # noqa: E402
from npal_cli.problems.problem import Problem  # noqa: E402
from npal_cli.problems.sources import Sources  # noqa: E402
from npal_cli.randomness import Run  # noqa: E402

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


def make_problem(seed: int = 0, n_classes: int = 2, pool: int = 30, features: int = 3) -> Problem:
    """A problem of overlapping Gaussian classes: 20 annotated points, 20 of reward, 40 of test."""
    draws = np.random.default_rng(seed)
    sizes = [20, pool, 20, 40]
    labels = np.concatenate([draws.permutation(np.arange(size) % n_classes) for size in sizes])
    values = draws.normal(size=(sum(sizes), features)) + 1.2 * np.eye(n_classes, features)[labels]
    annotated, in_pool, reward, test = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    weights = np.linspace(1.5, 0.5, n_classes)
    return Problem(
        Run(1, seed),
        values,
        labels,
        annotated,
        in_pool,
        reward,
        test,
        discarded=test[:0],
        class_weights=weights,
        training_weights=np.ones(n_classes),
    )


@pytest.fixture
def problem() -> Problem:
    return make_problem()
