"""Strategies, task models and data sets that other files and packages bring."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from npal_cli.artifacts import find
from npal_cli.classifiers import CLASSIFIERS
from npal_cli.errors import UsageError
from npal_cli.plugins import load
from npal_cli.problems.datasets import REGISTRY
from npal_cli.records import AcquiredRecord, PreparedRecord
from npal_cli.strategies.registry import STRATEGIES
from tests.commands import json_of

FARTHEST = '''
from dataclasses import dataclass

import numpy as np

from npal_cli.strategies.base import ScoringStrategy


@dataclass(frozen=True)
class FarthestOptions:
    power: float = 1.0


class {name}(ScoringStrategy):
    """The point farthest from the mean of the annotated ones."""

    name = "{lower}"
    label = "{name} of all"
    Options = FarthestOptions

    def __init__(self, options=FarthestOptions()):
        self.power = options.power

    @classmethod
    def make(cls, services):
        return cls(services.parameters.options)

    def scores(self, state):
        centre = state.annotated_features.mean(axis=0)
        return np.linalg.norm(state.pool_features - centre, axis=1) ** self.power
'''


POINTS = """
import numpy as np

from npal_cli.problems.dataset import Dataset, DatasetKind


def load():
    draws = np.random.default_rng(0)
    labels = draws.integers(2, size=400)
    return Dataset("points", draws.normal(size=(400, 2)) + labels[:, None], labels, ("no", "yes"))


