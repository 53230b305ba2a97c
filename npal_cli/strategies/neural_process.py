"""The paper's strategy: acquire the point whose improvement the neural process predicts to be largest (section 5)."""

from collections.abc import Callable, Sequence
from typing import final

import numpy as np

from npal_cli.classifiers import Classifier
from npal_cli.engine import Engine
from npal_cli.neural_process.episodes import Episodes, input_scale
from npal_cli.neural_process.training import Network, TrainingOptions, predict, train_networks
from npal_cli.objectives import Objective
from npal_cli.oracle import ACCURACY, OracleScores, context_improvements, simulated_improvements
from npal_cli.problems.problem import Problem
from npal_cli.problems.simulated import SimulatedProblems, SimulateOptions, simulate
from npal_cli.randomness import Run, stream
from npal_cli.strategies.base import AcquisitionState, Choice, Prediction, Strategy, top

Networks = Callable[[Run, int], Network | None]
"""Looks up a network that was trained earlier for a run and step."""


@final
class NeuralProcess(Strategy):
    """Simulate, score and train anew at each step; acquire by predicted improvement (Algorithm 1).

    Its ``simulate``, ``oracle`` and ``train-np`` are the stages' own. A network that ``trained`` knows is used as it
    is.
    """

    name = "np"
    label = "NP"
    needs = frozenset(("refits",))
    needs_reward = True

    def __init__(
        self,
        classifier: Classifier,
        simulate_options: SimulateOptions,
        training: TrainingOptions,
        engine: Engine,
        trained: Networks = lambda _run, _step: None,
        objective: Objective = ACCURACY,
    ) -> None:
        self._classifier = classifier
        self._simulate = simulate_options
        self._training = training
        self._engine = engine
        self._trained = trained
        self._objective = objective

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Train the networks that are missing, predict every pool, take the best of each."""
        networks = [self._trained(state.run, state.step) for state in states]
        missing = [i for i, network in enumerate(networks) if network is None]
        for i, network in zip(missing, self._train([states[i] for i in missing]), strict=True):
            networks[i] = network
        return [
            self._choose(state, network, batch_size)
            for state, network in zip(states, networks, strict=True)
            if network is not None
        ]

    def _train(self, states: Sequence[AcquisitionState]) -> list[Network]:
        problems = [state.known for state in states]
        simulated = [
            simulate(state.annotated_labels, self._simulate, simulation_stream(state.run, state.step))
            for state in states
        ]
        masks = [splits.annotated for splits in simulated]
        scores = simulated_improvements(problems, masks, self._classifier, self._engine, self._objective)
        episodes = [
            make_episodes(problem, splits, score, self._training, self._classifier, self._engine, self._objective)
            for problem, splits, score in zip(problems, simulated, scores, strict=True)
        ]
        scales = [network_scale(problem) for problem in problems]
        draws = [training_stream(state.run, state.step) for state in states]
        return list(train_networks(episodes, scales, self._training, draws, self._engine))

    def _choose(self, state: AcquisitionState, network: Network, batch_size: int) -> Choice:
        context_labels = np.zeros(len(state.annotated_labels))
        if self._training.context_labels == "leave_one_out":
            everything = np.ones((1, len(context_labels)), dtype=bool)
            told = context_improvements(state.known, everything, self._classifier, self._engine, self._objective)
            context_labels = told[0]
        mean, sigma = predict(
            network,
            self._training.model,
            state.annotated_features,
            context_labels,
            state.pool_features,
            self._engine.torch_device(),
        )
        scores = mean if self._training.acquire_by == "mean" else mean + sigma
        return Choice(top(scores, batch_size, state.random), scores, network.loss, Prediction(mean, sigma))


def simulation_stream(run: Run, step: int) -> np.random.Generator:
    """The stream that simulated problems before ``step`` are drawn from."""
    return stream("simulate", *run, step)


def training_stream(run: Run, step: int) -> np.random.Generator:
    """The stream that the network before ``step`` is initialised and trained with."""
    return stream("train", *run, step)


def network_scale(problem: Problem) -> float:
    """What the network's inputs are divided by: the largest absolute feature value over annotated set and pool."""
    return input_scale(problem.features[problem.annotated], problem.features[problem.pool])


def make_episodes(
    problem: Problem,
    simulated: SimulatedProblems,
    scores: OracleScores,
    training: TrainingOptions,
    classifier: Classifier,
    engine: Engine,
    objective: Objective,
) -> Episodes:
    """What the network of ``problem`` is trained on."""
    masks = simulated.annotated
    context_labels = np.zeros(masks.shape)
    if training.context_labels == "leave_one_out":
        context_labels = context_improvements(problem, masks, classifier, engine, objective)
    features = problem.features[problem.annotated] / network_scale(problem)
    return Episodes(features, masks, scores.improvements, context_labels)
