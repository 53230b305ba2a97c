"""A command that is killed and run again gives the bytes of one that was left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stages.conftest import TINY, contents

COMMANDS = {
    "oracle": ["oracle", "--workers", "1"],
    "acquire": ["acquire", "--strategy", "np", "--strategy", "random", "--steps", "4", "--workers", "2"],
}


def start(folder: Path, arguments: list[str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "npal_cli", *arguments, "--quiet"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)


def finish(folder: Path, arguments: list[str]) -> float:
    began = time.perf_counter()
    assert start(folder, arguments).wait() == 0
    return time.perf_counter() - began


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_killing_at_any_moment_and_running_again_changes_nothing(command, tmp_path):
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    for folder in (undisturbed, killed):
        folder.mkdir()
        (folder / "params.yaml").write_text(TINY.replace("problems: 5", "problems: 60"))
    seconds = finish(undisturbed, COMMANDS[command])
    for share in (0.3, 0.5, 0.7, 0.8, 0.9):
        process = start(killed, COMMANDS[command])
        try:
            process.wait(share * seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    finish(killed, COMMANDS[command])
    assert contents(killed / "data") == contents(undisturbed / "data")
