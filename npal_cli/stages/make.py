"""Making an artifact: when one is up to date, what of it is missing, and how it is put in place.

An artifact holds runs. A stage computes the runs that are missing or were made from other inputs, keeps the others,
and writes the store anew as a whole; other parameters replace it. A finished run that took a while is kept as a
checkpoint under ``.work`` until the store is written, so that a killed stage goes on where it was.
"""

import hashlib
import json
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

from filelock import FileLock

from npal_cli.artifacts import (
    AnyRecord,
    Provenance,
    digest,
    find,
    merge_runs,
    package_versions,
    read,
    take_runs,
    write,
    write_errors,
)
from npal_cli.errors import ArtifactError, MissingArtifactError
from npal_cli.randomness import Run
from npal_cli.stages.context import Context

log = logging.getLogger("npal")

WORTH_KEEPING = 0.5
"""Seconds that a run must have taken to be kept as a checkpoint, which takes a tenth of that to write."""

Compute = Callable[[Sequence[Run], Path], Iterator[AnyRecord]]
"""Yields a record for each run asked for; the path is a folder for checkpoints of its own."""


@dataclass(frozen=True)
class Target(Generic[AnyRecord]):
    """An artifact to be made."""

    path: Path
    root: Path
    """The folder of all artifacts, that ``path`` is under."""
    kind: type[AnyRecord]
    command: str
    """The command that makes it."""
    parameters: Mapping[str, Any]
    inputs: Mapping[Run, Mapping[str, str]]
    compute: Compute[AnyRecord]


@dataclass(frozen=True)
class Made(Generic[AnyRecord]):
    """An artifact that is up to date."""

    path: Path
    record: AnyRecord
    """Of the runs asked for."""
    seconds: float
    """Spent on computing; 0 if nothing was."""
    work: Mapping[str, int] = field(default_factory=Counter)
    """Refits made and networks trained in that time."""

    def input_digest(self, run: Run) -> str:
        """The digest of one run's part, which what is made from it records."""
        return digest(take_runs(self.record, [run]))


def make(
    context: Context,
    target: Target[AnyRecord],
    *,
    asked: bool,
    again: Callable[[Target[AnyRecord]], Target[AnyRecord]] = lambda target: target,
) -> Made[AnyRecord]:
    """Make ``target`` up to date; ``asked`` says that the command is about it, not about what is made from it.

    A target that depends on what is stored already is looked at ``again`` once no other process can change that.

    Raises:
        MissingArtifactError: if it is not up to date, was not asked for, and the context rules building out.
        ArtifactError: if it cannot be read or written.
    """
    force = context.force and asked
    if not force:
        record = peek(target)
        if record is not None:
            if asked:
                log.info("up to date: %s", target.path)
            return Made(target.path, record, 0.0)
    if not (asked or context.build):
        raise MissingArtifactError(f"{target.path}: missing, or made from other inputs; make it with: {target.command}")
    work = context.root / ".work" / "_".join(target.path.relative_to(context.root).with_suffix("").parts)
    with locked(work):
        target = again(target)
        record = None if force else peek(target)  # another process may have made it meanwhile
        if record is not None:
            return Made(target.path, record, 0.0)
        start, before = time.perf_counter(), Counter(context.engine.tally)
        record, timed_runs = _compute(target, work, force=force)
        made = Made(target.path, record, time.perf_counter() - start, context.engine.tally - before)
        if timed_runs:
            _record_timing(context, made, timed_runs)
        return made


def peek(target: Target[AnyRecord]) -> AnyRecord | None:
    """The record of ``target``'s runs if it is there and up to date."""
    current = _current(target)
    if current is None or _missing(target, *current):
        return None
    return take_runs(current[0], list(target.inputs))


def timing_path(root: Path, path: Path) -> Path:
    """Where it is written what the computation of the artifact ``path`` took."""
    return root / "timings" / path.relative_to(root).with_suffix(".json")


