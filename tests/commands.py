"""The command line on a small problem: a fixture, and what tests of it share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from npal_cli.cli import app

TINY = """
defaults: {data: [waveform], setting: [imbalanced_weighted], data_seed: [1], seed: [1, 2]}
prepare: {test: 60, reward: 40, annotated: 40}
simulate: {problems: 5, fractions: [0.5, 0.7]}
train_np: {epochs: 2}
acquire: {steps: 2, strategies: {logistic: [random, uncsamp, np], svm: [random, fscore]}}
report: {figures: []}
"""

Npal = Callable[..., Result]


@pytest.fixture
def npal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npal:
    """Runs a command in an empty folder with a small ``params.yaml``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NPAL_ROOT", raising=False)
    (tmp_path / "params.yaml").write_text(TINY)

    def run(*arguments: object, code: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        said = result.output + repr(result.exception)
        assert result.exit_code == code, said
        return result

    return run


def json_of(result: Result) -> Any:
    return json.loads(result.stdout)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of the artifacts under ``folder``, but what took how long."""
    hidden = (".work", "timings")
    files = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): (folder / path).read_bytes() for path in files if path.parts[0] not in hidden}
