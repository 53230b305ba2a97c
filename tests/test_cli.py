"""The command line: what it says, and how it refuses."""

import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import typer
from sklearn.datasets import load_wine
from typer.testing import CliRunner

from npal_cli import __version__
from npal_cli.cli import app
from tests.commands import TINY, contents, json_of, npal
from tests.test_project import COMMANDS as ALL

__all__ = ["npal"]

COMMANDS = ["prepare", "simulate", "oracle", "train-np", "acquire", "report"]
ABOUT_ROWS = ["example", "label", "undo", "status", "worth", "export", "predict", "serve"]
SHARED_OPTIONS = [
    "--data", "--setting", "--classifier", "--data-seed", "--seed", "--params", "--root", "--workers", "--device",
    "--refits", "--part", "--force", "--no-build", "--json", "--quiet", "--debug", "--version",
]  # fmt: skip


def test_the_commands_are_the_six_stages_what_is_learned_once_and_those_about_rows_of_ones_own():
    assert list(ALL) == [*COMMANDS, "pretrain", "verify", *ABOUT_ROWS]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_the_shared_options(command):
    click_command = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    options = {name for parameter in click_command.params for name in parameter.opts}
    assert set(SHARED_OPTIONS) <= options
    assert all(parameter.help for parameter in click_command.params)


@pytest.mark.parametrize("arguments", [["--version"], ["oracle", "--version"]])
def test_the_version(arguments):
    assert CliRunner().invoke(app, arguments).stdout == f"npal {__version__}\n"


@pytest.mark.parametrize("command", ["", *COMMANDS, *ABOUT_ROWS])
def test_the_help_is_for_people(command, monkeypatch):
    """It ends with examples that can be run, names what options take, and says no Python type."""
    monkeypatch.setenv("COLUMNS", "80")
    text = CliRunner().invoke(app, [*filter(None, [command]), "--help"]).stdout
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search("<(bool|str|path|int|float|list)", text)
    if command:
        _, _, shown = text.partition("Examples:")
        lines = [line.split()[1:] for line in shown.splitlines() if line.strip()]
        assert lines
        for named, *arguments in lines:
            assert named == command
            known = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
            known.make_context(command, arguments, resilient_parsing=True)


def test_no_color_is_heeded(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    code = "from npal_cli.cli import main; import sys; sys.argv = ['npal', '--help']; main()"
    text = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|9[0-7])m", text)


