"""Query by committee: the point that task models of resampled annotated sets disagree on most."""

from typing import final

import numpy as np
from jaxtyping import Float

from npal_cli.classifiers.base import Classifier
from npal_cli.randomness import draw_seed, stream
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import ScoringStrategy, Strategy
from npal_cli.strategies.looks import Look
from npal_cli.strategies.services import Services

MEMBERS = 10


@final
class QueryByCommittee(ScoringStrategy):
    """Maximal disagreement of bagged task models: their mean Kullback-Leibler divergence from the consensus.

    The annotated set is resampled within each class, so that no member lacks one.

    Source: McCallum and Nigam (1998), the divergence; Abe and Mamitsuka (1998), bagging.
    """

    name = "qbc"
    label = "QBC"
    order = 111
    look = Look("#2D1E87", "#9678FF", "triangle-right", "dashed")
    needs = frozenset(("refits",))

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With members of the task model's kind."""
        return cls(services.classifier)

    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """The mean Kullback-Leibler divergence to the consensus, in nats."""
        from scipy.special import rel_entr

        draws = stream("committee", *state.run, state.step)
        believed = np.stack([self._member(state, draw_seed(draws)) for _ in range(MEMBERS)])
        divergence: np.ndarray = rel_entr(believed, believed.mean(axis=0)).sum(axis=2).mean(axis=0)
        return divergence

    def _member(self, state: AcquisitionState, seed: int) -> Float[np.ndarray, "pool class"]:
        from sklearn.utils import resample

        labels = state.annotated_labels
        rows = resample(np.arange(len(labels)), stratify=labels, random_state=seed)
        model = self._classifier.fit(state.annotated_features[rows], labels[rows], state.training_weights)
        return model.soft_predictions(state.pool_features)
