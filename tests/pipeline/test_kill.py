"""A command that is killed and run again gives the bytes of one that was left alone."""

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from npal_cli.artifacts import find
from npal_cli.cli import app
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord
from tests.commands import TINY, contents
from tests.faults.work import begin, kill
from tests.faults.work import run as run_in
from tests.test_commit import FORK, killed_before

COMMANDS = {
    "oracle": ["oracle", "--workers", "1"],
    "acquire": ["acquire", "--strategy", "np", "--strategy", "random", "--steps", "4", "--workers", "2"],
}


def finish(folder: Path, arguments: list[str]) -> float:
    began = time.perf_counter()
    how = run_in(folder, [*arguments, "--quiet"])
    assert how.code == 0, how.said
    return time.perf_counter() - began


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_killing_at_any_moment_and_running_again_changes_nothing(command, tmp_path):
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    for folder in (undisturbed, killed):
        folder.mkdir()
        (folder / "params.yaml").write_text(TINY.replace("problems: 5", "problems: 60"))
    seconds = finish(undisturbed, COMMANDS[command])
    for share in (0.4, 0.7, 0.9):
        process = begin(killed, [*COMMANDS[command], "--quiet"])
        try:
            process.wait(share * seconds)
        except subprocess.TimeoutExpired:
            kill(process)
    finish(killed, COMMANDS[command])
    assert contents(killed / "data") == contents(undisturbed / "data")


STORE = Path("data/acquired/waveform/imbalanced_weighted/logistic/random.zarr")
REPLACING = {
    "acquire": ["acquire", "--strategy", "random", "--seed", "1", "--steps", "3", "--workers", "1", "--quiet"],
    "report": ["report", "--force", "--quiet"],
}


def is_in_place(*paths: Any, dir_fd: int | None = None, **options: Any) -> bool:
    """Whether a file operation is about more than what is being built, or being cleared away inside a folder."""
    return dir_fd is None and any("/building/" not in str(path) for path in paths)


def run(arguments: list[str]) -> None:
    app(arguments, standalone_mode=False)


def runs_and_steps() -> tuple[int, int]:
    record = find(STORE, AcquiredRecord, Path("data"))[0]
    return len(record.runs), record.chosen.shape[1]


@pytest.mark.exhaustive
@pytest.mark.parametrize("command", REPLACING)
def test_killed_before_any_file_operation_a_command_loses_no_run_and_no_page(command, npal, tmp_path):
    before = tmp_path / "before"
    npal("acquire", "--strategy", "random", "--strategy", "uncsamp", "--seed", "1..50", "--steps", "2", "--quiet")
    npal("report", "--quiet")
    shutil.copytree("data", before)
    pages = contents(Path("data/report"))
    operation, killed, seen = 0, True, set()
    while killed:
        operation += 1
        shutil.rmtree("data")
        shutil.copytree(before, "data")
        killed = killed_before(operation, run, REPLACING[command], counts=is_in_place)
        seen.add(runs_and_steps())  # by a reader, who puts back what was set aside
        assert contents(Path("data/report")) == pages
    assert seen == ({(50, 2), (50, 3)} if command == "acquire" else {(50, 2)})
    assert operation > 3
    npal(*REPLACING[command])
    assert runs_and_steps() == ((50, 3) if command == "acquire" else (50, 2))


@pytest.mark.exhaustive
def test_ten_processes_at_one_artifact_and_reports_beside_them_lose_nothing(npal):
    npal("acquire", "--strategy", "random", "--seed", "100", "--quiet")
    one = ["acquire", "--strategy", "random", "--workers", "1", "--quiet", "--seed"]
    for _ in range(20):
        shutil.rmtree("data/acquired")
        npal(*one, "100")
        writers = [FORK.Process(target=run, args=([*one, str(seed)],)) for seed in range(1, 11)]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            npal("report", "--quiet")
        assert [writer.exitcode for writer in writers] == [0] * 10
        assert find(STORE, AcquiredRecord, Path("data"))[0].runs == [Run(1, seed) for seed in [*range(1, 11), 100]]
