"""Teacher-guided strategies: a flexible model of all known labels says how likely each label of a pool point is."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from npal_cli.classifiers.base import Classifier
from npal_cli.guidance.expectations import ClassProbabilities, Expectations, Scores
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy
from npal_cli.strategies.services import Services


class GuidedStrategy(Strategy):
    """Scores pool points by a teacher's probabilities of their labels."""

    needs = frozenset(("refits",))
    sees = "reward_set"
    uses = ("objective", "guided", "teacher")

    def __init__(self, expect: Expectations) -> None:
        self.expect = expect

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With the services' teacher and refits."""
        return cls(services.expect)

    @abstractmethod
    def scores(self, states: Sequence[AcquisitionState], probabilities: Sequence[ClassProbabilities]) -> list[Scores]:
        """A score for each pool point of each run: the larger the better."""

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Teach, score and take the best of each run: all at once, or one after another with fantasised labels."""
        probabilities = self.expect.class_probabilities(states)
        first = self.scores(states, probabilities)
        if self.expect.options.batches == "top":
            return [Choice(state.best(s, batch_size), s) for s, state in zip(first, states, strict=True)]
        runs = [_Fantasy(state, each) for state, each in zip(states, probabilities, strict=True)]
        scores = first
        for left in reversed(range(batch_size)):
            for run, each in zip(runs, scores, strict=True):
                run.take(each, self.expect.classifier)
            if left:
                scores = self.scores([run.state for run in runs], [run.probabilities for run in runs])
        return [Choice(np.array(run.chosen), each) for run, each in zip(runs, first, strict=True)]


class _Fantasy:
    """A run in which each chosen point has the label that the teacher thinks likeliest."""

    def __init__(self, state: AcquisitionState, probabilities: ClassProbabilities) -> None:
        self.state = state
        self.probabilities = probabilities
        self.chosen: list[int] = []
        self._left = np.arange(len(probabilities))

    def take(self, scores: Scores, classifier: Classifier) -> None:
        """Choose the best point that is left."""
        position = int(self.state.best(scores, 1)[0])
        self.chosen.append(int(self._left[position]))
        self.state = self.state.annotate(position, int(self.probabilities[position].argmax()), classifier)
        self.probabilities = np.delete(self.probabilities, position, axis=0)
        self._left = np.delete(self._left, position)