def test_help_imports_nothing_heavy():
    code = (
        "import sys, npal_cli.cli; "
        "print([m for m in ('torch', 'sklearn', 'numpy', 'zarr', 'pandas', 'pydantic') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["oracle", "--data", "wavefrom"], 2, "unknown data set 'wavefrom' (did you mean 'waveform'?)"),
        (["oracle", "--setting", "balance"], 2, "unknown setting 'balance' (did you mean 'balanced'?)"),
        (["oracle", "--classifier", "svn"], 2, "unknown classifier 'svn' (did you mean 'svm'?)"),
        (["acquire", "--strategy", "randon"], 2, "unknown strategy 'randon' (did you mean 'random'?)"),
        (["acquire", "--strategy", "entropy", "--classifier", "svm"], 2, "use --classifier logistic"),
        (["acquire", "--steps", 5000], 1, "the pool holds"),
        (["acquire", "--compare", "--strategy", "random"], 2, "--compare: all strategies of params.yaml"),
        (["prepare", "--data", "adult", "--source", "nowhere"], 1, "--source nowhere: no such file"),
        (["prepare", "--source", "params.yaml"], 2, "waveform is not read from a published file"),
        (["prepare", "--data", "adult", "--source", "params.yaml"], 1, "SHA-256"),
        (["oracle", "--seed", "1..1000", "--data-seed", "1..101"], 2, "more than 100,000 runs"),
        (["prepare", "--target", "y"], 2, "are for a table of your own"),
        (["prepare", "--data", "nowhere.csv", "--target", "y"], 1, "no such file"),
        (["oracle", "--data", "mine.csv"], 2, "take the table in first with: npal prepare"),
        (["acquire", "--data", "leads", "--batch", "5", "--dry-run"], 2, "--dry-run: is for a study"),
        (["acquire", "--data", "leads", "--batch", "5", "--steps", "3"], 2, "--steps: is for a study"),
        (["oracle", "--params", "nowhere.yaml"], 2, "nowhere.yaml: No such file"),
        (["train-np", "--device", "cuda"], 2, "no CUDA device"),
        (["report", "--data", "waveform"], 1, "there is nothing; the report is left as it was"),
        (
            ["acquire", "--strategy", "reward_oracle", "--train-on-reward"],
            2,
            "scores on the reward set, so its labels cannot be",
        ),
        (["train-np", "--step", 2, "--strategy", "random_train_on_reward"], 2, "no reward set is left after it"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(npal, arguments, code, error):
    if "cuda" in arguments:
        import torch

        if torch.cuda.is_available():
            pytest.skip("there is a CUDA device")
    result = npal(*arguments, code=code)
    said = [line for line in result.stderr.splitlines() if "making" not in line]
    assert len(said) == 1
    assert said[0].startswith("npal: ")
    assert error in said[0]
    assert result.stdout == ""
    written = [path for path in Path("data").rglob("*") if path.is_file() and "prepared" not in path.parts]
    assert [path for path in written if path.suffix != ".lock"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        *(["oracle", "--seed", seed] for seed in ("x", "9" * 20, "3..1", "1..", "-1", "1..2..3", "1..10001")),
        *(["oracle", "--workers", "0"], ["orcale"], ["--nope"]),
    ],
)
def test_wrong_usage_exits_with_2(npal, arguments):
    npal(*arguments, code=2)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("problems: 5", "problem: 5", "simulate.problem: unknown key"),
        ("problems: 5", "problems: five", "simulate.problems:"),
        ("fractions: [0.5, 0.7]", "fractions: [0.5, 1.7]", "simulate.fractions.1:"),
        ("seed: [1, 2]", "seed: []", "defaults.seed:"),
        ("test: 60", "test: 4000", "points are left, but 4000 test"),
    ],
)
def test_bad_parameters_are_one_line_and_write_nothing(npal, old, new, error):
    Path("params.yaml").write_text(TINY.replace(old, new))
    result = npal("prepare", "--quiet", code=1 if "points" in error else 2)
    assert error in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list(Path("data").rglob("*.zarr"))


def test_debug_shows_the_traceback(npal):
    result = CliRunner().invoke(app, ["oracle", "--data", "wavefrom", "--debug"])
    assert "wavefrom" in repr(result.exception)


def test_a_root_that_cannot_be_written(npal):
    Path("data").write_text("a file where the folder should be")
    error = npal("prepare", "--quiet", code=1).stderr
    assert "cannot write" in error
    assert "choose another --root" in error


