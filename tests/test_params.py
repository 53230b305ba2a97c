"""``params.yaml``: what is in it, and what is refused."""

import pickle
from dataclasses import asdict
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from npal_cli.errors import UsageError
from npal_cli.params import Params, params_of, read_params

PARAMS = Path(__file__).parents[1] / "params.yaml"


def written(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return path


def test_the_projects_file_holds_the_defaults_and_every_key():
    assert read_params(PARAMS) == Params()
    as_lists = YAML(typ="safe").load(PARAMS)
    assert as_lists.keys() == asdict(Params()).keys()


def test_an_estimator_has_its_parameters_by_import_path_and_by_name():
    path = "sklearn.tree.DecisionTreeClassifier"
    params = params_of({"classifiers": {path: {"max_depth": 2}}})
    assert params.options_of(path) == params.options_of("DecisionTreeClassifier")
    assert params.options_of(path).parameters == {"max_depth": 2}
    assert pickle.loads(pickle.dumps(params)) == params


def test_what_is_left_out_has_its_default(tmp_path):
    params = read_params(written(tmp_path, "simulate:\n  problems: 7\n"))
    assert params.simulate.problems == 7
    assert params.simulate.fractions == Params().simulate.fractions


def test_what_is_left_out_of_the_images_has_the_image_studys_default(tmp_path):
    (tmp_path / "params.yaml").write_text("images: {steps: 3, prepare: {annotated: 50}}\nprepare: {test: 30}")
    params = read_params(tmp_path / "params.yaml")
    plan = params.plan("resnet18")
    assert (plan.steps, plan.batch_size, plan.data_seed) == (3, 1000, (1, 2, 3))
    assert (plan.prepare.annotated, plan.prepare.reward, plan.prepare.test) == (50, 0, None)
    other = params.plan("svm")
    assert (other.steps, other.batch_size, other.subsample, other.prepare.test) == (10, 1, None, 30)
    assert params.with_steps(7).plan("svm").steps == params.with_steps(7).plan("resnet18").steps == 7


def test_an_empty_file_and_no_file_are_the_defaults(tmp_path, monkeypatch):
    assert read_params(written(tmp_path, "")) == Params()
    monkeypatch.chdir(tmp_path / "..")
    assert read_params(None) == Params()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("simulate:\n  problem: 7", "simulate.problem: unknown key; known there: problems, fractions"),
        ("sumulate: {}", "sumulate: unknown key; known there: defaults, study"),
        ("train_np:\n  model:\n    widht: 32", "train_np.model.widht: unknown key; known there: width, attention"),
        ("simulate:\n  problems: many", r"simulate.problems: .*integer \(found \"many\"\)"),
        ("simulate:\n  problems: '7'", "simulate.problems: .*integer"),
        ("simulate:\n  fractions: [0.5, 1.0]", r"simulate.fractions.1: .*less than 1 \(found 1.0\)"),
        ("simulate:\n  fractions: [0.0]", "simulate.fractions.0: .*greater than 0"),
        ("simulate:\n  fractions: []", "simulate.fractions: .*at least 1"),
        ("defaults:\n  seed: []", "defaults.seed: .*at least 1"),
        ("defaults:\n  setting: [balancd]", "defaults.setting.0: .*'balanced', 'imbalanced'"),
        ("defaults:\n  classifier: [svc]", "unknown classifier 'svc'"),
        ("acquire:\n  strategies:\n    svm: [orcale]", "unknown strategy 'orcale'.*did you mean 'oracle'"),
        ("acquire:\n  steps: 0", "acquire.steps: .*greater than or equal to 1"),
        ("train_np:\n  model:\n    width: 20", "train_np.model.width: .*multiple of 8"),
        ("classifiers:\n  resnet18:\n    width: 0", "classifiers.resnet18.width: .*greater than or equal to 1"),
        ("classifiers:\n  resnet18:\n    augmentation: flip", "classifiers.resnet18.augmentation: .*'source', 'none'"),
        ("images:\n  prepare:\n    standardise: overall", "images.prepare.standardise: unknown key; known there: test"),
        ("images:\n  subsample: 0", "images.subsample: .*greater than or equal to 1"),
        ("strategies:\n  gcn: {dropout: 1.0}", "strategies.gcn.dropout: .*less than 1"),
        ("simulate: 3", "simulate: expected keys and values, as in {name: value}"),
        ("train_np: {inputs: features}", r"train_np.inputs: expected a list, as in \[value\] \(found \"features\"\)"),
        (
            "strategies: {np_plus: {train: {objective: {name: cost}}}}",
            "strategies.np_plus.train.objective: .*cost needs costs, a matrix",
        ),
        ("[1, 2]", "the file: expected keys and values"),
        ("train_np:\n  learning_rate: .inf", "train_np.learning_rate: .*finite"),
        ("defaults:\n  seed: [99999999999999999999]", "defaults.seed.0: "),
        ("a: [", "not valid YAML"),
        ("a: 1\na: 2", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path, text, error):
    with pytest.raises(UsageError, match=error) as raised:
        read_params(written(tmp_path, text))
    assert "\n" not in str(raised.value)
    assert "params.yaml" in str(raised.value)


def numbers(values, *path):
    """Where each whole number is that says how many of something there are."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from numbers(value, *path, key)
        elif type(value) is int and key != "seed":
            yield (*path, key)


@pytest.mark.parametrize("path", list(numbers(asdict(Params()))), ids=".".join)
def test_no_number_can_ask_for_more_than_any_machine_has(path):
    asked = 10**12
    for key in reversed(path):
        asked = {key: asked}
    with pytest.raises(UsageError, match=f"{path[-1]}.*less than or equal"):
        params_of(asked)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere.yaml: No such file"):
        read_params(tmp_path / "nowhere.yaml")
