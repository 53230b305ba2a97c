"""Replacing a folder as a whole: who looks sees the old one or the new one, also after a kill or a power cut.

File systems exchange two folders in two renames at best: the old one is set aside, the new one takes its place. A lock
is held while that happens and while a folder is read; and whoever takes it first puts back what a kill left set aside.
The lock, what is being built and what is set aside are in the folder ``.work`` of the root that a folder is under.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from filelock import FileLock

from npal_cli.errors import write_errors

POLL = 0.005
"""Seconds between two tries to take the lock, which nobody holds for longer than it takes to read a store."""


def building_place(path: Path, root: Path) -> Path:
    """Where what is to replace ``path`` is built: on the same file system."""
    return root / ".work" / "building" / path.relative_to(root)


def commit(path: Path, root: Path) -> None:
    """Put what was built at its :func:`building_place` in the place of ``path``, all of it on disk before.

    Raises:
        OSError: if the file system does not let it; what was at ``path`` is then still there.
    """
    building, aside = building_place(path, root), _aside(path, root)
    _to_disk(building)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside.parent.mkdir(parents=True, exist_ok=True)
    replaced = building.with_name(f"{building.name}.replaced")
    shutil.rmtree(replaced, ignore_errors=True)
    with settled(root):
        if path.exists():
            path.rename(aside)
        building.rename(path)
        _flush(path.parent)
        if aside.exists():
            aside.rename(replaced)
    shutil.rmtree(replaced, ignore_errors=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place beside the file ``path`` that takes its place at the end: who looks sees the old one or the new one.

    Raises:
        ArtifactError: if it cannot be written; what was at ``path`` is then still there.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def settled(root: Path) -> Iterator[None]:
    """Within, nothing under ``root`` is being replaced, and everything that ever was replaced is there."""
    if not root.exists():
        yield
        return
    lock = root / ".work" / "locks" / "commit.lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock)
        held.acquire(poll_interval=POLL)
    except OSError:  # a root that cannot be written to: nothing is replaced in it
        yield
        return
    try:
        _recover(root)
        yield
    finally:
        held.release()


def _recover(root: Path) -> None:
    """Put back what a kill left set aside; where a new folder took its place already, it is not needed any more."""
    folder = _aside(root / "any", root).parent
    for left in folder.iterdir() if folder.exists() else ():
        path = root / unquote(left.name)
        if path.exists():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.rename(path)


def _aside(path: Path, root: Path) -> Path:
    return root / ".work" / "aside" / quote(str(path.relative_to(root)), safe="")


def _to_disk(folder: Path) -> None:
    """Have a folder and all that is in it written to the disk."""
    for parent, _, files in os.walk(folder):
        for name in files:
            _flush(Path(parent) / name)
        _flush(Path(parent))


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # folders cannot be opened there
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
