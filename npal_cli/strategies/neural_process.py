"""The paper's strategy: acquire the point whose improvement the neural process predicts to be largest (section 5)."""

from collections.abc import Callable, Sequence
from typing import final

import numpy as np

from npal_cli.neural_process.training import Network
from npal_cli.problems.problem import Problem
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
        self._last: dict[tuple[Run, int], Network] = {}

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Train the networks that are missing, predict every pool, take the best of each."""
        networks = self.networks([state.known for state in states], states[0].step, batch_size)
        training = self.learner.training
        epochs = max(training.epochs, training.warm_epochs or 0)
        choices = []
        predictions = self.learner.predict(networks, states)
        for state, network, each in zip(states, networks, predictions, strict=True):
            wanted = each.mean if training.acquire_by == "mean" else each.mean + each.sigma
            scores = others_as_worst(wanted)
            loss = np.pad(network.loss, (0, epochs - len(network.loss)), constant_values=np.nan)
            kept = each if self.learner.is_checked and len(state.reward_labels) else None
            choices.append(Choice(top(scores, batch_size, state.random), scores, loss, kept))
        return choices

    def networks(self, problems: Sequence[Problem], step: int, batch_size: int) -> list[Network]:
        """The network of each run before ``step``: one that was trained earlier, or else one that is trained now."""
        found = [self._last.get((problem.run, step)) or self._trained(problem.run, step) for problem in problems]
        missing = [problem for problem, network in zip(problems, found, strict=True) if network is None]
        made = iter(self._train(missing, step, batch_size))
        networks = [network if network is not None else next(made) for network in found]
        self._last = {(problem.run, step): network for problem, network in zip(problems, networks, strict=True)}
        return networks

    def before(self, problems: Sequence[Problem], step: int, batch_size: int) -> list[Network] | None:
        """The networks that those before ``step`` go on from; None if they start from scratch.

        A loop that was interrupted has lost them: they are then trained again, from the first step on.
        """
        if self.learner.training.warm_epochs is None or step == 1:
            return None
        return self.networks([problem.before_last(batch_size) for problem in problems], step - 1, batch_size)

    def _train(self, problems: Sequence[Problem], step: int, batch_size: int) -> list[Network]:
        if not problems:
            return []
        begin = self.before(problems, step, batch_size)
        simulated = [
            simulate(
                problem.labels[problem.annotated],
                self._simulate,
                simulation_stream(problem.run, step),
                reward=len(problem.reward) > 0,
            )
            for problem in problems
        ]
        scores = self.learner.scores(problems, simulated)
        return list(self.learner.train(problems, step, simulated, scores, begin))


@final
class NeuralProcessPlus(NeuralProcess):
    """A network without attention, told what task model and teacher say of each point in place of its features.

    It learns soft accuracy, which says more of a single label than accuracy does.
    """

    name = "np_plus"
    label = "NP+"
