"""Blocks of what is learned from: some problems each, made apart from one another, and kept as they are made."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Generic

from npal_cli.arrays import AnyRecord
from npal_cli.artifacts import Provenance, find, write
from npal_cli.engine import Engine
from npal_cli.errors import ArtifactError
from npal_cli.learned.network import Ranker
from npal_cli.learned.weights import digest, read
from npal_cli.pretraining.known import checked
from npal_cli.pretraining.lessons import Lessons, packed
from npal_cli.pretraining.options import PretrainOptions
from npal_cli.pretraining.outlooks import Outlooks, gather
from npal_cli.pretraining.prior import Draws
from npal_cli.pretraining.problems import Mix
from npal_cli.pretraining.states import by, lessons
from npal_cli.problems.dataset import Dataset
from npal_cli.problems.datasets import load_dataset, named, source_digest
from npal_cli.problems.sources import Sources
from npal_cli.randomness import Run, stream

PROBLEMS = 25
"""Of a block; the last may have fewer."""


@dataclass(frozen=True)
class Content(Generic[AnyRecord]):
    """What blocks hold."""

    name: str
    kind: type[AnyRecord]
    gather: Callable[[Sequence[Draws], Mix, int, Sequence[Ranker], Run], AnyRecord]
    """From problems that are drawn: given the draws of each, what of, how many states of each, by what networks too."""


def _lessons(draws: Sequence[Draws], mix: Mix, steps: int, networks: Sequence[Ranker], run: Run) -> Lessons:
    own = by(networks) if networks else None
    return packed([list(lessons(each, mix, steps, own)) for each in draws], run)


def _outlooks(draws: Sequence[Draws], mix: Mix, _: int, networks: Sequence[Ranker], run: Run) -> Outlooks:
    return gather(draws, mix, networks, run)


LESSONS = Content("lessons", Lessons, _lessons)
OUTLOOKS = Content("outlooks", Outlooks, _outlooks)


@dataclass(frozen=True)
class Blocks(Generic[AnyRecord]):
    """The blocks of a round."""

    content: Content[AnyRecord]
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

    def make_all(self, engine: Engine) -> None:
        """Make those that are not there, or are damaged, and write each as soon as it is made."""
        missing = [block for block in range(self.count) if not self._is_whole(block)]
        mix = Mix(self.options.several, tables(self.options.tables, self.sources), self.options.classifiers)
        networks = read(str(self.own)).networks if self.own is not None and missing else ()
        made = partial(_made, self.content, self.options, self.round, mix, networks)
        work = [(block, self._size(block)) for block in missing]
        label = f"{self.content.name}, round {self.round}"
        for record in engine.map(made, work, label=label, unit="block", in_order=False):
            (run,) = record.runs
            provenance = Provenance(self._parameters(run.seed), {str(run): {}})
            write(self.path(run.seed), record, provenance, self.root)

    def path(self, block: int) -> Path:
        """Where a block is."""
        return self.root / "pretrained" / self.content.name / f"round{self.round}" / f"{block:05d}.zarr"

    def drawn_from(self) -> dict[str, Any]:
        """All that blocks depend on, but their number."""
        told = asdict(self.options)
        drawn = {key: told[key] for key in ("seed", "steps", "several", "classifiers", "tables")}
        drawn["classifiers"] = list(self.options.classifiers)
        drawn["tables"] = {name: source_digest(named(name), self.sources) for name in self.options.tables}
        return drawn | {"round": self.round, "own": digest(str(self.own)) if self.own is not None else None}

    def stored(self, block: int) -> AnyRecord | None:
        """A block, if it is there and made as it would be now.

        Raises:
            ArtifactError: if it is damaged.
        """
        found = find(self.path(block), self.content.kind, self.root)
        return found[0] if found is not None and found[1].parameters == self._parameters(block) else None

    def _is_whole(self, block: int) -> bool:
        try:
            return self.stored(block) is not None
        except ArtifactError:
            return False

    def _parameters(self, block: int) -> dict[str, Any]:
        return self.drawn_from() | {"problems": self._size(block)}

    def _size(self, block: int) -> int:
        return min(PROBLEMS, self.options.problems - block * PROBLEMS)


def _made(
    content: Content[AnyRecord],
    options: PretrainOptions,
    round_: int,
    mix: Mix,
    networks: Sequence[Ranker],
    work: tuple[int, int],
) -> AnyRecord:
    """A block of so many problems; its run is named after the seed and the block."""
    block, size = work
    draws = [stream(f"problem of {content.name}", options.seed, round_, block, i) for i in range(size)]
    return content.gather(draws, mix, options.steps, networks, Run(options.seed, block))


@cache
def tables(names: Sequence[str], sources: Sources) -> Sequence[Dataset]:
    """The data sets that problems are drawn of.

    Raises:
        UsageError: if one is unknown, or no problem can be drawn of it.
        DataError: if a row of it has no label.
    """
    return [checked(load_dataset(named(name), sources)) for name in names]
