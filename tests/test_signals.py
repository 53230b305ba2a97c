"""Commands that are asked to end do: soon, in one line, with no process left."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.commands import TINY

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")]

COMMAND = "acquire --strategy np --seed 1..40 --workers 2 --quiet"
SOON = 2.0
"""Seconds."""


def ended(folder, after: float, number: signal.Signals, *, compiled: bool, as_terminals_do: bool):
    """Exit code, what was said, the seconds it took, and which processes are left of a command that is signalled."""
    (folder / "params.yaml").write_text(TINY)
    told = os.environ | {"NPAL_ROOT": str(folder / "data")}
    if not compiled:  # that is what the first seconds are then spent on
        told["NUMBA_CACHE_DIR"] = str(folder / "cache")
    run = [sys.executable, "-m", "npal_cli", *COMMAND.split()]
    process = subprocess.Popen(run, cwd=folder, env=told, stderr=subprocess.PIPE, text=True, start_new_session=True)
    time.sleep(after)
    children = psutil.Process(process.pid).children(recursive=True)
    start = time.perf_counter()
    os.killpg(process.pid, number) if as_terminals_do else process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    seconds = time.perf_counter() - start
    return process.returncode, said, seconds, psutil.wait_procs(children, timeout=SOON)[1]


@pytest.mark.parametrize("after", [0.6, 2.0, 8.0])
@pytest.mark.parametrize(("number", "said"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
@pytest.mark.parametrize("compiled", [True, False])
def test_a_command_ends_soon_in_one_line_with_no_process_left(tmp_path, after, number, said, compiled):
    """As terminals do it, with the whole group of processes told, and as ``kill`` does."""
    code, told, seconds, left = ended(
        tmp_path, after, number, compiled=compiled, as_terminals_do=number == signal.SIGINT
    )
    assert code == 128 + number
    assert told == f"npal: {said}; run the same command again to go on\n"
    assert seconds < SOON
    assert left == []


WORKERS_DEAF_TO_CTRL_C = """
import signal
from npal_cli.cli_signals import end_on_signals
from npal_cli.engine import Engine
from npal_cli.untrusted import read_apart

def is_deaf(_):
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())

if __name__ == "__main__":
    end_on_signals()
    {deaf}
"""


@pytest.mark.parametrize(
    "deaf", ['Engine(workers=2).map(is_deaf, range(4), label="", unit="")', "[read_apart(is_deaf, 0)]"]
)
def test_processes_that_a_command_begins_are_deaf_to_ctrl_c(tmp_path, deaf):
    """Or they tell of it in the middle of the command's own line."""
    (tmp_path / "script.py").write_text(WORKERS_DEAF_TO_CTRL_C.format(deaf=f"print(all({deaf}))"))
    assert subprocess.check_output([sys.executable, "script.py"], cwd=tmp_path, text=True) == "True\n"
