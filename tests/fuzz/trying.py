"""Inputs of a reader, each tried in a process that it may take down; with a limit on time and on memory."""

import multiprocessing
import resource
import shutil
import signal
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import numpy as np

from npal_cli.errors import NpalError
from tests.fuzz.mutations import mutated
from tests.fuzz.readers import READERS, Reader

SECONDS = 10
MEMORY = 2**31
"""Bytes that an input may take more than reading nothing does."""
GOOD = {"read", "refused"}


@dataclass
class Tried:
    """What happened."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, str]] = field(default_factory=list)
    """Inputs that were neither read nor refused, by their numbers, and what happened."""

    def add(self, number: int, what: str, said: str) -> None:
        self.counts[what] += 1
        if what not in GOOD:
            self.wrong.append((number, f"{what}: {said}"))


def try_reader(reader: Reader, inputs: int, seed: int) -> Tried:
    """Try so many damaged files of a reader."""
    tried, following = Tried(), 0
    context = multiprocessing.get_context("spawn")
    while following < inputs:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_try_all, args=(reader.name, range(following, inputs), seed, there))
        process.start()
        there.close()
        for number, what, said in _told(here):
            tried.add(number, what, said)
            following = number + 1
        process.join()
        if following < inputs:  # it took the process down
            tried.add(following, "crashed", f"exit code {process.exitcode}")
            following += 1
    return tried


def input_of(reader: Reader, content: bytes, seed: int, number: int) -> bytes:
    """The damaged file of a number."""
    return mutated(content, np.random.default_rng([seed, READERS.index(reader), number]), reader.words)


def _told(connection: Connection) -> Iterator[tuple[int, str, str]]:
    while True:
        try:
            yield connection.recv()
        except EOFError:
            return


def try_here(reader: Reader, numbers: Sequence[int], folder: Path) -> Tried:
    """The same in this process, which must live through it: faster, where there are few."""
    tried = Tried()
    for number, what, said in _each(reader, numbers, 0, folder):
        tried.add(number, what, said)
    return tried


def _try_all(name: str, numbers: range, seed: int, told: Connection) -> None:
    (reader,) = [each for each in READERS if each.name == name]
    warnings.simplefilter("ignore")
    with TemporaryDirectory() as folder:
        for found in _each(reader, numbers, seed, Path(folder), before=_limit_memory):
            told.send(found)


def _each(
    reader: Reader, numbers: Sequence[int], seed: int, folder: Path, before: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, str, str]]:
    """What happens to each input, after a whole one was read; ``before`` the others."""
    whole, top = folder / "whole", reader.file.split("/")[0]
    whole.mkdir()
    reader.make(whole / top)
    content = (whole / reader.file).read_bytes()
    shutil.copytree(whole, folder / "first")
    reader.read(folder / "first" / top)
    before()
    for number in numbers:
        place = folder / "tried"
        shutil.copytree(whole, place)
        (place / reader.file).write_bytes(input_of(reader, content, seed, number))
        yield (number, *_try(reader, place / top))
        shutil.rmtree(place)


def _try(reader: Reader, path: Path) -> tuple[str, str]:
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS)
    try:
        reader.read(path)
    except NpalError as error:
        if isinstance(error.__cause__, MemoryError):
            return "took too much memory", str(error)[:200]
        return ("refused", "") if "\n" not in str(error) else ("said in several lines", str(error)[:300])
    except BaseException as error:  # noqa: BLE001  that is what is looked for
        return ("hung" if isinstance(error, _TooLong) else "uncaught"), f"{type(error).__name__}: {error}"[:200]
    finally:
        signal.alarm(0)
    return "read", ""


class _TooLong(BaseException):
    pass


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise _TooLong


def _limit_memory() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
