"""Artifacts: a record (see :mod:`npal_cli.arrays`) <-> a self-describing Zarr store.

A store holds the arrays (format 3, one file each: a chunk, or a shard of chunks where an array is large, so that a few
of its rows can be read) and, as attributes, the format, the parameters and the input digests of each run that made it,
package versions, a digest of each array, which is verified on reading (Zarr itself reads a lost chunk as zeros), and
one of all these attributes.
There is nothing in it that differs between two equal computations: no time, no host, no path.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from npal_cli.arrays import AnyRecord, Record, digests_of, named_arrays
from npal_cli.commit import building_place, commit, settled
from npal_cli.errors import ArtifactError, write_errors
from npal_cli.untrusted import MOST, check_unpacked

PACKAGES = ("npal", "numpy", "scikit-learn", "torch", "zarr")
"""Whose versions an artifact records."""

SHARDED = 2**24
"""Bytes from which on an array is a shard of chunks ..."""
CHUNK = 2**20
"""... of so many bytes or fewer."""

DIGEST = "digest"
"""The attribute that is the digest of all others."""

REDO = "remove it, or make it anew with --force"


@dataclass(frozen=True)
class Provenance:
    """What an artifact was made from."""

    parameters: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, str]]
    """For each run, the digest of each input."""
    digests: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The digest of each array of the store: known once it is written or read."""


def package_versions() -> dict[str, str]:
    """The versions of the packages that a result may depend on."""
    return {name: version(name) for name in PACKAGES}


def write(path: Path, record: Record, provenance: Provenance, root: Path) -> Provenance:
    """Write ``record`` to the store ``path`` under ``root``: built whole elsewhere there, then put in place.

    Returns the provenance as it is then read: with the digests of the arrays.

    Raises:
        ArtifactError: if it cannot be written; what was at ``path`` is then still there.
    """
    building, digests = building_place(path, root), digests_of(record)
    with write_errors(path):
        shutil.rmtree(building, ignore_errors=True)
        building.parent.mkdir(parents=True, exist_ok=True)
        group = zarr.open_group(building, mode="w", zarr_format=3)
        for declared in fields(record):
            if declared.metadata.get("by_name"):
                group.create_group(declared.name)
        for name, values, axes in named_arrays(record):
            unnamed = [f"{name}_{i}" for i in range(len(axes), values.ndim)]
            chunk, shard = _chunks(values)
            group.create_array(name, data=values, chunks=chunk, shards=shard, dimension_names=[*axes, *unnamed])
        told: dict[str, Any] = {"format": record.FORMAT, "packages": package_versions(), "digests": digests}
        told |= {"parameters": provenance.parameters, "inputs": provenance.inputs}
        group.attrs.put({**told, DIGEST: _digest(told)})
        commit(path, root)
    return replace(provenance, digests=digests)


def find(path: Path, kind: type[AnyRecord], root: Path) -> tuple[AnyRecord, Provenance] | None:
    """What :func:`read` finds at ``path``, while nobody replaces it; None if there is nothing.

    Raises:
        ArtifactError: if it is not a whole store of ``kind``'s format.
    """
    with settled(root):
        return read(path, kind) if path.exists() else None


def read(path: Path, kind: type[AnyRecord]) -> tuple[AnyRecord, Provenance]:
    """Read the store ``path`` and verify its digests.

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
        provenance = Provenance(*(_mapping(attributes[name]) for name in ("parameters", "inputs", "digests")))
    except Exception as error:
        raise _unreadable(path, kind, error) from error
    if attributes.pop(DIGEST, None) != _digest(attributes):
        raise ArtifactError(f"{path}: what it says of itself does not match its digest (a damaged copy?); {REDO}")
    if provenance.digests != digests_of(record):
        raise ArtifactError(f"{path}: its content does not match its digests (a damaged copy?); {REDO}")
    return record, provenance


def _digest(attributes: Mapping[str, Any]) -> str:
    """Of attributes, as JSON has them."""
    stored = json.loads(json.dumps(attributes))
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()


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
        return {name: _values(array) for name, array in sorted(named.arrays())}
    stored = group[declared.name]
    if not isinstance(stored, zarr.Array):
        raise TypeError(f"{declared.name} is not an array")
    return _values(stored)


def _values(array: "zarr.Array[Any]") -> np.ndarray:
    if array.nbytes > MOST:  # else its size need not be looked up
        check_unpacked(Path(array.name), array.nbytes, array.nbytes_stored())
    return np.asarray(array[...])
