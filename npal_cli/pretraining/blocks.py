"""Blocks of lessons: some problems each, made apart from one another, and kept as soon as they are made."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from npal_cli.artifacts import Provenance, find, write
from npal_cli.errors import ArtifactError
from npal_cli.learned.weights import digest, read
from npal_cli.pretraining.known import usable
from npal_cli.pretraining.lessons import Lessons, packed
from npal_cli.pretraining.options import PretrainOptions
from npal_cli.pretraining.problems import Mix
from npal_cli.pretraining.states import by, lessons
from npal_cli.problems.dataset import Dataset
from npal_cli.problems.datasets import load_dataset, named, source_digest
from npal_cli.problems.sources import Sources
from npal_cli.randomness import Run, stream

PROBLEMS = 25
"""Of a block; the last may have fewer."""


@dataclass(frozen=True)
class Blocks:
    """The lessons of a round."""

    root: Path
    options: PretrainOptions
    sources: Sources
    round: int
    """From 1 on."""
    own: Path | None = None
    """The weights of the round before, by which states are met too."""

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return -(-self.options.problems // PROBLEMS)

    def path(self, block: int) -> Path:
        """Where a block is."""
        return self.root / "pretrained" / "lessons" / f"round{self.round}" / f"{block:05d}.zarr"

    def drawn_from(self) -> dict[str, Any]:
        """All that lessons depend on, but their number."""
        told = asdict(self.options)
        drawn = {key: told[key] for key in ("seed", "steps", "several", "classifiers", "tables")}
        drawn["classifiers"] = list(self.options.classifiers)
        drawn["tables"] = {name: source_digest(named(name), self.sources) for name in self.options.tables}
        return drawn | {"round": self.round, "own": digest(str(self.own)) if self.own is not None else None}

    def stored(self, block: int) -> Lessons | None:
        """The lessons of a block, if they are there and made as they would be now.

        Raises:
            ArtifactError: if they are damaged.
        """
        found = find(self.path(block), Lessons, self.root)
        return found[0] if found is not None and found[1].parameters == self._parameters(block) else None

    def make(self, block: int) -> Path:
        """Meet the states of a block's problems and write them, unless they are there.

        What is left of a damaged block is replaced: it can be made again.
        """
        try:
            if self.stored(block) is not None:
                return self.path(block)
        except ArtifactError:
            pass
        own = by(read(str(self.own)).networks) if self.own is not None else None
        mix = Mix(self.options.several, _tables(self.options.tables, self.sources), self.options.classifiers)
        key = (self.options.seed, self.round, block)
        draws = (stream("pretraining problem", *key, i) for i in range(self._size(block)))
        found = [list(lessons(each, mix, self.options.steps, own)) for each in draws]
        run = Run(self.options.seed, block)
        write(self.path(block), packed(found, run), Provenance(self._parameters(block), {str(run): {}}), self.root)
        return self.path(block)

    def _parameters(self, block: int) -> dict[str, Any]:
        return self.drawn_from() | {"problems": self._size(block)}

    def _size(self, block: int) -> int:
        return min(PROBLEMS, self.options.problems - block * PROBLEMS)


@cache
def _tables(names: Sequence[str], sources: Sources) -> Sequence[Dataset]:
    """The data sets, of those that problems can be drawn from."""
    return [data for data in (load_dataset(named(name), sources) for name in names) if usable(data)]
