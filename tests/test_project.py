"""What stands around the code says what the code does."""

import ast
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from npal_cli.cli import app
from npal_cli.params import read_params
from npal_cli.problems.datasets import REGISTRY
from npal_cli.report.paper import reported_results
from npal_cli.strategies.registry import STRATEGIES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
GRAPH = YAML(typ="safe").load(ROOT / "dvc.yaml")
STAGES = GRAPH["stages"]
IMAGE_STAGES = YAML(typ="safe").load(ROOT / "image_study" / "dvc.yaml")["stages"]
LEARN_STAGES = YAML(typ="safe").load(ROOT / "pretraining" / "dvc.yaml")["stages"]
ALL_STAGES = {**STAGES, **IMAGE_STAGES, **LEARN_STAGES}
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
ITEM = {"data": "waveform", "setting": "balanced", "classifier": "logistic", "strategy": "margin"}

INFRASTRUCTURE = {
    "cli.py": "reads the command line",
    "cli_output.py": "prints",
    "cli_options.py": "the options of the command line",
    "params.py": "reads params.yaml, whose sections the stages name",
    "plans.py": "its sections of what is worked on",
    "errors.py": "messages",
    "untrusted.py": "what is refused",
    "cluster.py": "who does the work",
    "plugins.py": "finds what others bring, and is not it",
    "processes.py": "where work is done",
    "engine.py": "where work is done, not what",
    "arrays.py": "what a record of arrays is",
    "artifacts.py": "how arrays are stored; a version of npal that stores others says so in their format",
    "commit.py": "how a store is put in place",
    "seeds.py": "how ranges of seeds are written",
    "pipeline/build.py": "what is up to date",
    "pipeline/checkpoints.py": "keeps runs that were done when a command is killed",
    "pipeline/context.py": "carries what a command was told; names what is made of it, which the stages import too",
    "pipeline/estimates.py": "what it would take",
    "pipeline/locks.py": "keeps two commands from making the same",
    "pipeline/places.py": "where artifacts are",
    "pipeline/progress.py": "keeps steps that were done when a command is killed",
    "pipeline/encoded.py": "the features of one's own rows to label, which are in no study",
    **{
        f"problems/collections/{module}.py": "data sets of collections, which no stage names"
        for module in ("__init__", "keel", "openml")
    },
    **{
        f"tables/{module}.py": "tables of one's own, which are in no study"
        for module in ("__init__", "example", "files", "formats", "intake", "kept", "shelf")
    },
}
"""Modules that no artifact changes with, and why: neither they nor what they import need be named by a stage."""

STAGE_MODULES = {name: f"stages/{name.replace('-', '_')}.py" for name in (*STAGES, *LEARN_STAGES)}
BUILDS = {**STAGE_MODULES, "prepare": "pipeline/prepared.py"}
"""The module that builds a stage's artifact."""

WITHOUT_IMAGES = ("learned/", "neural_process/", "oracle.py", "refit/", "stages/train_np.py")
"""What nothing with ResNet18 ever calls, for it cannot be refitted: days of training do not depend on it."""


def filled(text: str) -> str:
    for name, value in ITEM.items():
        text = text.replace(f"${{item.{name}}}", value)
    return text


def paths(stage: str, kind: str) -> list[str]:
    named = (next(iter(each)) if isinstance(each, dict) else each for each in ALL_STAGES[stage].get(kind, []))
    return [filled(path) for path in named if path.startswith("data/")]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command(command):
    assert f"npal {command}" in README


@pytest.mark.parametrize("name", STRATEGIES)
def test_readme_and_reference_name_every_strategy_with_its_label(name):
    assert f"`{name}`" in README
    assert f"| `{name}` | {STRATEGIES[name].label} |" in (ROOT / "docs/reference/strategies.md").read_text()


@pytest.mark.parametrize("name", REGISTRY)
def test_the_reference_names_every_data_set(name):
    assert f"`{name}`" in (ROOT / "docs/reference/data.md").read_text()


@pytest.mark.parametrize("stage", ALL_STAGES)
def test_each_stage_is_a_command_with_options_that_exist(stage):
    program, command, *rest = shlex.split(filled(ALL_STAGES[stage]["cmd"]))
    assert program == "npal"
    assert command == stage or stage in IMAGE_STAGES
    options = {name for parameter in COMMANDS[command].params for name in parameter.opts}
    assert {part for part in rest if part.startswith("--")} <= options
    assert ALL_STAGES[stage]["desc"]


def test_the_stages_are_the_commands_and_one_looks_at_what_they_made():
    assert [*STAGES, *LEARN_STAGES, "verify"] == [
        name for name, each in COMMANDS.items() if each.rich_help_panel != "Your own rows"
    ]


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


def module_file(name: str) -> Path | None:
    """The file of a module of npal, if that is what the name is of."""
    place = ROOT.joinpath(*name.split("."))
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


