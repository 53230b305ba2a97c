"""Artifacts: a record dataclass of arrays <-> a self-describing Zarr store.

A record's fields are its arrays, declared with the names of their axes (:func:`array`); one whose first axis is
``run`` holds a row per run. A store holds the arrays (format 3, one file each: a chunk, or a shard of chunks where an
array is large, so that a few of its rows can be read) and, as attributes, the format, the
parameters and the input digests of each run that made it, package versions, and a digest of its own content that is
verified on reading (Zarr itself reads a lost chunk as zeros). There is nothing in it that differs between two equal
computations: no time, no host, no path.
"""

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import Field, dataclass, field, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import zarr

from npal_cli.commit import building_place, commit, settled
from npal_cli.errors import ArtifactError
from npal_cli.randomness import Run

PACKAGES = ("npal", "numpy", "scikit-learn", "torch", "zarr")
"""Whose versions an artifact records."""

SHARDED = 2**24
"""Bytes from which on an array is a shard of chunks ..."""
CHUNK = 2**20
"""... of so many bytes or fewer."""

REDO = "remove it, or make it anew with --force"


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


@dataclass(frozen=True)
class Provenance:
    """What an artifact was made from."""

    parameters: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, str]]
    """For each run, the digest of each input."""


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


def package_versions() -> dict[str, str]:
    """The versions of the packages that a result may depend on."""
    return {name: version(name) for name in PACKAGES}


def digest(record: Record) -> str:
    """The SHA-256 of a record's content: names, types, shapes and bytes."""
    total = hashlib.sha256(record.FORMAT.encode())
    for name, values, _ in _arrays(record):
        total.update(f"|{name}|{values.dtype.str}|{values.shape}|".encode())
        total.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return total.hexdigest()


def write(path: Path, record: Record, provenance: Provenance, root: Path) -> None:
    """Write ``record`` to the store ``path`` under ``root``: built whole elsewhere there, then put in place.

    Raises:
        ArtifactError: if it cannot be written; what was at ``path`` is then still there.
    """
    building = building_place(path, root)
    with write_errors(path):
        shutil.rmtree(building, ignore_errors=True)
        building.parent.mkdir(parents=True, exist_ok=True)
        group = zarr.open_group(building, mode="w", zarr_format=3)
        for declared in fields(record):
            if declared.metadata.get("by_name"):
                group.create_group(declared.name)
        for name, values, axes in _arrays(record):
            unnamed = [f"{name}_{i}" for i in range(len(axes), values.ndim)]
            chunk, shard = _chunks(values)
            group.create_array(name, data=values, chunks=chunk, shards=shard, dimension_names=[*axes, *unnamed])
        group.attrs.put(
            {
                "format": record.FORMAT,
                "parameters": provenance.parameters,
                "inputs": provenance.inputs,
                "packages": package_versions(),
                "digest": digest(record),
            }
        )
        commit(path, root)


def find(path: Path, kind: type[AnyRecord], root: Path) -> tuple[AnyRecord, Provenance] | None:
    """What :func:`read` finds at ``path``, while nobody replaces it; None if there is nothing.

    Raises:
        ArtifactError: if it is not a whole store of ``kind``'s format.
    """
    with settled(root):
        return read(path, kind) if path.exists() else None


def read(path: Path, kind: type[AnyRecord]) -> tuple[AnyRecord, Provenance]:
    """Read the store ``path`` and verify its digest.

    Raises:
        ArtifactError: if it is not a whole store of ``kind``'s format.
    """
    try:
        group = zarr.open_group(path, mode="r")
        attributes = dict(group.attrs)
    except Exception as error:
        raise _unreadable(path, kind, error) from error
    found = attributes.get("format")
    if found != kind.FORMAT:
        raise ArtifactError(f"{path}: format {found!r}, expected {kind.FORMAT!r} of this version; {REDO}")
    try:
        record = kind(**{declared.name: _read_field(group, declared) for declared in fields(kind)})
        provenance = Provenance(_mapping(attributes["parameters"]), _mapping(attributes["inputs"]))
    except Exception as error:
        raise _unreadable(path, kind, error) from error
    if attributes.get("digest") != digest(record):
        raise ArtifactError(f"{path}: its content does not match its digest (a damaged copy?); {REDO}")
    return record, provenance


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turn a failure of the file system into the one line that says what could not be written."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ArtifactError(f"cannot write {path}: {reason}; free space or choose another --root") from error


def _chunks(values: np.ndarray) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """The whole array as one chunk, or as one shard of chunks of some rows."""
    whole = tuple(max(size, 1) for size in values.shape)
    if values.nbytes <= SHARDED:
        return whole, None
    rows = max(CHUNK * len(values) // values.nbytes, 1)
    return (rows, *whole[1:]), (-(-len(values) // rows) * rows, *whole[1:])


def _unreadable(path: Path, kind: type[Record], error: Exception) -> ArtifactError:
    # Zarr and its codecs raise many kinds of errors for what is one thing here: a damaged store.
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return ArtifactError(f"{path}: not a readable {kind.FORMAT} artifact ({reason}); {REDO}")


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("an attribute is not a mapping")
    return value


def _read_field(group: zarr.Group, declared: "Field[Any]") -> Any:
    if declared.metadata.get("by_name"):
        named = group.require_group(declared.name)
        return {name: np.asarray(values[:]) for name, values in sorted(named.arrays())}
    stored = group[declared.name]
    if not isinstance(stored, zarr.Array):
        raise TypeError(f"{declared.name} is not an array")
    return np.asarray(stored[...])


def _arrays(record: Record) -> Iterator[tuple[str, np.ndarray, tuple[str, ...]]]:
    for declared in fields(record):
        axes, value = declared.metadata["axes"], getattr(record, declared.name)
        if declared.metadata.get("by_name"):
            for name in sorted(value):
                yield f"{declared.name}/{name}", value[name], axes
        else:
            yield declared.name, value, axes


def _run_fields(record: Record) -> "list[Field[Any]]":
    return [declared for declared in fields(record) if declared.metadata["axes"][0] == "run"]


def _map_runs(record: AnyRecord, change: Any) -> AnyRecord:
    changes: dict[str, Any] = {}
    for declared in _run_fields(record):
        value = getattr(record, declared.name)
        by_name = declared.metadata.get("by_name")
        changes[declared.name] = {name: change(part) for name, part in value.items()} if by_name else change(value)
    return replace(record, **changes)
