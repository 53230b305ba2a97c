"""What simulated problems teach a network: its training data, and what it is then asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from npal_cli.classifiers.base import Classifier
from npal_cli.engine import Engine
from npal_cli.guidance.expectations import Expectations
from npal_cli.neural_process.episodes import Episodes, input_scale
from npal_cli.neural_process.inputs import inputs_of
from npal_cli.neural_process.model import Shape
from npal_cli.neural_process.network import Network
from npal_cli.neural_process.options import FROM_TEACHER, TrainingOptions, check_context_labels
from npal_cli.neural_process.prediction import Question, predict
from npal_cli.neural_process.training import train_networks
from npal_cli.objectives import Objective
from npal_cli.oracle import OracleScores, context_improvements, simulated_improvements
from npal_cli.problems.problem import Problem
from npal_cli.problems.simulated import SimulatedProblems
from npal_cli.randomness import Run, stream
from npal_cli.states import AcquisitionState, Prediction

SimulatedInputs = Float[np.ndarray, "problem _point _input"]


@dataclass(frozen=True)
class Learner:
    """Trains the networks of many runs, and asks them."""

    training: TrainingOptions
    expect: Expectations

    @property
    def classifier(self) -> Classifier:
        """The task model."""
        return self.expect.classifier

    @property
    def engine(self) -> Engine:
        """What works."""
        return self.expect.engine

    @property
    def objective(self) -> Objective:
        """What the improvements that are learnt are measured in."""
        return self.training.objective or self.expect.objective

    @property
    def unit(self) -> float:
        """What improvements are divided by for the network: 1, or the largest cost where they are measured in costs."""
        if self.objective.costs is None:
            return 1.0
        return float(np.abs(self.objective.costs).max()) or 1.0

    @property
    def is_checked(self) -> bool:
        """Whether its predictions can be held to the improvements that everything else is measured in."""
        return self.objective == self.expect.objective

    def scores(self, problems: Sequence[Problem], simulated: Sequence[SimulatedProblems]) -> list[OracleScores]:
        """What the oracle says of each run's simulated problems."""
        return simulated_improvements(problems, simulated, self.classifier, self.engine, self.objective)

    def train(
        self,
        problems: Sequence[Problem],
        step: int,
        simulated: Sequence[SimulatedProblems],
        scores: Sequence[OracleScores],
        begin: Sequence[Network] | None = None,
    ) -> Iterator[Network]:
        """The network of each run before ``step``, trained from scratch or going on from those of ``begin``."""
        inputs = self.simulated_inputs(problems, step, simulated)
        episodes = [self.episodes(*each) for each in zip(problems, simulated, scores, inputs, strict=True)]
        scales = [network_scale(problem) for problem in problems]
        draws = [training_stream(problem.run, step) for problem in problems]
        options = self.training
        if begin is not None and options.warm_epochs is not None:
            options = replace(options, epochs=options.warm_epochs)
        return train_networks(episodes, scales, options, draws, self.engine, begin)

    def simulated_inputs(
        self, problems: Sequence[Problem], step: int, simulated: Sequence[SimulatedProblems]
    ) -> list[SimulatedInputs]:
        """What is told of the simulated pool points of each run by the simulated problems themselves; 0 of others."""
        if set(self.training.inputs) == {"features"}:
            return [np.zeros((*splits.annotated.shape, 0)) for splits in simulated]
        states = [
            self._state(problem, *parts, step)
            for problem, splits in zip(problems, simulated, strict=True)
            for parts in zip(splits.annotated, splits.pool, strict=True)
        ]
        probabilities = self.expect.class_probabilities(states) if FROM_TEACHER & set(self.training.inputs) else None
        found = iter(inputs_of(states, self.training.inputs, self.expect, probabilities))
        result = []
        for splits in simulated:
            own = [next(found) for _ in splits.annotated]
            inputs = np.zeros((*splits.annotated.shape, own[0].shape[1]))
            for of_problem, pool, each in zip(inputs, splits.pool, own, strict=True):
                of_problem[pool] = each
            result.append(inputs)
        return result

    def episodes(
        self, problem: Problem, simulated: SimulatedProblems, scores: OracleScores, inputs: SimulatedInputs
    ) -> Episodes:
        """What the network of a run is trained on.

        Raises:
            UsageError: if context points are to be told what they improved, and there is no reward set that says it.
        """
        training, masks, n_classes = self.training, simulated.annotated, len(problem.class_weights)
        untried = np.isnan(inputs).any(axis=2)
        improvements = np.where(untried, np.nan, scores.improvements)  # nor will such points be chosen
        context_labels = np.zeros(masks.shape)
        if training.context_labels == "leave_one_out":
            check_context_labels(training, reward=len(problem.reward))
            context_labels = self._context_labels(problem, masks)
        classes = np.eye(n_classes)[problem.labels[problem.annotated]]
        return Episodes(
            features=problem.features[problem.annotated] / network_scale(problem),
            masks=masks,
            improvements=improvements / self.unit,
            context_labels=context_labels,
            classes=classes if training.context_classes else classes[:, :0],
            inputs=np.where(untried[:, :, None], 0.0, inputs),
            decodes_features="features" in training.inputs,
        )

    def predict(self, networks: Sequence[Network], states: Sequence[AcquisitionState]) -> list[Prediction]:
        """What the network of each run predicts for its pool; NaN for points that are not to be chosen."""
        training = self.training
        probabilities = self.expect.class_probabilities(states) if training.uses_teacher else None
        inputs = inputs_of(states, training.inputs, self.expect, probabilities)
        return [self._predict(*each) for each in zip(networks, states, inputs, strict=True)]

    def _predict(
        self,
        network: Network,
        state: AcquisitionState,
        inputs: Float[np.ndarray, "pool input"],
    ) -> Prediction:
        training = self.training
        labels = np.zeros((len(state.annotated_labels), 1))
        if training.context_labels == "leave_one_out":
            labels = self._context_labels(state.problem, np.ones(labels.T.shape, dtype=bool)).T
        if training.context_classes:
            classes = np.eye(len(state.class_weights))[state.annotated_labels]
            labels = np.concatenate([labels, classes], axis=1)
        n_features, decodes = state.annotated_features.shape[1], "features" in training.inputs
        shape = Shape(n_features, labels.shape[1], inputs.shape[1], decodes)
        question = Question(state.annotated_features, labels, state.pool_features, inputs)
        mean, sigma = predict(network, shape, training.model, question, self.engine.torch_device())
        return Prediction(self.unit * mean, self.unit * sigma)

    def _context_labels(
        self, problem: Problem, masks: Bool[np.ndarray, "problem point"]
    ) -> Float[np.ndarray, "problem point"]:
        return context_improvements(problem, masks, self.classifier, self.engine, self.objective) / self.unit

    def _state(
        self,
        problem: Problem,
        annotated: Bool[np.ndarray, " point"],
        pool: Bool[np.ndarray, " point"],
        step: int,
    ) -> AcquisitionState:
        """A simulated problem as a strategy would see it, with the reward set that the real problem has.

        Folds that stand in for the reward set are withheld: a real problem without a reward set has none either.
        """
        seen = problem.simulated(annotated, pool).as_seen("reward_set")
        features, labels = seen.features[seen.annotated], seen.labels[seen.annotated]
        fitted = self.classifier.fit(features, labels, seen.training_weights)
        return AcquisitionState(seen, step, fitted, stream("simulated state", *problem.run, step))


def training_stream(run: Run, step: int) -> np.random.Generator:
    """The stream that the network before ``step`` is initialised and trained with."""
    return stream("train", *run, step)


def network_scale(problem: Problem) -> float:
    """What the network's inputs are divided by: the largest absolute feature value over annotated set and pool."""
    return input_scale(problem.features[problem.annotated], problem.features[problem.pool])