def imported(path: Path) -> Iterator[Path]:
    """The files of npal's modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}: a relative import, which is not understood here"
            names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        yield from (found for name in names if name.startswith("npal_cli") and (found := module_file(name)))


def modules_behind(stage: str) -> set[str]:
    """What a stage runs, as paths in the package; of stages before it, whose artifacts it takes, their module alone."""
    _, command, *options = shlex.split(ALL_STAGES[stage]["cmd"])
    taken = {path for name, path in BUILDS.items() if name != command and "--no-build" in options}
    first, found = STAGE_MODULES[command], set()
    waiting = [first, *(["pipeline/selection.py"] if command == "acquire" else [])]
    while waiting:
        module = waiting.pop()
        if module in found or module in INFRASTRUCTURE:
            continue
        found.add(module)
        if module not in taken:
            more = [*imported(ROOT / "npal_cli" / module)]
            if module == "strategies/registry.py" and command == "acquire":
                more += (ROOT / "npal_cli/strategies").glob("*.py")  # it imports all of them, by their names
            waiting += [str(path.relative_to(ROOT / "npal_cli")) for path in more]
    return found


@pytest.mark.parametrize("stage", ALL_STAGES)
def test_a_stage_depends_on_the_code_that_it_runs(stage):
    named = [path.removeprefix("npal_cli/") for path in ALL_STAGES[stage]["deps"] if path.startswith("npal_cli/")]
    runs = modules_behind(stage)
    if stage == "image-acquire":
        runs = {module for module in runs if not module.startswith(WITHOUT_IMAGES)}
    lacking = [module for module in runs if not any(module == path or module.startswith(f"{path}/") for path in named)]
    assert sorted(lacking) == []
    idle = [path for path in named if not any(module == path or module.startswith(f"{path}/") for module in runs)]
    assert idle == [], "named, but not run"


def test_what_is_said_of_modules_is_said_of_such_as_there_are():
    assert [name for name in (*INFRASTRUCTURE, *WITHOUT_IMAGES) if not (ROOT / "npal_cli" / name).exists()] == []


def test_the_stages_that_profit_from_a_gpu_are_marked():
    marked = [stage for stage, content in ALL_STAGES.items() if content.get("meta", {}).get("gpu")]
    assert marked == ["oracle", "train-np", "acquire", "image-acquire", "mnist-svm", "pretrain"]


def test_a_stage_makes_just_what_the_graph_says(tmp_path, monkeypatch):
    from tests.commands import TINY, CliRunner

    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(TINY.replace("figures: []", "figures: [png]"))
    for stage in STAGES:
        _, *arguments = shlex.split(filled(STAGES[stage]["cmd"]))
        assert CliRunner().invoke(app, arguments).exit_code == 0, stage
        assert all((tmp_path / path).exists() for path in paths(stage, "outs"))
    reported = {path for plot in GRAPH["plots"] for path in ([plot] if isinstance(plot, str) else plot["AUAC"]["y"])}
    assert all((tmp_path / path).exists() for path in (*reported, *GRAPH["metrics"]))


def test_a_fresh_clone_has_the_metrics_of_a_small_study():
    """They are what the lock says was made, from the code that the stage of the whole study depends on, too."""
    folder = ROOT / "small_study"
    graph, lock = (YAML(typ="safe").load(folder / name) for name in ("dvc.yaml", "dvc.lock"))
    assert set(lock["stages"]) == set(graph["stages"]) == {"acquire", "report"}
    whole = {path for path in STAGES["acquire"]["deps"] if not path.startswith("data/")}
    assert whole | {"small_study/params.yaml"} == set(graph["stages"]["acquire"]["deps"])
    metrics = sorted((folder / "metrics").glob("*.json"))
    out = next(each for each in lock["stages"]["report"]["outs"] if each["path"] == "small_study/metrics")
    assert out["nfiles"] == len(metrics) == 2
    assert out["size"] == sum(path.stat().st_size for path in metrics)
    params = read_params(folder / "params.yaml")
    assert {path.stem for path in metrics} == {f"breast_cancer_logistic_{name}" for name in params.study.setting}


def test_the_image_stages_cover_all_of_tables_4_to_7():
    params = read_params(ROOT / "params.yaml")
    strategies = {STRATEGIES[name].label for name in params.acquire.strategies["resnet18"]}
    reported = reported_results()
    tables = reported[reported["classifier"] == "resnet18"]
    assert set(tables["data"]) == set(params.images.data)
    assert set(tables["strategy"]) == strategies
    assert set(tables["setting"]) == set(params.images.setting)


@pytest.mark.parametrize("file", ["params.yaml", "image_study/quick.yaml", "small_study/params.yaml"])
def test_the_parameter_files_are_read(file):
    read_params(ROOT / file)


def test_the_study_of_the_parameter_file_is_the_papers():
    study = read_params(ROOT / "params.yaml").study
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


def test_no_text_is_read_or_written_in_the_encoding_of_a_locale():
    for path in (ROOT / "npal_cli").rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        for call in calls:
            if getattr(call.func, "attr", "") in ("read_text", "write_text"):
                assert "encoding" in {each.arg for each in call.keywords}, f"{path}:{call.lineno}"
