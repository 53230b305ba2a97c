"""States to query."""

import numpy as np
import pytest

from npal_cli.classifiers import CLASSIFIERS, Classifier, ClassifierOptions, TeacherModel, make_classifier
from npal_cli.engine import Engine
from npal_cli.neural_process.options import PlusTrainingOptions, TrainingOptions
from npal_cli.objectives import Objective
from npal_cli.oracle import ACCURACY
from npal_cli.problems.problem import Problem
from npal_cli.problems.simulated import SimulateOptions
from npal_cli.strategies import STRATEGY_NAMES, AcquisitionState, Strategy, parse_strategy, simple_strategy
from npal_cli.strategies.base import Sight
from npal_cli.strategies.committee import QueryByCommittee
from npal_cli.strategies.expectations import Expectations, TaughtOptions
from npal_cli.strategies.gcn import GCNOptions, GraphStrategy
from npal_cli.strategies.lal import LAL, LALOptions
from npal_cli.strategies.learner import Learner
from npal_cli.strategies.neural_process import NeuralProcess, NeuralProcessPlus
from npal_cli.strategies.oracle import MyopicOracle
from npal_cli.strategies.taught import TaughtStrategy
from npal_cli.strategies.vaal import VAAL, VAALOptions
from npal_cli.teachers import TeacherOptions
from tests.conftest import make_image_problem, make_problem, make_resnet

ALL = STRATEGY_NAMES


def served_by(name: str) -> str:
    """A classifier that has what a strategy needs."""
    needs = parse_strategy(name).strategy.needs
    return "logistic" if needs <= CLASSIFIERS["logistic"].abilities else "resnet18"


def problem_for(name: str, seed: int = 0, n_classes: int = 2) -> Problem:
    """A problem that a strategy can be asked about: of images, if it needs such."""
    return (make_problem if served_by(name) == "logistic" else make_image_problem)(seed, n_classes)


def state_of(
    problem: Problem,
    *,
    sees: Sight = "known",
    classifier: str = "logistic",
    seed: int = 0,
    strategy: Strategy | None = None,
):
    rows = problem.annotated
    if classifier == "teacher":
        model = TeacherModel(TeacherOptions(trees=5))
    elif problem.features.ndim == 4:
        model = make_resnet() if strategy is None else strategy.task_model(make_resnet())
    else:
        model = make_classifier(classifier, ClassifierOptions())
    return AcquisitionState(
        run=problem.run,
        step=1,
        annotated_features=problem.features[rows],
        annotated_labels=problem.labels[rows],
        reward_features=problem.features[problem.reward],
        reward_labels=problem.labels[problem.reward],
        pool_features=problem.features[problem.pool],
        class_weights=problem.class_weights,
        training_weights=problem.training_weights,
        classifier=model.fit(problem.features[rows], problem.labels[rows], problem.training_weights),
        random=np.random.default_rng(seed),
        truth={"known": None, "pool_labels": problem.without_test(), "test_set": problem}[sees],
    )


def make_strategy(name: str, classifier: str = "logistic") -> Strategy:
    kind = parse_strategy(name).strategy
    if kind is VAAL:
        return VAAL(VAALOptions(epochs=1, batch_size=16, width=2, latent=4))
    if issubclass(kind, GraphStrategy):
        return kind(GCNOptions(epochs=5))
    if classifier == "resnet18" or "refits" not in kind.needs:
        return simple_strategy(name)
    return make_refitting(kind, make_classifier(classifier, ClassifierOptions()))


def make_refitting(kind: type[Strategy], task: Classifier) -> Strategy:
    if issubclass(kind, MyopicOracle):
        return kind(task, Engine())
    if kind is QueryByCommittee:
        return QueryByCommittee(task)
    simulating = SimulateOptions(problems=8, fractions=(0.5, 0.7))
    if kind is LAL:
        return LAL(task, simulating, LALOptions(problems=8, trees=10), Objective(), Engine())
    if issubclass(kind, TaughtStrategy):
        return kind(expecting(task))
    if kind is NeuralProcessPlus:
        return NeuralProcessPlus(Learner(PlusTrainingOptions(epochs=3), expecting(task)), simulating)
    return neural_process(task)


def expecting(task: Classifier, objective: Objective = ACCURACY, **options) -> Expectations:
    return Expectations(task, TeacherOptions(trees=5), TaughtOptions(**options), objective, Engine(device="cpu"))


def neural_process(task: Classifier | None = None, **options) -> NeuralProcess:
    task = task or make_classifier("logistic", ClassifierOptions())
    learner = Learner(TrainingOptions(epochs=3, **options), expecting(task))
    return NeuralProcess(learner, SimulateOptions(problems=8, fractions=(0.5, 0.7)))


@pytest.fixture(params=ALL)
def name(request) -> str:
    return str(request.param)


@pytest.fixture
def strategy(name: str) -> Strategy:
    return make_strategy(name)
