"""All data sets by name: of this package, entry points ``npal.datasets``, import paths, collections, and own kept."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from npal_cli.errors import DataError, UsageError, unknown
from npal_cli.plugins import is_import_path, load, load_entry_point, registered
from npal_cli.problems.collections import collected
from npal_cli.problems.dataset import Dataset, DatasetKind, Standardise, is_image
from npal_cli.problems.sources import Sources
from npal_cli.tables import shelf
from npal_cli.tables.files import is_table
from npal_cli.untrusted import one_line

GROUP = "npal.datasets"
GIVE = "give the published file with --source"


class Registry(Mapping[str, DatasetKind]):
    """Data sets by name; those that were named by import path come last."""

    def __init__(self) -> None:
        self._named: dict[str, DatasetKind] = {}

    def __getitem__(self, name: str) -> DatasetKind:
        """The data set of a name."""
        return (_installed() | self._named)[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(_installed() | self._named)

    def __len__(self) -> int:
        """How many there are."""
        return len(_installed() | self._named)

    def take(self, path: str) -> str:
        """The name of the data set at an import path or in a collection, by which it is known from then on.

        Raises:
            UsageError: if there is none.
        """
        kind = collected(path) or _checked(load(path, "data set"), path)
        if self.get(kind.name, kind) != kind:
            raise UsageError(f"data set {path!r}: {kind.name!r} is the name of another; give it one of its own")
        self._named[kind.name] = kind
        return kind.name


def load_dataset(name: str, sources: Sources) -> Dataset:
    """The data set ``name``: a registered one, or a table taken in earlier with ``npal prepare --data FILE``.

    Raises:
        UsageError: if there is no such data set.
        DataError: if its source cannot be had or is not what it should be.
    """
    if name in REGISTRY:
        kind = REGISTRY[name]
        return loaded(kind, [sources.path(file) for file in kind.files])
    if name in shelf.known(sources.folder):
        from npal_cli.tables import kept  # pandas takes a second, which is not needed to know its name

        return Dataset(name, *kept.load(name, sources.folder))
    raise unknown("data set", name, known_datasets(sources))


def loaded(kind: DatasetKind, paths: Sequence[Path]) -> Dataset:
    """The data set in these files.

    Raises:
        DataError: if they are not what they should be.
    """

    def damaged(reason: str) -> DataError:
        if not kind.files:
            return DataError(f"data set {kind.name}: {reason}")
        files = ", ".join(file.name for file in kind.files)
        return DataError(f"{files}: not a readable copy of what is published ({reason}); {GIVE}")

    with one_line(damaged):
        dataset = kind.load(*paths)
        _check_finite(dataset)
    return dataset


def named(data: str) -> str:
    """The name of what ``--data`` names: the data set at an import path or in a collection, or else itself.

    Raises:
        UsageError: if there is nothing at an import path.
    """
    return REGISTRY.take(data) if is_import_path(data) and not is_table(data) else data


def default_standardise(name: str) -> Standardise:
    """How the features of ``name`` are standardised where ``params.yaml`` does not say.

    The columns of a table of one's own may have any unit: beside an income, overall, all else would vanish.
    """
    return REGISTRY[name].standardise if name in REGISTRY else "per_feature"


def known_datasets(sources: Sources) -> list[str]:
    """The names that :func:`load_dataset` accepts."""
    return [*REGISTRY, *shelf.known(sources.folder)]


def image_datasets() -> list[str]:
    """The names of those whose rows are images."""
    return [name for name, kind in REGISTRY.items() if kind.images]


def source_digest(name: str, sources: Sources) -> str:
    """What changes when the rows of ``name`` do: the digests of its files, or the version of generated data."""
    if name in REGISTRY:
        return " ".join(sources.digest(file) for file in REGISTRY[name].files) or REGISTRY[name].version
    if name in shelf.known(sources.folder):
        return shelf.digest(name, sources.folder)
    raise unknown("data set", name, known_datasets(sources))


def give_source(name: str, source: Path, sources: Sources, *, verify: bool) -> None:
    """Take ``source`` as what the data set ``name`` is read from: its file, or a folder that holds its files.

    Raises:
        UsageError: if the data set is not read from files.
        DataError: if a file is missing, or is not the published one and ``verify`` is true.
    """
    files = REGISTRY[name].files if name in REGISTRY else ()
    if not files:
        raise UsageError(f"--source {source}: {name} is not read from a published file")
    if len(files) > 1 and not source.is_dir():
        expected = ", ".join(Path(file.name).name for file in files)
        raise DataError(f"--source {source}: {name} is read from {len(files)} files; give a folder with {expected}")
    for file in files:
        sources.give(file, source / Path(file.name).name if source.is_dir() else source, verify=verify)


def _check_finite(dataset: Dataset) -> None:
    """Refuse features that no classifier can use; a table of one's own is checked where its columns have names."""
    if is_image(dataset.features):
        return
    for row, column in np.argwhere(~np.isfinite(dataset.features))[:1]:
        value = dataset.features[row, column]
        raise ValueError(f"feature {column + 1} is {value} in row {row + 1}, expected a finite number")


@cache
def _installed() -> dict[str, DatasetKind]:
    """The data sets of this package, found in its modules, and those of entry points."""
    found: dict[str, DatasetKind] = {}
    package = "npal_cli.problems.sets"
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        members = vars(importlib.import_module(f"{package}.{module.name}")).values()
        found |= {member.name: member for member in members if isinstance(member, DatasetKind)}
    for name, entry in sorted(registered(GROUP).items()):
        kind = _checked(load_entry_point(entry), entry.value)
        if kind.name != name or name in found:
            raise UsageError(f"entry point {name!r} of {GROUP} ({entry.value}): its data set's name is {kind.name!r}")
        found[name] = kind
    return found


def _checked(kind: object, path: str) -> DatasetKind:
    if not isinstance(kind, DatasetKind):
        raise UsageError(f"data set {path!r} is no npal_cli.problems.dataset.DatasetKind")
    return kind


REGISTRY = Registry()
