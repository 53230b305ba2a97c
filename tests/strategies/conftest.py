"""States to query."""

import numpy as np
import pytest

from npal_cli.classifiers import CLASSIFIERS, Classifier, ClassifierOptions, make_classifier
from npal_cli.classifiers.teacher import TeacherModel
from npal_cli.engine import Engine
from npal_cli.guidance.expectations import Expectations
from npal_cli.guidance.options import GuidanceOptions
from npal_cli.neural_process.learner import Learner
from npal_cli.neural_process.options import PlusOptions, PlusSimulateOptions, PlusTrainingOptions, TrainingOptions
from npal_cli.objectives import Objective
from npal_cli.oracle import ACCURACY
from npal_cli.problems.problem import Problem, Sight
from npal_cli.problems.simulated import SimulateOptions
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Strategy
from npal_cli.strategies.gcn import GCNOptions
from npal_cli.strategies.lal import LALOptions
from npal_cli.strategies.naming import select, strategy_names
from npal_cli.strategies.neural_process import NeuralProcess
from npal_cli.strategies.parameters import Parameters, Shared
from npal_cli.strategies.services import Services
from npal_cli.strategies.vaal import VAALOptions
from npal_cli.teachers import TeacherOptions
from npal_cli.testing import make_problem
from tests.conftest import make_image_problem, make_resnet

ALL = strategy_names()

SHARED = Shared(
    simulate=SimulateOptions(problems=8, fractions=(0.5, 0.7)),
    train_np=TrainingOptions(epochs=3),
    teacher=TeacherOptions(trees=5),
)
SMALL = {
    "gcn": GCNOptions(epochs=5),
    "lal": LALOptions(problems=8, trees=10),
    "np_plus": PlusOptions(5, PlusSimulateOptions(8, (0.5, 0.7)), PlusTrainingOptions(epochs=3)),
    "vaal": VAALOptions(epochs=1, batch_size=16, width=2, latent=4),
}
"""Options with which a strategy takes no time."""


def served_by(name: str) -> str:
    """A classifier that has what a strategy needs."""
    needs = select(name).kind.needs
    return "logistic" if needs <= CLASSIFIERS["logistic"].abilities else "resnet18"


def problem_for(name: str, seed: int = 0, n_classes: int = 2) -> Problem:
    """A problem that a strategy can be asked about: of images, if it needs such."""
    return (make_problem if served_by(name) == "logistic" else make_image_problem)(seed, n_classes)


def state_of(
    problem: Problem,
    *,
    sees: Sight = "reward_set",
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
    fitted = model.fit(problem.features[rows], problem.labels[rows], problem.training_weights)
    return AcquisitionState(problem.as_seen(sees), 1, fitted, np.random.default_rng(seed))


def make_strategy(name: str, classifier: str = "logistic") -> Strategy:
    kind, variant, _ = select(name)
    options = SMALL.get(kind.section) or (kind.Options and kind.Options())
    task = make_resnet() if classifier == "resnet18" else make_classifier("logistic", ClassifierOptions())
    if classifier == "svm":
        task = make_classifier("svm", ClassifierOptions())
    return kind.make(Services(task, Parameters(SHARED, options), Engine(device="cpu"), variant))


def expecting(task: Classifier, objective: Objective = ACCURACY, **options) -> Expectations:
    return Expectations(task, TeacherOptions(trees=5), GuidanceOptions(**options), objective, Engine(device="cpu"))


def neural_process(task: Classifier | None = None, **options) -> NeuralProcess:
    task = task or make_classifier("logistic", ClassifierOptions())
    learner = Learner(TrainingOptions(epochs=3, **options), expecting(task))
    return NeuralProcess(learner, SHARED.simulate)


@pytest.fixture(params=ALL)
def name(request) -> str:
    return str(request.param)


@pytest.fixture
def strategy(name: str) -> Strategy:
    return make_strategy(name)
