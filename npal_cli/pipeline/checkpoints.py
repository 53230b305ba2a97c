"""Finished runs of an artifact that is being computed, kept so that a killed command goes on where it was."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from npal_cli.arrays import AnyRecord, merge_runs, take_runs
from npal_cli.artifacts import Provenance, read, write
from npal_cli.errors import ArtifactError, write_errors
from npal_cli.randomness import Run

WORTH_KEEPING = 0.5
"""Seconds that runs must have taken together to be kept, which takes a tenth of that."""

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
        found = {run: take_runs(record, [run]) for record in self._kept() for run in record.runs if run in runs}
        records = list(found.values())
        new: list[AnyRecord] = []
        begun = time.perf_counter()
        for record in compute([run for run in runs if run not in found], self.folder):
            records.append(record)
            new.append(record)
            if time.perf_counter() - begun >= WORTH_KEEPING:
                write(self._path(record), merge_runs(new), Provenance({}, {}), self.folder)
                new, begun = [], time.perf_counter()
        return records

    def _path(self, record: AnyRecord) -> Path:
        """Of what is kept at once, the last run names the store."""
        return self.folder / f"{record.runs[-1]}.zarr"

    def _kept(self) -> Iterator[AnyRecord]:
        for path in sorted(self.folder.glob("*.zarr")):
            try:
                yield read(path, self.kind)[0]
            except ArtifactError:
                continue  # what is damaged is made again
