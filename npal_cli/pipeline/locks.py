"""One process makes an artifact at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from npal_cli.errors import write_errors


@contextmanager
def locked(work: Path) -> Iterator[None]:
    """Within, no other process makes what is worked on in the folder ``work``."""
    lock = work.parent / "locks" / f"{work.name}.lock"
    with write_errors(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock)
        held.acquire()
    try:
        yield
    finally:
        held.release()
