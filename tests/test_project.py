"""What stands around the code says what the code does."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from npal_cli.cli import app
from npal_cli.problems.datasets import REGISTRY
from npal_cli.report.paper import reported_results
from npal_cli.settings import read_settings
from npal_cli.strategies import STRATEGIES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
GRAPH = YAML(typ="safe").load(ROOT / "dvc.yaml")
STAGES = GRAPH["stages"]
IMAGE_STAGES = YAML(typ="safe").load(ROOT / "image_study" / "dvc.yaml")["stages"]
ALL_STAGES = {**STAGES, **IMAGE_STAGES}
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
ITEM = {"data": "waveform", "setting": "balanced", "classifier": "logistic", "strategy": "margin"}


def filled(text: str) -> str:
    for name, value in ITEM.items():
        text = text.replace(f"${{item.{name}}}", value)
    return text


def paths(stage: str, kind: str) -> list[str]:
    return [filled(path) for path in ALL_STAGES[stage].get(kind, []) if path.startswith("data/")]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command(command):
    assert f"npal {command}" in README


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_readme_names_every_strategy_with_its_label(name):
    assert f"| `{name}` | {STRATEGIES[name].label} |" in README


@pytest.mark.parametrize("name", REGISTRY)
def test_the_readme_names_every_data_set(name):
    assert f"`{name}`" in README


def test_every_npal_command_in_the_readme_exists_with_its_options():
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    calls = [shlex.split(call, comments=True) for call in re.findall(r"npal [^;&|)\n]*", "\n".join(blocks))]
    assert len(calls) >= 8
    for _, said, *rest in calls:
        command = "oracle" if said == "$stage" else said
        known = {name for parameter in COMMANDS[command].params for name in parameter.opts} | {"--help"}
        assert {part for part in rest if part.startswith("--")} <= known, (command, rest)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\((?!http)([^)#]+)\)", README))))
def test_every_link_in_the_readme_leads_somewhere(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("stage", ALL_STAGES)
def test_each_stage_is_a_command_with_options_that_exist(stage):
    program, command, *rest = shlex.split(filled(ALL_STAGES[stage]["cmd"]))
    assert program == "npal"
    assert command == stage or stage in IMAGE_STAGES
    options = {name for parameter in COMMANDS[command].params for name in parameter.opts}
    assert {part for part in rest if part.startswith("--")} <= options
    assert ALL_STAGES[stage]["desc"]


def test_the_stages_are_the_commands():
    assert list(STAGES) == list(COMMANDS)


@pytest.mark.parametrize("stage", ALL_STAGES)
def test_what_a_stage_reads_is_what_another_makes(stage):
    made = [path for other in ALL_STAGES for path in paths(other, "outs")]
    for path in paths(stage, "deps"):
        assert any(out == path or out.startswith(f"{path}/") for out in made), path


def test_the_study_of_features_reads_nothing_of_the_study_of_images():
    image_paths = [path for stage in IMAGE_STAGES for path in paths(stage, "outs")]
    for stage in STAGES:
        for path in paths(stage, "deps"):
            assert not any(made.startswith(f"{path}/") for made in image_paths), (stage, path)


@pytest.mark.parametrize("stage", ALL_STAGES)
def test_the_code_and_the_parameters_a_stage_depends_on_exist(stage):
    for path in ALL_STAGES[stage]["deps"]:
        if not path.startswith("data/"):
            assert (ROOT / path).exists(), path
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    for key in ALL_STAGES[stage].get("params", []):
        section = params
        for part in filled(key).split("."):
            section = section[part]


def test_the_stages_that_profit_from_a_gpu_are_marked():
    marked = [stage for stage, content in ALL_STAGES.items() if content.get("meta", {}).get("gpu")]
    assert marked == ["oracle", "train-np", "acquire", "image-acquire", "mnist-svm"]


def test_a_stage_makes_just_what_the_graph_says(tmp_path, monkeypatch):
    from tests.stages.conftest import TINY, CliRunner

    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(TINY)
    for stage in STAGES:
        _, *arguments = shlex.split(filled(STAGES[stage]["cmd"]))
        assert CliRunner().invoke(app, arguments).exit_code == 0, stage
        assert all((tmp_path / path).exists() for path in paths(stage, "outs"))
    reported = {path for plot in GRAPH["plots"] for path in ([plot] if isinstance(plot, str) else plot["AUAC"]["y"])}
    assert all((tmp_path / path).exists() for path in (*reported, *GRAPH["metrics"]))


def test_the_image_stages_cover_all_of_tables_4_to_7():
    settings = read_settings(ROOT / "params.yaml")
    strategies = {STRATEGIES[name].label for name in settings.acquire.strategies.resnet18}
    reported = reported_results()
    tables = reported[reported["classifier"] == "resnet18"]
    assert set(tables["data"]) == set(settings.images.data)
    assert set(tables["strategy"]) == strategies
    assert set(tables["setting"]) == set(settings.images.setting)


@pytest.mark.parametrize("file", ["params.yaml", "image_study/quick.yaml"])
def test_the_parameter_files_are_read(file):
    read_settings(ROOT / file)


def test_the_study_of_the_parameter_file_is_the_papers():
    study = read_settings(ROOT / "params.yaml").study
    assert len(study.data) * len(study.setting) * len(study.classifier) == 18


def test_dvc_writes_no_ignore_files_of_its_own_below_data():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/data/*" in ignored


def test_no_file_is_longer_than_a_reader_likes():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "npal_cli").rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 300
    }
    assert long == {}
