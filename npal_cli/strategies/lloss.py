"""Learning loss (Yoo and Kweon, 2019)."""

from typing import final

import numpy as np
from jaxtyping import Float

from npal_cli.classifiers import Classifier
from npal_cli.classifiers.resnet18 import FittedResNet18, LossPredictionOptions, ResNet18
from npal_cli.strategies.base import AcquisitionState, ScoringStrategy, Strategy
from npal_cli.strategies.services import Services


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
    colour = "#B8860B"
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
        if not isinstance(classifier, ResNet18):
            raise TypeError(f"{classifier.name} cannot learn to predict its loss")
        return classifier.with_loss_prediction(self._options)

    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """The predicted loss."""
        if not isinstance(state.classifier, FittedResNet18):
            raise TypeError("the task model does not predict its loss")
        return state.classifier.predicted_loss(state.pool_features).astype(np.float64)
