"""What is disturbed: each command of a small study and of one's own rows, after all commands before it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter

from tests.commands import TINY, contents

PARAMETERS = f"""{TINY}
pretrain: {{problems: 8, steps: 2, several: 0, rounds: 1, networks: 1, learn: {{width: 8, epochs: 2, batch: 4}}}}
"""
CHAIN = {
    "prepare": "prepare",
    "simulate": "simulate",
    "oracle": "oracle",
    "train-np": "train-np",
    "acquire": "acquire --strategy random --strategy np --strategy blend",
    "report": "report",
    "pretrain": "pretrain",
    "own table": "prepare --data leads.csv --target churned --id customer",
    "own batch": "acquire --data leads --batch 10",
}
"""Commands in the order in which each can be run."""
MOMENT = re.compile(rb'"(at|digest)": "[^"]*"')
"""When something was asked, in a line of a journal, and the digest of the line."""


def made(folder: Path) -> dict[str, bytes]:
    """What was made in a folder, but for when."""
    found = contents(folder / "data")
    return {path: MOMENT.sub(b"", each) if path.startswith("labels/") else each for path, each in found.items()}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    said: str

    @property
    def is_one_line(self) -> bool:
        """Whether an error was told as all are; what came before it are messages."""
        lines = self.said.strip().splitlines()
        return bool(lines) and lines[-1].startswith("npal: ") and "Traceback" not in self.said


@dataclass(frozen=True)
class Work:
    """A command, in a folder where those before it were done."""

    name: str
    start: Path
    """What was there before it ..."""
    done: Mapping[str, bytes]
    """... and after it, undisturbed."""
    seconds: float

    @property
    def arguments(self) -> list[str]:
        return CHAIN[self.name].split()

    def begun(self, folder: Path) -> Path:
        """A folder to do it in."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.start, folder)
        return folder

    def is_done(self, folder: Path) -> bool:
        """Whether doing it once more brings about what it does undisturbed."""
        how = run(folder, self.arguments)
        return how.code == 0 and made(folder) == self.done


class Study:
    """All commands, each done once, undisturbed."""

    def __init__(self, folder: Path, names: Sequence[str] = tuple(CHAIN)) -> None:
        self.folder, self.names = folder, names

    @property
    def undisturbed(self) -> Path:
        """Where all was done, and nothing more."""
        return self.folder / "undisturbed"

    @cached_property
    def works(self) -> list[Work]:
        """Those commands that were asked for."""
        here, works = self.undisturbed, []
        here.mkdir(parents=True)
        (here / "params.yaml").write_text(PARAMETERS)
        assert run(here, ["example"]).code == 0
        for name, command in CHAIN.items():
            start = self.folder / "before" / name
            if name in self.names:
                shutil.copytree(here, start)
            began = perf_counter()
            how = run(here, command.split())
            assert how.code == 0, how.said
            if name in self.names:
                works.append(Work(name, start, made(here), perf_counter() - began))
                if len(works) == len(self.names):
                    break
        return works


def begin(
    folder: Path, arguments: Sequence[str], variables: Mapping[str, str] | None = None, **options: int
) -> "subprocess.Popen[str]":
    """A command in a folder, in a group of processes of its own; with Python's options of a process, as ``umask``."""
    told = {key: value for key, value in os.environ.items() if key != "NPAL_ROOT"} | dict(variables or {})
    return subprocess.Popen(
        [sys.executable, "-m", "npal_cli", *arguments],
        cwd=folder,
        env=told,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        **options,
    )


def ended(process: "subprocess.Popen[str]") -> Ended:
    """How it ended, once it has."""
    said = process.communicate()[1]
    return Ended(process.returncode, said)


def run(folder: Path, arguments: Sequence[str], variables: Mapping[str, str] | None = None, **options: int) -> Ended:
    """The same, waited for."""
    return ended(begin(folder, arguments, variables, **options))


def kill(process: "subprocess.Popen[str]") -> None:
    """With all of its group."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