def _record_timing(context: Context, made: Made[Any], runs: int) -> None:
    """Write what a computation took: not into the artifact, because it differs every time."""
    path = timing_path(context.root, made.path)
    work = {"seconds": round(made.seconds, 3), "runs": runs, **made.work}
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(work, indent=2) + "\n")


def _current(target: Target[AnyRecord]) -> tuple[AnyRecord, Provenance] | None:
    """What is stored, if it was made with the same parameters."""
    found = find(target.path, target.kind, target.root)
    return found if found is not None and found[1].parameters == plain(target.parameters) else None


def _missing(target: Target[AnyRecord], record: AnyRecord, provenance: Provenance) -> list[Run]:
    stored = set(record.runs)
    return [
        run for run, made_from in target.inputs.items() if run not in stored or provenance.inputs[str(run)] != made_from
    ]


def _compute(target: Target[AnyRecord], work: Path, *, force: bool) -> tuple[AnyRecord, int]:
    """The record of the target's runs, and how many of them were computed: 0 if a killed command had begun them."""
    parts: list[AnyRecord] = []
    inputs: dict[str, Mapping[str, str]] = {}
    missing = list(target.inputs)
    current = _replaceable(target, force=force)
    if current is not None:
        record, provenance = current
        missing = missing if force else _missing(target, record, provenance)
        kept = [run for run in record.runs if run not in missing]
        parts += [take_runs(record, kept)] if kept else []
        inputs |= {str(run): provenance.inputs[str(run)] for run in kept}
    elif target.path.exists():
        log.info("%s: parameters changed", target.path)
    log.info("making %s: %s", target.path, _count(missing))
    checkpoints = work / _key(target)
    resumed = checkpoints.exists() and not force
    parts += _computed(target, missing, checkpoints, force=force)
    inputs |= {str(run): target.inputs[run] for run in missing}
    merged = merge_runs(parts)
    ordered = {str(run): inputs[str(run)] for run in merged.runs}
    write(target.path, merged, Provenance(plain(target.parameters), ordered), target.root)
    shutil.rmtree(work, ignore_errors=True)
    return take_runs(merged, list(target.inputs)), 0 if resumed else len(missing)


def _replaceable(target: Target[AnyRecord], *, force: bool) -> tuple[AnyRecord, Provenance] | None:
    try:
        return _current(target)
    except ArtifactError:
        if force:
            return None
        raise


def _computed(target: Target[AnyRecord], runs: Sequence[Run], checkpoints: Path, *, force: bool) -> list[AnyRecord]:
    """The records of ``runs``, from checkpoints where a killed command left some."""
    if force:
        shutil.rmtree(checkpoints, ignore_errors=True)
    with write_errors(target.path):
        checkpoints.mkdir(parents=True, exist_ok=True)
    found = {run: _checkpoint(checkpoints / f"{run}.zarr", target.kind) for run in runs}
    records = [record for record in found.values() if record is not None]
    unfinished = [run for run in runs if found[run] is None]
    begun = time.perf_counter()
    for run, record in zip(unfinished, target.compute(unfinished, checkpoints), strict=True):
        if time.perf_counter() - begun >= WORTH_KEEPING:
            write(checkpoints / f"{run}.zarr", record, Provenance({}, {}), checkpoints)
        records.append(record)
        begun = time.perf_counter()
    return records


def _checkpoint(path: Path, kind: type[AnyRecord]) -> AnyRecord | None:
    try:
        return read(path, kind)[0]
    except ArtifactError:
        return None


def _key(target: Target[Any]) -> str:
    inputs = {str(run): plain(value) for run, value in target.inputs.items()}
    content = [package_versions(), plain(target.parameters), inputs]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """The value as JSON gives it back, as it is in an artifact's attributes."""
    return json.loads(json.dumps(value))


def _count(runs: Sequence[Run]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"


@contextmanager
def locked(work: Path) -> Iterator[None]:
    """Within, no other process makes what is worked on in the folder ``work``."""
    lock = work.parent / "locks" / f"{work.name}.lock"
    with write_errors(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock)
        held.acquire()
    try:
        yield
    finally:
        held.release()
