"""Records: dataclasses whose fields are arrays, declared with the names of their axes.

An array whose first axis is ``run`` holds a row per run; the others are the same for all runs.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, ClassVar, TypeVar

import numpy as np

from npal_cli.randomness import Run


def array(*axes: str) -> Any:
    """Declare a record's array with the names of its axes."""
    return field(metadata={"axes": axes})


def arrays_by_name(*axes: str) -> Any:
    """Declare a mapping of names to arrays; ``axes`` names their leading axes."""
    return field(metadata={"axes": axes, "by_name": True})


@dataclass(frozen=True)
class Record:
    """The arrays of an artifact; subclasses add theirs, and name their format."""

    FORMAT: ClassVar[str]

    data_seed: np.ndarray = array("run")
    seed: np.ndarray = array("run")

    @property
    def runs(self) -> list[Run]:
        """The runs that the record holds."""
        return [Run(int(d), int(s)) for d, s in zip(self.data_seed, self.seed, strict=True)]


AnyRecord = TypeVar("AnyRecord", bound=Record)


def run_columns(runs: Sequence[Run]) -> dict[str, np.ndarray]:
    """The two arrays that name the runs of a record."""
    columns = np.array(runs, dtype=np.int64).reshape(-1, 2)
    return {"data_seed": columns[:, 0], "seed": columns[:, 1]}


def take_runs(record: AnyRecord, runs: Sequence[Run]) -> AnyRecord:
    """The record of ``runs`` only, in that order."""
    present = record.runs
    rows = [present.index(run) for run in runs]
    return _map_runs(record, lambda values: values[rows])


def merge_runs(records: Sequence[AnyRecord]) -> AnyRecord:
    """One record of the runs of all, sorted by run."""
    first = records[0]
    changes: dict[str, Any] = {}
    for declared in _run_fields(first):
        parts = [getattr(record, declared.name) for record in records]
        if declared.metadata.get("by_name"):
            changes[declared.name] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        else:
            changes[declared.name] = np.concatenate(parts)
    merged = replace(first, **changes)
    return take_runs(merged, sorted(merged.runs))


def named_arrays(record: Record) -> Iterator[tuple[str, np.ndarray, tuple[str, ...]]]:
    """Each array of a record: its name, itself and its axes; those of a mapping are named ``field/name``."""
    for declared in fields(record):
        axes, value = declared.metadata["axes"], getattr(record, declared.name)
        if declared.metadata.get("by_name"):
            for name in sorted(value):
                yield f"{declared.name}/{name}", value[name], axes
        else:
            yield declared.name, value, axes


def digests_of(record: Record, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """The SHA-256 of each array's type, shape and bytes, by its name; those that are ``known`` are not computed."""
    known = known or {}
    return {name: known.get(name) or _digest(values) for name, values, _ in named_arrays(record)}


def run_digest(record: Record, run: Run, digests: Mapping[str, str]) -> str:
    """The SHA-256 of what a record holds of ``run``, given the ``digests`` of the record's arrays.

    What all runs share is not hashed again for each of them.
    """
    of_runs = {declared.name for declared in _run_fields(record)}
    shared = {name: value for name, value in digests.items() if name.split("/")[0] not in of_runs}
    parts = digests_of(take_runs(record, [run]), shared)
    return hashlib.sha256("|".join([record.FORMAT, *parts, *parts.values()]).encode()).hexdigest()


def _digest(values: np.ndarray) -> str:
    total = hashlib.sha256(f"{values.dtype.str}|{values.shape}|".encode())
    total.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return total.hexdigest()


def _run_fields(record: Record) -> "list[Field[Any]]":
    return [declared for declared in fields(record) if declared.metadata["axes"][0] == "run"]


def _map_runs(record: AnyRecord, change: Callable[[np.ndarray], np.ndarray]) -> AnyRecord:
    changes: dict[str, Any] = {}
    for declared in _run_fields(record):
        value = getattr(record, declared.name)
        by_name = declared.metadata.get("by_name")
        changes[declared.name] = {name: change(part) for name, part in value.items()} if by_name else change(value)
    return replace(record, **changes)
