"""What all stages share: where artifacts are, when one is up to date, and how it is made.

An artifact holds runs. A stage computes the runs that are missing or were made from other inputs, keeps the others,
and writes the store anew as a whole; other parameters replace it. Each finished run is kept as a checkpoint under
``.work`` until the store is written, so that a killed stage goes on where it was.
"""

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from filelock import FileLock

from npal_cli.artifacts import (
    AnyRecord,
    Provenance,
    Record,
    digest,
    merge_runs,
    package_versions,
    read,
    recover,
    take_runs,
    write,
    write_errors,
)
from npal_cli.classifiers import Classifier, make_classifier
from npal_cli.engine import Engine
from npal_cli.errors import ArtifactError, MissingArtifactError
from npal_cli.objectives import Setting
from npal_cli.problems.sources import Sources
from npal_cli.randomness import Run
from npal_cli.settings import Settings

log = logging.getLogger("npal")


Compute = Callable[[Sequence[Run], Path], Iterator[AnyRecord]]
"""Yields a record for each run asked for; the path is a folder for checkpoints of its own."""


@dataclass(frozen=True)
class Context:
    """What a command was told, for all stages that it calls."""

    root: Path
    settings: Settings
    engine: Engine
    sources: Sources
    device: str = "auto"
    build: bool = True
    """Build missing inputs; otherwise refuse and name the command that would."""
    force: bool = False
    """Redo what the command itself makes, up to date or not."""

    def classifier(self, name: str) -> Classifier:
        """The classifier ``name`` with its options."""
        return make_classifier(name, self.settings.classifiers.of(name))


@dataclass(frozen=True)
class Experiment:
    """Data x setting x classifier, over ``runs``."""

    data: str
    setting: Setting
    classifier: str
    runs: tuple[Run, ...]

    @property
    def command_options(self) -> str:
        """The options that name this experiment on the command line."""
        seeds = {"--data-seed": {run.data_seed for run in self.runs}, "--seed": {run.seed for run in self.runs}}
        named = " ".join(f"{option} {value}" for option, values in seeds.items() for value in sorted(values))
        return f"--data {self.data} --setting {self.setting} --classifier {self.classifier} {named}"


@dataclass(frozen=True)
class At:
    """The state before acquisition step ``step`` of the runs that ``strategy`` acquired."""

    step: int
    strategy: str

    @property
    def folder(self) -> str:
        """The name of the artifact of this state."""
        return f"{self.strategy}_step{self.step:02d}"


@dataclass(frozen=True)
class Target(Generic[AnyRecord]):
    """An artifact to be made."""

    path: Path
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
    work: int = 0
    """Refits made, or networks trained, in that time."""

    def input_digest(self, run: Run) -> str:
        """The digest of one run's part, which what is made from it records."""
        return digest(take_runs(self.record, [run]))


def make(context: Context, target: Target[AnyRecord], *, asked: bool) -> Made[AnyRecord]:
    """Make ``target`` up to date; ``asked`` says that the command is about it, not about what is made from it.

    Raises:
        MissingArtifactError: if it is not up to date, was not asked for, and the context rules building out.
        ArtifactError: if it cannot be read or written.
    """
    force = context.force and asked
    if not force:
        record = _up_to_date(target)
        if record is not None:
            if asked:
                log.info("up to date: %s", target.path)
            return Made(target.path, record, 0.0)
    if not (asked or context.build):
        raise MissingArtifactError(f"{target.path}: missing, or made from other inputs; make it with: {target.command}")
    work = context.root / ".work" / "_".join(target.path.relative_to(context.root).with_suffix("").parts)
    with _locked(work):
        recover(target.path, work)
        record = None if force else _up_to_date(target)  # another process may have made it meanwhile
        if record is not None:
            return Made(target.path, record, 0.0)
        start = time.perf_counter()
        record = _compute(target, work, force=force)
        return Made(target.path, record, time.perf_counter() - start)


def peek(target: Target[AnyRecord]) -> AnyRecord | None:
    """The record of ``target``'s runs if it is there and up to date."""
    return _up_to_date(target)


