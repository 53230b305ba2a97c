"""Where the compiled kernels are kept; of several commands at once the first compiles them, and the others wait."""

import atexit
import hashlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numba
import pooch
from filelock import FileLock, Timeout

log = logging.getLogger("npal")

POLL = 0.2
"""Seconds between two looks at a lock that another process holds."""


class Cache(NamedTuple):
    """A folder of compiled kernels."""

    folder: Path
    kept: bool
    """Whether later commands find it again."""


def find_cache(sources: Path) -> Cache:
    """The cache of the kernels in the folder ``sources``, in the first folder that can be written.

    Without any it is for this process only: what numba keeps are pickles, which run code when they are loaded, so a
    folder that others could make or guess is no place for them.
    """
    name = f"kernels-{_digest(sources)}"
    for parent in (os.environ.get("NUMBA_CACHE_DIR"), pooch.os_cache("npal")):
        if parent and _can_be_written(folder := Path(parent).absolute() / name):
            return Cache(folder, kept=True)
    private = tempfile.mkdtemp(prefix="npal-")
    atexit.register(_remove, private, os.getpid())
    return Cache(Path(private) / name, kept=False)


def compile_once(store: Cache, family: str, run: Callable[[], object], takes: str) -> None:
    """Compile a family of kernels by calling ``run``, unless they are in the cache or another process is about it.

    A marker file, written when all kernels of the family are in the cache, says so. If it is there without them, numba
    compiles at the first call.
    """
    name = f"{family}-{_machine()}"
    marker = store.folder / f"{name}.compiled"
    if numba.config.DISABLE_JIT or _is_there(marker):  # type: ignore[attr-defined]  # made when numba is imported
        return
    with _held(store.folder / f"{name}.lock"):
        if _is_there(marker):  # written while this process waited
            return
        if not store.kept:
            _say_that_nothing_is_kept()
        log.info("compiling the refits for this machine, once: %s", takes)
        run()
        with suppress(OSError):
            marker.touch()


def _digest(sources: Path) -> str:
    """Of all that compiled kernels depend on, but for what numba writes in its files' names and indices.

    numba knows a function by its own file only, not by the functions it calls, and by the folder it is in.
    """
    digest = hashlib.sha256(f"{numba.__version__} {sources.absolute()}".encode())
    for source in sorted(sources.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _machine() -> str:
    """What else numba's indices tell apart: a home folder may be shared by different processors."""
    codegen = numba.core.registry.cpu_target.target_context.codegen()
    return hashlib.sha256(repr((sys.implementation.cache_tag, *codegen.magic_tuple())).encode()).hexdigest()[:12]


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # not a fork of it
        shutil.rmtree(folder, ignore_errors=True)


def _is_there(marker: Path) -> bool:
    try:
        return marker.is_file()
    except OSError:
        return False


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Within, no other process holds the lock; without a lock, where there can be none."""
    lock = FileLock(path)
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.info("waiting for another command, which compiles the refits for this machine")
            lock.acquire(poll_interval=POLL)
    except (OSError, NotImplementedError):  # a folder that became read-only, a file system without locks
        pass
    try:
        yield
    finally:
        lock.release()


@cache
def _say_that_nothing_is_kept() -> None:
    log.warning(
        "no folder for compiled refits can be written (tried NUMBA_CACHE_DIR, if set, and %s), so every command "
        "compiles them again; set NUMBA_CACHE_DIR to a folder that can be written",
        pooch.os_cache("npal"),
    )
