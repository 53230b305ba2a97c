"""The myopic oracle as a strategy: what could be reached one step at a time (section 4)."""

from collections.abc import Sequence
from typing import ClassVar, Literal, final

from npal_cli.classifiers.base import Classifier
from npal_cli.engine import Engine
from npal_cli.objectives import Objective
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy
from npal_cli.strategies.looks import Look
from npal_cli.strategies.services import Services


class MyopicOracle(Strategy):
    """The point whose true label improves the score most, found by refitting with each."""

    needs = frozenset(("refits",))
    uses = ("objective",)
    on: ClassVar[Literal["test", "reward"]]
    """The set that it scores on."""

    def __init__(self, classifier: Classifier, engine: Engine, objective: Objective | None = None) -> None:
        self._classifier = classifier
        self._engine = engine
        self._objective = objective or Objective()

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With the services' refits and objective."""
        return cls(services.classifier, services.engine, services.parameters.shared.objective)

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Score all runs' pools by refitting, take the best of each."""
        from npal_cli.oracle import pool_improvements

        problems = [state.problem for state in states]
        improvements = pool_improvements(problems, self._classifier, self._engine, self.on, self._objective)
        return [Choice(state.best(v, batch_size), v) for v, state in zip(improvements, states, strict=True)]


@final
class Oracle(MyopicOracle):
    """Scores on the *test* set.

    It sees pool labels and the test set, which no other strategy does: a bound, not a competitor.
    """

    name = "oracle"
    label = "Oracle"
    order = 1
    look = Look("#000000", "#FFFFFF", "diamond", "solid")
    sees = "test_set"
    on = "test"


@final
class RewardOracle(MyopicOracle):
    """Scores on the reward set: the ceiling of what NP imitates, and a control of how much Oracle owes to the test set.

    It sees pool labels, but not the test set.
    """

    name = "reward_oracle"
    label = "Reward oracle"
    order = 2
    look = Look("#4B3C2D", "#787878", "diamond", "dashed")
    sees = "pool_labels"
    needs_reward = True
    on = "reward"
