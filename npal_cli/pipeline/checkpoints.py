"""Finished runs of an artifact that is being computed, kept so that a killed command goes on where it was."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from npal_cli.arrays import AnyRecord
from npal_cli.artifacts import Provenance, read, write
from npal_cli.errors import ArtifactError, write_errors
from npal_cli.randomness import Run

WORTH_KEEPING = 0.5
"""Seconds that a run must have taken to be kept, which takes a tenth of that."""

Compute = Callable[[Sequence[Run], Path], Iterator[AnyRecord]]
"""Yields a record for each of the runs; the path is a folder for checkpoints of its own."""


@dataclass(frozen=True)
class Checkpoints(Generic[AnyRecord]):
    """The checkpoints in ``folder``, which is named after all that the records are made from."""

    folder: Path
    kind: type[AnyRecord]

    def clear(self) -> None:
        """Forget them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def compute(self, runs: Sequence[Run], compute: Compute[AnyRecord]) -> list[AnyRecord]:
        """The records of ``runs``: those that are kept here, the others computed."""
        with write_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        found = {run: self._read(run) for run in runs}
        records = [record for record in found.values() if record is not None]
        unfinished = [run for run in runs if found[run] is None]
        begun = time.perf_counter()
        for run, record in zip(unfinished, compute(unfinished, self.folder), strict=True):
            if time.perf_counter() - begun >= WORTH_KEEPING:
                write(self._path(run), record, Provenance({}, {}), self.folder)
            records.append(record)
            begun = time.perf_counter()
        return records

    def _path(self, run: Run) -> Path:
        return self.folder / f"{run}.zarr"

    def _read(self, run: Run) -> AnyRecord | None:
        try:
            return read(self._path(run), self.kind)[0]
        except ArtifactError:
            return None
