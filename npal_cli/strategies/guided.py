"""Teacher-guided strategies: a flexible model of all known labels says how likely each label of a pool point is."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from npal_cli.classifiers.base import Classifier
from npal_cli.guidance.expectations import Beliefs, Expectations, Scores
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy
from npal_cli.strategies.parameters import Parameters
from npal_cli.strategies.services import Services


@dataclass(frozen=True)
class Scored:
    """What a guided strategy says of the pool points of a run."""

    scores: Scores
    """The larger the better."""
    reasons: Mapping[str, Scores]
    """What they are made of: ``expected_error``, ``expected_gain``."""


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

    @classmethod
    def ranks(cls, given: Parameters) -> bool:
        """Unless labels are fantasised, point by point."""
        return given.shared.guided.batches == "top"

    @abstractmethod
    def score(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scored]:
        """Score the pool points of each run."""

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Teach, score and take the best of each run: all at once, or one after another with fantasised labels."""
        beliefs = self.expect.beliefs(states)
        first = self.score(states, beliefs)
        if self.expect.options.batches == "top":
            chosen = [state.best(each.scores, batch_size) for each, state in zip(first, states, strict=True)]
            return [_choice(rows, each) for rows, each in zip(chosen, first, strict=True)]
        runs = [_Fantasy(state, each) for state, each in zip(states, beliefs, strict=True)]
        scores = first
        for left in reversed(range(batch_size)):
            for run, each in zip(runs, scores, strict=True):
                run.take(each.scores, self.expect.classifier)
            if left:
                scores = self.score([run.state for run in runs], [run.beliefs for run in runs])
        return [_choice(np.array(run.chosen), each) for run, each in zip(runs, first, strict=True)]


def _choice(rows: Int[np.ndarray, " batch"], scored: Scored) -> Choice:
    return Choice(rows, scored.scores, reasons=scored.reasons)


class _Fantasy:
    """A run in which each chosen point has the label that the teacher thinks likeliest."""

    def __init__(self, state: AcquisitionState, beliefs: Beliefs) -> None:
        self.state = state
        self.beliefs = beliefs
        self.chosen: list[int] = []
        self._left = np.arange(len(beliefs.probabilities))

    def take(self, scores: Scores, classifier: Classifier) -> None:
        """Choose the best point that is left."""
        position = int(self.state.best(scores, 1)[0])
        self.chosen.append(int(self._left[position]))
        self.state = self.state.annotate(position, int(self.beliefs.probabilities[position].argmax()), classifier)
        self.beliefs = self.beliefs.without(position)
        self._left = np.delete(self._left, position)
