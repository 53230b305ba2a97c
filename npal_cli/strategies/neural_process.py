"""The paper's strategy: acquire the point whose improvement the neural process predicts to be largest (section 5)."""

from collections.abc import Callable, Sequence
from typing import final

from npal_cli.neural_process.training import Network
from npal_cli.problems.simulated import SimulateOptions, simulate
from npal_cli.randomness import Run
from npal_cli.strategies.base import AcquisitionState, Choice, Strategy, others_as_worst, top
from npal_cli.strategies.learner import Learner, simulation_stream

Networks = Callable[[Run, int], Network | None]
"""Looks up a network that was trained earlier for a run and step."""


class NeuralProcess(Strategy):
    """Simulate, score and train anew at each step; acquire by predicted improvement (Algorithm 1).

    Its ``simulate``, ``oracle`` and ``train-np`` are the stages' own. A network that ``trained`` knows is used as it
    is. Without a reward set, parts of the annotated set take turns in being it.
    """

    name = "np"
    label = "NP"
    needs = frozenset(("refits",))

    def __init__(
        self,
        learner: Learner,
        simulate_options: SimulateOptions,
        trained: Networks = lambda _run, _step: None,
    ) -> None:
        self.learner = learner
        self._simulate = simulate_options
        self._trained = trained

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Train the networks that are missing, predict every pool, take the best of each."""
        found = [self._trained(state.run, state.step) for state in states]
        missing = iter(self._train([state for state, network in zip(states, found, strict=True) if network is None]))
        networks = [network if network is not None else next(missing) for network in found]
        training = self.learner.training
        choices = []
        predictions = self.learner.predict(networks, states)
        for state, network, each in zip(states, networks, predictions, strict=True):
            wanted = each.mean if training.acquire_by == "mean" else each.mean + each.sigma
            scores = others_as_worst(wanted)
            # a standardised prediction has no unit, and without a reward set there is nothing to check it on
            kept = None if training.standardised or not len(state.reward_labels) else each
            choices.append(Choice(top(scores, batch_size, state.random), scores, network.loss, kept))
        return choices

    def _train(self, states: Sequence[AcquisitionState]) -> list[Network]:
        if not states:
            return []
        problems = [state.known for state in states]
        simulated = [
            simulate(
                state.annotated_labels,
                self._simulate,
                simulation_stream(state.run, state.step),
                reward=len(state.reward_labels) > 0,
            )
            for state in states
        ]
        scores = self.learner.scores(problems, simulated)
        return list(self.learner.train(problems, states[0].step, simulated, scores))


@final
class NeuralProcessPlus(NeuralProcess):
    """The same, told more of each point and learning to compare points by a smooth objective."""

    name = "np_plus"
    label = "NP+"
