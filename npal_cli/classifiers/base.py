"""What a task model must do: be fitted, predict, and say how sure it is in the way it can."""

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, runtime_checkable

import numpy as np
from annotated_types import Gt
from jaxtyping import Float, Int, Shaped

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

    name: str
    abilities: frozenset[Ability]

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
