"""Fitted networks on disk: a study that is killed goes on with them, and strategies share the first."""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from npal_cli.errors import write_errors

FORMAT = "npal.fit/1"
"""Another number for another way of training: what was fitted before is then not used."""

State = dict[str, np.ndarray]
"""The parameters and buffers of a model, by name."""


@dataclass(frozen=True)
class FitCache:
    """Where fits are kept, each in a file named by a digest of all that it depends on."""

    shared: Path
    """For fits to ``initial`` points: all strategies of a run begin with the same one."""
    own: Path
    """For the others, of one strategy; it goes with the checkpoints of the command."""
    initial: int

    def load(self, key: str, points: int) -> State | None:
        """The fit ``key`` to so many points, if it is there and whole."""
        try:
            with np.load(self._path(key, points), allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, EOFError, ValueError, BadZipFile):
            return None

    def save(self, key: str, points: int, state: State) -> None:
        """Keep a fit; a kill while writing leaves nothing that looks like one."""
        path = self._path(key, points)
        with write_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.stem}.{os.getpid()}.partial")  # another process may make the same fit
            try:
                with partial.open("wb") as file:
                    np.savez(file, allow_pickle=False, **state)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)

    def _path(self, key: str, points: int) -> Path:
        return (self.shared if points == self.initial else self.own) / f"{key}.npz"


def key_of(parameters: dict[str, Any], *arrays: np.ndarray) -> str:
    """A digest of this version's format, parameters and arrays.

    >>> key_of({"epochs": 2}, np.zeros(3)) == key_of({"epochs": 2}, np.zeros(3)) != key_of({"epochs": 2}, np.ones(3))
    True
    """
    total = sha256(json.dumps([FORMAT, parameters], sort_keys=True).encode())
    for values in arrays:
        total.update(f"|{values.dtype.str}|{values.shape}|".encode())
        total.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return total.hexdigest()