def record_timing(context: Context, made: Made[Any], work: Mapping[str, float]) -> None:
    """Write what a computation took to ``timings/``: not into the artifact, because it differs every time."""
    path = context.root / "timings" / made.path.relative_to(context.root).with_suffix(".json")
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"seconds": round(made.seconds, 3), **work}, indent=2) + "\n")


def _up_to_date(target: Target[AnyRecord]) -> AnyRecord | None:
    if not target.path.exists():
        return None
    record, provenance = read(target.path, target.kind)
    if _stale(target, record, provenance, list(target.inputs)):
        return None
    return take_runs(record, list(target.inputs))


def _stale(target: Target[Any], record: Record, provenance: Provenance, runs: Sequence[Run]) -> bool:
    if plain(provenance.parameters) != plain(target.parameters):
        return True
    stored = set(record.runs)
    return any(run not in stored or provenance.inputs[str(run)] != target.inputs[run] for run in runs)


def _compute(target: Target[AnyRecord], work: Path, *, force: bool) -> AnyRecord:
    parts: list[AnyRecord] = []
    inputs: dict[str, Mapping[str, str]] = {}
    kept, missing = _kept(target, force=force)
    for record, made_from in kept:
        parts.append(record)
        inputs |= made_from
    checkpoints = work / _key(target.parameters, target.inputs)
    if force:
        shutil.rmtree(checkpoints, ignore_errors=True)
    log.info("making %s: %s", target.path, _count(missing))
    unfinished = []
    for run in missing:
        checkpoint = _checkpoint(checkpoints / f"{run}.zarr", target.kind)
        if checkpoint is None:
            unfinished.append(run)
        else:
            parts.append(checkpoint)
    with write_errors(target.path):
        checkpoints.mkdir(parents=True, exist_ok=True)
    for run, record in zip(unfinished, target.compute(unfinished, checkpoints), strict=True):
        write(checkpoints / f"{run}.zarr", record, Provenance({}, {}), checkpoints / "parts")
        parts.append(record)
    inputs |= {str(run): target.inputs[run] for run in missing}
    merged = merge_runs(parts)
    ordered = {str(run): inputs[str(run)] for run in merged.runs}
    write(target.path, merged, Provenance(plain(target.parameters), ordered), work)
    shutil.rmtree(work, ignore_errors=True)
    return take_runs(merged, list(target.inputs))


def _kept(
    target: Target[AnyRecord], *, force: bool
) -> tuple[list[tuple[AnyRecord, dict[str, Mapping[str, str]]]], list[Run]]:
    """What of an existing store stays as it is, and the runs to compute."""
    wanted = list(target.inputs)
    try:
        record, provenance = read(target.path, target.kind)
    except ArtifactError:
        if target.path.exists() and not force:
            raise
        return [], wanted
    if _stale(target, record, provenance, []):
        log.info("%s: parameters changed", target.path)
        return [], wanted
    missing = [run for run in wanted if force or _stale(target, record, provenance, [run])]
    others = [run for run in record.runs if run not in missing]
    if not others:
        return [], missing
    made_from = {str(run): provenance.inputs[str(run)] for run in others}
    return [(take_runs(record, others), made_from)], missing


def _checkpoint(path: Path, kind: type[AnyRecord]) -> AnyRecord | None:
    try:
        return read(path, kind)[0]
    except ArtifactError:
        return None


def _key(parameters: Mapping[str, Any], inputs: Mapping[Run, Mapping[str, str]]) -> str:
    content = [package_versions(), plain(parameters), {str(run): plain(value) for run, value in inputs.items()}]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """The value as JSON gives it back, as it is in an artifact's attributes."""
    return json.loads(json.dumps(value))


def _count(runs: Sequence[Run]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"


@contextmanager
def _locked(work: Path) -> Iterator[None]:
    lock = work.parent / "locks" / f"{work.name}.lock"
    with write_errors(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock)
        held.acquire()
    try:
        yield
    finally:
        held.release()
