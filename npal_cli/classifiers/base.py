"""What a task model must do: be fitted, predict, say how sure it is in the way it can, and describe itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

import numpy as np
from annotated_types import Gt
from jaxtyping import Float, Int, Shaped

from npal_cli.randomness import Run

Ability = Literal["probabilities", "boundaries", "refits", "images", "loss_prediction"]
"""``refits``: a fit takes so little time that every candidate can be tried; ``images``: it takes images."""


@dataclass(frozen=True)
class ClassifierOptions:
    """Options of a classical task model; the defaults are scikit-learn's, as in supplement B.2."""

    C: Annotated[float, Gt(0)] = 1.0
    """Inverse strength of the L2 penalty."""


@runtime_checkable
class FittedClassifier(Protocol):
    """A task model after its fit."""

    def predict(self, features: Shaped[np.ndarray, "point *feature"]) -> Int[np.ndarray, " point"]:
        """The class of each point."""
        ...

    def probabilities(self, features: Shaped[np.ndarray, "point *feature"]) -> Float[np.ndarray, "point class"]:
        """Class probabilities of each point, 0 for classes not seen in the fit; for classifiers that have them."""
        ...

    def soft_predictions(self, features: Shaped[np.ndarray, "point *feature"]) -> Float[np.ndarray, "point class"]:
        """How much each class is believed in: probabilities, or soft votes of what has none. Rows sum to 1."""
        ...

    def boundary_distances(self, features: Shaped[np.ndarray, "point *feature"]) -> Float[np.ndarray, " point"]:
        """How far, in decision value, each point is from the nearest boundary of the class predicted for it."""
        ...

    def represent(self, features: Shaped[np.ndarray, "point *feature"]) -> Float[np.ndarray, "point representation"]:
        """Where each point is, for strategies that look at distances: its features, unless the model learns others."""
        ...


@runtime_checkable
class Classifier(Protocol):
    """A task model before its fit."""

    @property
    def name(self) -> str:
        """On the command line and in file names."""
        ...

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""
        ...

    def fit(
        self,
        features: Shaped[np.ndarray, "point *feature"],
        labels: Int[np.ndarray, " point"],
        class_weights: Float[np.ndarray, " class"],
    ) -> FittedClassifier:
        """Fit to convergence, each point weighted by its class; ``class_weights`` also says how many classes exist.

        Raises:
            ValueError: if there is only one class among ``labels``.
        """
        ...


@dataclass(frozen=True)
class FitServices:
    """What one run of an experiment has to offer to its task model, for those whose fits take long."""

    data: str
    """The data set."""
    run: Run
    known: Callable[[], Shaped[np.ndarray, "point *feature"]]
    """The features of the annotated set, the pool and the reward set."""
    initial: int
    """Points annotated before the first step."""
    device: Callable[[], Any]
    """Where torch works."""
    shared_fits: Path
    """A folder for fits to the initial points, which all strategies begin with."""
    own_fits: Path
    """A folder for fits of one strategy."""


@runtime_checkable
class ClassifierKind(Protocol):
    """What a class of task models says about itself; nothing else in the package names it."""

    @property
    def name(self) -> str:
        """On the command line and in file names."""
        ...

    @property
    def label(self) -> str:
        """In tables and figures."""
        ...

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""
        ...

    @property
    def Options(self) -> Callable[..., Any]:  # noqa: N802  # it is a class
        """A frozen dataclass: its section of ``params.yaml``, under ``classifiers``."""
        ...

    def make(self, options: Any, services: FitServices | None = None) -> Classifier:
        """The task model with options; one whose abilities include ``refits`` needs no services."""
        ...
