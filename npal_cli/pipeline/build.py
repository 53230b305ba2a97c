"""Building an artifact: when one is up to date, which of its runs are missing, and how it is put in place.

An artifact holds runs. A stage computes the runs that are missing or were made from other inputs, keeps the others,
and writes the store anew as a whole; other parameters replace it.
"""

import hashlib
import json
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

from npal_cli.arrays import AnyRecord, merge_runs, run_digest, take_runs
from npal_cli.artifacts import Provenance, find, package_versions, write
from npal_cli.errors import ArtifactError, MissingArtifactError, write_errors
from npal_cli.pipeline.checkpoints import Checkpoints, Compute
from npal_cli.pipeline.context import Context
from npal_cli.pipeline.gathered import parts_of
from npal_cli.pipeline.locks import locked
from npal_cli.pipeline.places import timing_path, work_path
from npal_cli.randomness import Run

log = logging.getLogger("npal")


@dataclass(frozen=True)
class Target(Generic[AnyRecord]):
    """An artifact that is to be there."""

    path: Path
    root: Path
    """The folder of all artifacts, that ``path`` is under."""
    kind: type[AnyRecord]
    command: str
    """The command that builds it."""
    parameters: Mapping[str, Any]
    inputs: Mapping[Run, Mapping[str, str]]
    """For each run that it is to hold, the digest of each input."""
    compute: Compute[AnyRecord]

    @property
    def stored_parameters(self) -> Any:
        """The parameters as an artifact gives them back."""
        return as_stored(self.parameters)


@dataclass(frozen=True)
class Built(Generic[AnyRecord]):
    """An artifact that is up to date."""

    path: Path
    record: AnyRecord
    """Of the target's runs."""
    digests: Mapping[str, str]
    """Of the arrays that are stored."""
    seconds: float = 0.0
    """Spent on computing; 0 if nothing was."""
    work: Mapping[str, int] = field(default_factory=Counter)
    """Refits made and networks trained in that time."""

    def input_digest(self, run: Run) -> str:
        """The digest of one run's part, which what is made from it records."""
        return run_digest(self.record, run, self.digests)


def build(
    context: Context,
    target: Target[AnyRecord],
    *,
    requested: bool,
    replan: Callable[[Target[AnyRecord]], Target[AnyRecord]] = lambda target: target,
) -> Built[AnyRecord]:
    """Bring ``target`` up to date; it is ``requested`` if the command names it, not if it is an input of what is named.

    A target that was planned from what is stored is planned again (``replan``) once no other process can change that.

    Raises:
        MissingArtifactError: if it is not up to date, was not requested, and the context rules building out.
        ArtifactError: if it cannot be read or written.
    """
    force = context.force and requested
    if not force:
        built = up_to_date(target)
        if built is not None:
            if requested:
                log.info("up to date: %s", target.path)
            return built
    if not (requested or context.build):
        raise MissingArtifactError(f"{target.path}: missing, or made from other inputs; make it with: {target.command}")
    work = work_path(context.root, target.path)
    with locked(work):
        target = replan(target)
        built = None if force else up_to_date(target)  # another process may have built it meanwhile
        return built or _build(context, target, work, force=force)


def up_to_date(target: Target[AnyRecord]) -> Built[AnyRecord] | None:
    """The target, if all its runs are stored and were made from its inputs with its parameters."""
    current = _current(target)
    if current is None or _missing(target, *current):
        return None
    record, provenance = current
    return Built(target.path, take_runs(record, list(target.inputs)), provenance.digests)


def missing_runs(target: Target[Any]) -> list[Run]:
    """Its runs that are not stored, or were made from other inputs or with other parameters.

    Raises:
        ArtifactError: if what is stored cannot be read.
    """
    current = _current(target)
    return list(target.inputs) if current is None else _missing(target, *current)


def as_stored(value: Any) -> Any:
    """The value as an artifact's attributes give it back."""
    return json.loads(json.dumps(value))


def _current(target: Target[AnyRecord]) -> tuple[AnyRecord, Provenance] | None:
    """What is stored, if it was made with the same parameters."""
    found = find(target.path, target.kind, target.root)
    return found if found is not None and found[1].parameters == target.stored_parameters else None


def _missing(target: Target[AnyRecord], record: AnyRecord, provenance: Provenance) -> list[Run]:
    stored = set(record.runs)
    return [
        run for run, made_from in target.inputs.items() if run not in stored or provenance.inputs[str(run)] != made_from
    ]


def _build(context: Context, target: Target[AnyRecord], work: Path, *, force: bool) -> Built[AnyRecord]:
    start, before = time.perf_counter(), Counter(context.engine.tally)
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
    inputs |= {str(run): target.inputs[run] for run in missing}
    gathered = [] if force else list(parts_of(target, missing))
    missing = [run for run in missing if not any(run in record.runs for record in gathered)]
    parts += gathered
    if gathered:
        log.info("gathering %s: %s of parts", target.path, _runs(sum(len(record.runs) for record in gathered)))
    if missing:
        log.info("making %s: %s", target.path, _runs(len(missing)))
    checkpoints = Checkpoints(work / _key(target), target.kind)
    if force:
        checkpoints.clear()
    resumed = checkpoints.folder.exists()
    if missing:
        parts += checkpoints.compute(missing, target.compute)
    merged = merge_runs(parts)
    ordered = {str(run): inputs[str(run)] for run in merged.runs}
    written = write(target.path, merged, Provenance(target.stored_parameters, ordered), target.root)
    shutil.rmtree(work, ignore_errors=True)
    record = take_runs(merged, list(target.inputs))
    built = Built(target.path, record, written.digests, time.perf_counter() - start, context.engine.tally - before)
    if not (resumed or gathered):  # else another command did part of the work
        _record_timing(context, built, missing, target.parameters.get("steps", 1))
    return built


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _replaceable(target: Target[AnyRecord], *, force: bool) -> tuple[AnyRecord, Provenance] | None:
    try:
        return _current(target)
    except ArtifactError:
        if force:
            return None
        raise


def _record_timing(context: Context, built: Built[Any], runs: Sequence[Run], steps: int) -> None:
    """Write what a computation took: not into the artifact, because it differs every time."""
    path = timing_path(context.root, built.path)
    work = {"seconds": round(built.seconds, 3), "runs": len(runs), "steps": steps, **built.work}
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(work, indent=2) + "\n", encoding="utf-8")


def _key(target: Target[Any]) -> str:
    """Names the folder of checkpoints after all that they are made from."""
    inputs = {str(run): as_stored(value) for run, value in target.inputs.items()}
    content = [package_versions(), as_stored(target.parameters), inputs]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
