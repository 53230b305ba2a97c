"""``npal verify``: read all that is kept, and say of what is damaged how to have it again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import zarr

from npal_cli.arrays import Record
from npal_cli.artifacts import find
from npal_cli.errors import DamageError, NpalError, UsageError
from npal_cli.labelling import journal
from npal_cli.learned.weights import read
from npal_cli.objectives import Setting
from npal_cli.pipeline.context import Context, Experiment, StepRef
from npal_cli.pretraining.lessons import Lessons
from npal_cli.pretraining.outlooks import Outlooks
from npal_cli.randomness import Run
from npal_cli.records import (
    AcquiredRecord,
    EncodedRecord,
    NetworkRecord,
    OracleRecord,
    PreparedRecord,
    SimulatedRecord,
)
from npal_cli.stages.report import check_report
from npal_cli.tables import kept, shelf

STAGES: dict[str, tuple[type[Record], str]] = {
    "prepared": (PreparedRecord, "prepare"),
    "simulated": (SimulatedRecord, "simulate"),
    "oracle": (OracleRecord, "oracle"),
    "np": (NetworkRecord, "train-np"),
    "acquired": (AcquiredRecord, "acquire"),
}
"""By folder: what is in it, and the command that makes it."""
BLOCKS: dict[str, type[Record]] = {"lessons": Lessons, "outlooks": Outlooks}
"""By folder under ``pretrained``."""


@dataclass(frozen=True)
class Checked:
    """Something that is kept."""

    path: Path
    damage: str | None
    """What is wrong with it; None if it is whole."""
    again: str
    """How to have it again."""

    def sentence(self) -> str:
        """What is wrong, and what to do."""
        said = (self.damage or "whole").split("; ")[0]
        return f"{said}\n  {self.again}"

    def as_json(self) -> dict[str, str | None]:
        """All of it, for scripts."""
        return {"artifact": str(self.path), "damage": self.damage, "again": self.again}


def check_whole(checked: Sequence[Checked]) -> None:
    """Refuse to call it a success if anything is damaged.

    Raises:
        DamageError: saying how much.
    """
    damaged = sum(each.damage is not None for each in checked)
    if damaged:
        raise DamageError(f"{damaged} of {len(checked)} are damaged")


def verify(context: Context, path: Path | None = None) -> list[Checked]:
    """All that is under ``path``, or under the root, in the order of its names; only what is kept is looked at.

    Raises:
        UsageError: if nothing that npal keeps is there.
    """
    place = (path or context.root).resolve()
    found = [each for each in _kept(context) if each.path.resolve().is_relative_to(place)]
    if not found:
        raise UsageError(f"{path or context.root}: nothing that npal keeps is there; name a folder or a file of --root")
    return [Checked(each.path, _damage(each.read), each.again) for each in sorted(found, key=lambda each: each.path)]


def _damage(read_whole: Callable[[], object]) -> str | None:
    try:
        read_whole()
    except NpalError as error:
        return str(error)
    return None


class _Kept(NamedTuple):
    path: Path
    read: Callable[[], object]
    again: str


def _kept(context: Context) -> Iterator[_Kept]:
    root, tables, pretrained = context.root, context.sources.folder, context.root / "pretrained"
    for folder, (kind, command) in STAGES.items():
        for path in _stores(root / folder):
            again = f"npal {command} {_named(root / folder, path)} --force"
            yield _Kept(path, partial(find, path, kind, root), again)
    for path in _stores(root / "encoded"):
        yield _Kept(path, partial(find, path, EncodedRecord, root), f"npal status --data {path.stem}")
    for folder, kind in BLOCKS.items():
        for path in _stores(pretrained / folder):
            yield _Kept(path, partial(find, path, kind, root), "npal pretrain")
    for path in pretrained.glob("*.npz"):
        yield _Kept(path, partial(read, str(path)), "npal pretrain")
    for name in shelf.known(tables):
        yield _Kept(tables / name, partial(kept.find, name, tables), f"npal prepare --data FILE --name {name}")
    for path in (root / "labels").glob("*.jsonl"):
        yield _Kept(path, partial(journal.read, path), "put a copy of it back")
    if (root / "report").exists():
        yield _Kept(root / "report", partial(check_report, root / "report"), "npal report --force")


def _stores(folder: Path) -> list[Path]:
    """The Zarr stores below a folder."""
    return [path for path in folder.rglob("*.zarr") if path.is_dir()]


def _named(folder: Path, path: Path) -> str:
    """The options that name the experiment of an artifact, with the runs that it has if it can still be asked."""
    *names, last = path.relative_to(folder).with_suffix("").parts
    if folder.name == "acquired":
        return f"{_experiment(names, path)} --strategy {last}"
    strategy, step, number = last.rpartition("_step")
    if step:
        return f"{_experiment(names, path)} {StepRef(int(number), strategy).command_options}"
    return _experiment([*names, last], path)


def _experiment(names: Sequence[str], path: Path) -> str:
    data, setting, classifier = (*names, "logistic")[:3]
    return Experiment(data, cast("Setting", setting), classifier, _runs(path)).command_options


def _runs(path: Path) -> tuple[Run, ...]:
    try:
        names: Any = zarr.open_group(path, mode="r").attrs["inputs"]
        return tuple(Run(*map(int, name.split("-"))) for name in names)
    except Exception:  # noqa: BLE001  Zarr and its codecs raise many kinds of errors for what is damaged
        return ()