POINTS = DatasetKind("points", load, version="1")
"""


@pytest.fixture
def mine(npal, monkeypatch, tmp_path):
    """A file with a strategy in the working directory."""
    (tmp_path / "mine.py").write_text(FARTHEST.format(name="Farthest", lower="farthest"))
    monkeypatch.setattr(STRATEGIES, "_named", {})
    monkeypatch.setattr(STRATEGIES, "_paths", {})
    monkeypatch.setattr(CLASSIFIERS, "_named", {})
    monkeypatch.setattr(REGISTRY, "_named", {})
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield npal
    sys.modules.pop("mine", None)


def acquired(row):
    found = find(Path(row["artifact"]), AcquiredRecord, Path("data"))
    assert found is not None
    return found


def test_a_strategy_of_an_import_path_has_options_an_artifact_and_a_place_in_the_report(mine):
    params = Path("params.yaml").read_text()
    Path("params.yaml").write_text(params + "strategies: {'mine:Farthest': {power: 2.0}}\n")
    rows = json_of(mine("acquire", "--seed", 1, "--strategy", "mine:Farthest", "--strategy", "random", "--json"))
    assert [row["strategy"] for row in rows] == ["farthest", "random"]
    record, provenance = acquired(rows[0])
    assert provenance.parameters["farthest"] == {"power": 2.0}
    assert provenance.parameters["imported_from"] == "mine:Farthest"
    assert record.chosen_scores.max() > 0
    STRATEGIES._named.clear()  # as in another process
    mine("report")
    assert "Farthest of all" in Path("data/report/report.md").read_text()
    Path("params.yaml").write_text(params)
    Path("mine.py").unlink()
    STRATEGIES._named.clear()
    sys.modules.pop("mine")
    said = mine("report").stderr
    assert "No module named 'mine'; give an import path" in said
    assert "shown by its name alone" in said


def test_its_options_are_checked(mine):
    with Path("params.yaml").open("a") as file:
        file.write("strategies: {'mine:Farthest': {powre: 2.0}}\n")
    said = mine("acquire", "--strategy", "mine:Farthest", code=2).stderr
    assert "strategies.farthest.powre: unknown key; known there: power" in said


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("mine:Nearest", "strategy 'mine:Nearest': module 'mine' has no attribute 'Nearest'"),
        ("yours:Farthest", "strategy 'yours:Farthest': No module named 'yours'"),
        ("mine:FarthestOptions", "is no npal_cli.strategies.base.Strategy that can be made"),
        ("mine:ScoringStrategy", "is no npal_cli.strategies.base.Strategy that can be made"),
    ],
)
def test_what_is_no_strategy_is_refused(mine, path, said):
    assert said in mine("acquire", "--strategy", path, code=2).stderr


def test_a_name_that_is_taken_is_refused(mine):
    Path("mine.py").write_text(FARTHEST.format(name="Random", lower="random"))
    assert "the name 'random' is that of another" in mine("acquire", "--strategy", "mine:Random", code=2).stderr


def test_a_data_set_of_an_import_path_is_prepared_and_made_anew_with_its_version(mine):
    Path("mine.py").write_text(POINTS)
    only = ("--data", "mine:POINTS", "--setting", "balanced", "--seed", 1)
    rows = json_of(mine("acquire", *only, "--strategy", "random", "--json"))
    assert [row["data"] for row in rows] == ["points"]
    prepared = find(Path("data/prepared/points/balanced.zarr"), PreparedRecord, Path("data"))
    assert prepared is not None
    assert prepared[1].parameters["source"] == "1"
    assert prepared[1].parameters["prepare"]["standardise"] == "per_feature"
    Path("mine.py").write_text(POINTS.replace('version="1"', 'version="2"'))
    REGISTRY._named.clear()
    sys.modules.pop("mine")
    assert "parameters changed" in mine("prepare", *only).stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("POINTS = 3", "is no npal_cli.problems.dataset.DatasetKind"),
        (POINTS.replace('DatasetKind("points"', 'DatasetKind("waveform"'), "'waveform' is the name of another"),
        (POINTS.replace("(400, 2)) +", "(400, 2)) / 0 +"), "data set points: feature 1 is"),
    ],
)
def test_what_is_no_data_set_is_refused(mine, text, said):
    Path("mine.py").write_text(text)
    code = 1 if "feature" in said else 2
    with np.errstate(all="ignore"):
        assert said in mine("prepare", "--data", "mine:POINTS", code=code).stderr


def test_a_package_brings_strategies_and_data_sets_by_entry_points(tmp_path, monkeypatch, npal):
    """What an installer leaves of a small package: its modules, and the names of its entry points."""
    site = tmp_path / "site"
    info = site / "brought-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "brought.py").write_text(FARTHEST.format(name="Outermost", lower="outermost"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1.0\n")
    (site / "rows.py").write_text(POINTS)
    named = "[npal.strategies]\noutermost = brought:Outermost\n[npal.datasets]\npoints = rows:POINTS\n"
    (info / "entry_points.txt").write_text(named)
    command = [
        sys.executable,
        "-m",
        "npal_cli",
        "acquire",
        "--seed",
        "1",
        "--strategy",
        "outermost",
        "--data",
        "points",
    ]
    monkeypatch.setenv("PYTHONPATH", f"{site}:{Path(__file__).parents[2]}")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "points/imbalanced_weighted/logistic/outermost.zarr" in done.stdout


def test_any_estimator_can_be_the_task_model_and_be_refitted(mine):
    with Path("params.yaml").open("a") as file:
        file.write("guided: {candidates: 3, evaluation_points: 20}\nteacher: {models: [extra_trees], trees: 3}\n")
        file.write("classifiers: {sklearn.tree.DecisionTreeClassifier: {max_depth: 2}}\n")
    tree = ("--classifier", "sklearn.tree.DecisionTreeClassifier")
    names = ("random", "margin", "blend", "oracle")
    strategies = [part for name in names for part in ("--strategy", name)]
    rows = json_of(mine("acquire", "--seed", 1, *tree, *strategies, "--workers", 1, "--json"))
    assert [row["classifier"] for row in rows] == ["DecisionTreeClassifier"] * 4
    options = acquired(rows[0])[1].parameters["options"]
    assert options == {"estimator": "sklearn.tree.DecisionTreeClassifier", "parameters": {"max_depth": 2}}
    CLASSIFIERS._named.clear()
    mine("report")
    assert "DecisionTreeClassifier" in Path("data/report/report.md").read_text()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("sklearn.tree.Forest", "has no attribute 'Forest'"),
        ("sklearn.neighbors.KNeighborsClassifier", "its fit takes no sample_weight"),
        ("sklearn.cluster.KMeans", "has neither predict_proba nor decision_function"),
        ("sklearn.metrics.accuracy_score", "no class with fit and predict"),
    ],
)
def test_what_is_no_task_model_is_refused(mine, path, said):
    assert said in mine("acquire", "--classifier", path, code=2).stderr


def test_a_parameter_that_an_estimator_lacks_is_refused(mine):
    with Path("params.yaml").open("a") as file:
        file.write("classifiers: {sklearn.tree.DecisionTreeClassifier: {depth: 2}}\n")
    said = mine("acquire", "--classifier", "sklearn.tree.DecisionTreeClassifier", "--strategy", "random", code=2).stderr
    assert "has no parameter 'depth': expected some of criterion" in said


@pytest.mark.parametrize("path", ["sklearn.linear_model.RidgeClassifier", "sklearn.ensemble.ExtraTreesClassifier"])
def test_an_estimator_says_how_sure_it_is_as_it_can(path, problem):
    kind = CLASSIFIERS.find(path)
    rows, three = problem.annotated, np.arange(len(problem.annotated)) % 3
    for labels, weights in ((problem.labels[rows], np.ones(2)), (three, np.ones(4))):
        fitted = kind.make(kind.Options()).fit(problem.features[rows], labels, weights)
        soft = fitted.soft_predictions(problem.features)
        np.testing.assert_allclose(soft.sum(axis=1), 1)
        assert soft.shape[1] == len(weights)
        assert (fitted.boundary_distances(problem.features) >= 0).all()
        assert (soft.argmax(axis=1) == fitted.predict(problem.features)).all()


def test_what_cannot_be_imported_is_refused():
    with pytest.raises(UsageError, match="give an import path, as in my_module:MyClass"):
        load("nowhere.at.all", "strategy")
