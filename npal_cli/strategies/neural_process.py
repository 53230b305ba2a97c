"""The paper's strategy: acquire the point whose improvement the neural process predicts to be largest (section 5)."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from npal_cli.neural_process.network import Network
from npal_cli.neural_process.options import PlusOptions, TrainingOptions, check_context_labels
from npal_cli.objectives import Objective
from npal_cli.problems.problem import Problem
from npal_cli.problems.simulated import SimulateOptions, simulate, simulation_stream
from npal_cli.randomness import Run
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy, check_tried, others_as_worst
from npal_cli.strategies.looks import Look
from npal_cli.strategies.parameters import Parameters, SharedName, Task
from npal_cli.strategies.services import Networks, Services, no_networks

if TYPE_CHECKING:
    import npal_cli.neural_process.learner


class NeuralProcess(Strategy):
    """Simulate, score and train anew at each step; acquire by predicted improvement (Algorithm 1).

    Its ``simulate``, ``oracle`` and ``train-np`` are the stages' own. A network that ``trained`` knows is used as it
    is. Without a reward set, parts of the annotated set take turns in being it.
    """

    name = "np"
    label = "NP"
    order = 100
    look = Look("#A54B00", "#F0690F", "square", "dashed")
    uses: ClassVar[tuple[SharedName, ...]] = ("objective", "simulate", "train_np")
    needs = frozenset(("refits",))
    sees = "reward_set"

    def __init__(
        self,
        learner: "npal_cli.neural_process.learner.Learner",
        simulate_options: SimulateOptions,
        trained: Networks = no_networks,
    ) -> None:
        self.learner = learner
        self._simulate = simulate_options
        self._trained = trained
        self._last: dict[tuple[Run, int], Network] = {}

    @classmethod
    def make(cls, services: Services) -> "NeuralProcess":
        """With the services' refits and teacher, and the networks that were trained earlier."""
        from npal_cli.neural_process.learner import Learner

        shared = services.parameters.shared
        return cls(Learner(shared.train_np, services.expect), shared.simulate, services.networks)

    @classmethod
    def training(cls, given: Parameters) -> TrainingOptions:
        """How its networks are trained."""
        return given.shared.train_np

    @classmethod
    def parameters(cls, given: Parameters) -> dict[str, Any]:
        """As of others, and what a teacher says depends on if the network is told."""
        return super().parameters(given) | guidance_parameters(cls.training(given), given)

    @classmethod
    def objectives(cls, given: Parameters) -> list[Objective]:
        """Everybody's, and its own."""
        own = cls.training(given).objective
        return [*super().objectives(given), *([own] if own is not None else [])]

    @classmethod
    def check(cls, task: Task, given: Parameters) -> None:
        """Refuse context labels without a reward set, and a batch of more points than are tried by refitting."""
        training = cls.training(given)
        check_context_labels(training, task.reward)
        if "improvements" in training.inputs:
            check_tried(task.name, given.shared.guided.candidates, task.batch_size, "guided.candidates")

    @classmethod
    def ranks(cls, given: Parameters) -> bool:  # noqa: ARG003
        """It does."""
        return True

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Train the networks that are missing, predict every pool, take the best of each."""
        networks = self.networks([state.problem for state in states], states[0].step, batch_size)
        options = self.learner.training
        epochs = max(options.epochs, options.warm_epochs or 0)
        choices = []
        predictions = self.learner.predict(networks, states)
        for state, network, each in zip(states, networks, predictions, strict=True):
            predicted = each.mean if options.acquire_by == "mean" else each.mean + each.sigma
            scores = others_as_worst(predicted)
            loss = np.pad(network.loss, (0, epochs - len(network.loss)), constant_values=np.nan)
            kept = each if self.learner.is_checked and len(state.reward_labels) else None
            choices.append(Choice(state.best(scores, batch_size), scores, loss, kept))
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
    order = 101
    look = Look("#E13C5A", "#FF6969", "triangle-up", "dashed")
    Options = PlusOptions
    uses = ("objective",)

    @classmethod
    def make(cls, services: Services) -> "NeuralProcess":
        """With a teacher of its own size."""
        from npal_cli.neural_process.learner import Learner

        plus, shared = services.parameters.options, services.parameters.shared
        expect = replace(services.expect, teacher=replace(shared.teacher, trees=plus.trees))
        return cls(Learner(plus.train, expect), plus.simulate)

    @classmethod
    def training(cls, given: Parameters) -> TrainingOptions:
        """As its own options say."""
        training: TrainingOptions = given.options.train
        return training


def guidance_parameters(training: TrainingOptions, given: Parameters) -> dict[str, Any]:
    """What the training of a network also depends on if it is told what a teacher says."""
    if not training.uses_teacher:
        return {}
    return {"guided": asdict(given.shared.guided), "teacher": asdict(given.shared.teacher)}
