"""Ways to disturb a command, and whether what it makes is the same all the same."""

import resource
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.work import Study, Work, begin, ended, kill, made, run

SMALLEST, LARGEST = 10, 10**6
"""Bytes that a disk takes of a file."""
VARIANTS: dict[str, tuple[list[str], dict[str, str], int]] = {
    "1 worker": (["--workers", "1"], {}, 0o022),
    "2 workers": (["--workers", "2"], {}, 0o022),
    "4 workers": (["--workers", "4"], {}, 0o022),
    "hash seed 1": ([], {"PYTHONHASHSEED": "1"}, 0o022),
    "hash seed 2": ([], {"PYTHONHASHSEED": "2"}, 0o022),
    "locale C": ([], {"LC_ALL": "C"}, 0o022),
    "umask 077": ([], {}, 0o077),
    "two threads": ([], {"OMP_NUM_THREADS": "2"}, 0o022),
}
"""Options, variables and umask with which the same is to be made."""

Found = tuple[str, str]
"""What happened, and to what."""


def killed(study: Study, folder: Path, times: int, draws: np.random.Generator) -> Iterator[Found]:
    """Each command killed at random moments, then run again."""
    for work in study.works:
        for _ in range(times):
            place, moment = work.begun(folder), draws.uniform(0.1, 1.0) * work.seconds
            process = begin(place, work.arguments)
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                kill(process)
            yield _same(work, place), f"{work.name}, killed after {moment:.2f} s"


def full(study: Study, folder: Path, times: int, _: np.random.Generator) -> Iterator[Found]:
    """Each command on a disk that is full after so many bytes of a file, then on one that is not."""
    for work in study.works:
        for size in np.geomspace(SMALLEST, LARGEST, times).astype(int).tolist():
            place = work.begun(folder)
            process = begin(place, work.arguments)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))  # long before it has imported anything
            how = ended(process)
            told = how.code == 0 or (how.code == 1 and how.is_one_line)
            yield _same(work, place) if told else "not told in a line", f"{work.name}, {size} bytes: {how.said[-200:]}"


def damaged(study: Study, folder: Path, times: int, draws: np.random.Generator) -> Iterator[Found]:
    """Files of artifacts with a bit flipped, cut, or deleted: found by ``npal verify``, or without effect."""
    done = study.works[-1].done
    every = [path for path in done if not path.startswith(("raw/", "next/"))]
    for path in draws.permutation(every)[:times].tolist():
        for how in ("flipped", "cut", "deleted"):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(study.undisturbed, folder)
            _damage(folder / "data" / path, how, draws)
            verified = run(folder, ["verify"])
            if verified.code == 3:
                yield "found", path
            elif verified.code != 0:
                yield "not told in a line", f"{path} {how}: {verified.said[-200:]}"
            else:
                again = all(run(folder, work.arguments).code == 0 for work in study.works)
                same = again and made(folder) == done
                yield "no effect" if same else "not found", f"{path} {how}"


def together(study: Study, folder: Path, times: int, _: np.random.Generator) -> Iterator[Found]:
    """Three times the same command at once."""
    for work in study.works:
        for _ in range(times):
            place = work.begun(folder)
            ends = [ended(each) for each in [begin(place, work.arguments) for _ in range(3)]]
            fine = all(each.code == 0 for each in ends)
            yield _same(work, place) if fine else "failed", f"{work.name}: {[each.said[-200:] for each in ends]}"


def beside(study: Study, folder: Path, times: int, _: np.random.Generator) -> Iterator[Found]:
    """The strategies of one command by a command each, at once."""
    for work in (work for work in study.works if "--strategy" in work.arguments):
        strategies = [word for before, word in pairwise(work.arguments) if before == "--strategy"]
        for _ in range(times):
            place = work.begun(folder)
            commands = [[work.arguments[0], "--strategy", name] for name in strategies]
            ends = [ended(each) for each in [begin(place, command) for command in commands]]
            fine = all(each.code == 0 for each in ends) and made(place) == work.done
            yield "same" if fine else "failed", f"{work.name}: {[each.said[-200:] for each in ends]}"


def otherwise(study: Study, folder: Path, times: int, _: np.random.Generator) -> Iterator[Found]:
    """Other workers, threads, hash seed, locale and umask."""
    for work in study.works:
        for name, (options, variables, mask) in list(VARIANTS.items())[:times]:
            place = work.begun(folder)
            how = run(place, [*work.arguments, *options], variables, umask=mask)
            same = how.code == 0 and made(place) == work.done
            yield "same" if same else "other bytes", f"{work.name}, {name}: {how.said[-200:]}"


FAULTS: dict[str, Any] = {
    "killed": killed,
    "full": full,
    "damaged": damaged,
    "together": together,
    "beside": beside,
    "otherwise": otherwise,
}
GOOD = {"same", "found", "no effect"}


def _same(work: Work, place: Path) -> str:
    return "same" if work.is_done(place) else "other bytes"


def _damage(path: Path, how: str, draws: np.random.Generator) -> None:
    content = bytearray(path.read_bytes())
    if how == "deleted":
        path.unlink()
    elif how == "cut":
        path.write_bytes(content[: draws.integers(len(content))] if content else content)
    elif content:
        content[draws.integers(len(content))] ^= 1 << int(draws.integers(8))
        path.write_bytes(content)
