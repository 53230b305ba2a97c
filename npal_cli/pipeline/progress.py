"""The checkpoint of an acquisition loop: what was acquired so far, written after each step."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
from jaxtyping import Int

from npal_cli.arrays import run_columns
from npal_cli.errors import write_errors
from npal_cli.experiments.acquisition import Acquired
from npal_cli.randomness import Run


class Progress:
    """What the loop over ``runs`` has acquired so far, in memory and in the file ``path``."""

    def __init__(self, path: Path, runs: Sequence[Run], begin: Acquired) -> None:
        self._path = path
        self._runs = list(runs)
        self.acquired = self._load() or begin

    def save(self, acquired: Acquired) -> None:
        """Remember ``acquired``; a kill while writing leaves the file as it was before."""
        self.acquired = acquired
        partial = self._path.with_suffix(".partial.npz")
        with write_errors(self._path):
            np.savez(partial, allow_pickle=False, **vars(acquired), **run_columns(self._runs))
            partial.replace(self._path)

    def kept_in(self, folder: Path) -> "Progress":
        """The same, in a file in another folder."""
        return Progress(folder / self._path.name, self._runs, self.acquired)

    def chosen(self, run: Run) -> Int[np.ndarray, "step batch"]:
        """The rows that ``run`` acquired so far."""
        rows: Int[np.ndarray, "step batch"] = self.acquired.chosen[self._runs.index(run)]
        return rows

    def _load(self) -> Acquired | None:
        try:
            with np.load(self._path, allow_pickle=False) as arrays:
                stored = [Run(int(d), int(s)) for d, s in zip(arrays["data_seed"], arrays["seed"], strict=True)]
                rows = [stored.index(run) for run in self._runs]
                return Acquired(**{each.name: arrays[each.name][rows] for each in fields(Acquired)})
        except Exception:  # noqa: BLE001  whatever is wrong with it, its steps are made again
            return None