def limited_disk():
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_full_disk_is_one_line_and_leaves_no_artifact(npal):
    command = [sys.executable, "-m", "npal_cli", "prepare", "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited_disk, check=False)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "cannot write data/" in result.stderr
    assert not Path("data/prepared").exists()
    npal("prepare", "--quiet")


def test_a_full_disk_leaves_the_last_report(npal):
    npal("acquire", "--strategy", "random", "--seed", 1)
    npal("report")
    before = contents(Path("data/report"))
    command = [sys.executable, "-m", "npal_cli", "report", "--force", "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited_disk, check=False)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "cannot write data/report" in result.stderr
    assert contents(Path("data/report")) == before


def test_a_table_of_ones_own_goes_all_the_way(npal):
    wine = load_wine(as_frame=True).frame
    wine.assign(target=wine["target"].map({0: "barolo", 1: "grignolino", 2: "barbera"})).to_csv("wine.csv")
    sizes = "test: 60, reward: 40, annotated: 40", "test: 40, reward: 20, annotated: 30"
    Path("params.yaml").write_text(TINY.replace(*sizes))
    rows = json_of(npal("prepare", "--data", "wine.csv", "--target", "target", "--setting", "balanced", "--json"))
    assert rows[0]["data"] == "wine"
    assert rows[0]["classes"] == 3
    shutil.move("wine.csv", "elsewhere.csv")
    strategies = [part for name in ("random", "margin", "fscore", "np") for part in ("--strategy", name)]
    rows = json_of(npal("acquire", "--data", "wine", "--setting", "balanced", *strategies, "--json"))
    assert min(row["final_accuracy"] for row in rows) > 0.7
    assert "data/report/tables/table_wine_logistic_accuracy.csv" in npal("report").stdout
    table = pd.read_csv("data/report/tables/table_wine_logistic_accuracy.csv")
    assert table["reported_mean"].isna().all()


def test_every_data_set_is_prepared_offline_with_the_sizes_of_table_3(npal, real_data, monkeypatch):
    monkeypatch.setenv("NPAL_SOURCES", str(real_data))
    Path("params.yaml").unlink()
    data = [part for name in ("waveform", "mushrooms", "adult") for part in ("--data", name)]
    rows = json_of(npal("prepare", *data, "--data-seed", 1, "--seed", 1, "--json"))
    pools = {(row["data"], row["setting"]): row["pool"] for row in rows}
    for name, balanced, imbalanced in [("waveform", 2894, 1411), ("mushrooms", 7432, 3907), ("adult", 390, 34)]:
        assert pools[name, "balanced"] == balanced
        assert pools[name, "imbalanced"] == pools[name, "imbalanced_weighted"] == imbalanced


SLOW = ("torch", "sklearn", "pandas", "scipy", "numba", "matplotlib", "altair")
"""What takes a second to import, and is not needed to find out that there is nothing to do."""


@pytest.mark.parametrize("arguments", [["--help"], ["acquire", "--strategy", "blnd"], ["acquire", "--seed", "1"]])
def test_an_answer_that_needs_no_computation_imports_nothing_slow(npal, arguments):
    """Of three: help, a typo, and an artifact that is up to date."""
    if arguments[-1] == "1":
        params = Path("params.yaml").read_text()
        Path("params.yaml").write_text(params.replace("acquire: {", "acquire: {strategy: {logistic: random}, "))
        npal(*arguments)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    code = f"import sys; sys.argv[1:] = {arguments}\ntry:\n    from npal_cli.cli import main; main()\nfinally:\n"
    code += f"    print('slow:', [name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, env=environment)
    assert "slow: []" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("locale", ["C", "en_US.ISO-8859-1"])
def test_text_is_utf_8_whatever_the_locale(tmp_path, locale):
    told = os.environ | {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "NPAL_ROOT": "data"}
    rows = [f"{name},{i % 7 / 3},{'ja' if i % 2 else 'näin' if i < 20 else ''}" for i, name in enumerate("äßЖ語" * 10)]
    rows = [f"{i}{row}" for i, row in enumerate(rows)]
    (tmp_path / "müll.csv").write_text("größe,x,y\n" + "\n".join(rows), encoding="utf-8")
    for command in (
        ("prepare", "--data", "müll.csv", "--target", "y", "--id", "größe"),
        ("acquire", "--data", "m_ll", "--batch", "6", "--strategy", "margin"),
        ("status", "--data", "m_ll", "--page", "müll.html"),
    ):
        run = [sys.executable, "-m", "npal_cli", *command]
        done = subprocess.run(run, check=False, cwd=tmp_path, env=told, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
    assert "näin" in done.stdout.decode("utf-8")
    assert "näin" in (tmp_path / "müll.html").read_text(encoding="utf-8")
