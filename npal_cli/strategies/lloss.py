"""Learning loss (Yoo and Kweon, 2019)."""

from typing import Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Float, Shaped

from npal_cli.classifiers import Classifier
from npal_cli.classifiers.resnet18.options import LossPredictionOptions
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import ScoringStrategy, Strategy
from npal_cli.strategies.looks import Look
from npal_cli.strategies.services import Services


@runtime_checkable
class PredictsLoss(Protocol):
    """A task model that can be trained along with a module that predicts its loss."""

    def with_loss_prediction(self, options: LossPredictionOptions) -> Classifier:
        """The same, with the module."""
        ...


@runtime_checkable
class FittedWithLoss(Protocol):
    """Such a task model after its fit."""

    def predicted_loss(self, features: Shaped[np.ndarray, "point *feature"]) -> Float[np.ndarray, " point"]:
        """The loss that it is predicted to have on each point."""
        ...


@final
class LearningLoss(ScoringStrategy):
    """The largest loss that a module predicts, which is trained along with the task model.

    What it acquires is evaluated with the task model that was trained so, as in the publication: its curve differs
    from the others' before the first step already.

    Source: Yoo and Kweon (2019), *Learning loss for active learning*; supplement B.1.
    """

    name = "lloss"
    label = "LLoss"
    order = 16
    look = Look("#C37800", "#F0B44B", "triangle-left", "dotted")
    Options = LossPredictionOptions
    needs = frozenset(("loss_prediction",))
    subsamples = True

    def __init__(self, options: LossPredictionOptions | None = None) -> None:
        self._options = options or LossPredictionOptions()

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With its own options."""
        return cls(services.parameters.options)

    def task_model(self, classifier: Classifier) -> Classifier:
        """The network with the module beside it."""
        if not isinstance(classifier, PredictsLoss):
            raise TypeError(f"{classifier.name} cannot learn to predict its loss")
        return classifier.with_loss_prediction(self._options)

    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """The predicted loss."""
        if not isinstance(state.classifier, FittedWithLoss):
            raise TypeError("the task model does not predict its loss")
        return state.classifier.predicted_loss(state.pool_features).astype(np.float64)
