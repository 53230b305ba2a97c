"""The compiled arithmetic of the fast refits (numba), cached on disk after the first call.

numba knows a cached function by its own file only, not by the functions it calls; so the cache's folder is named by
the sources of all of them.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import pooch

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

SMOOTH = 1e-6
"""How near a decision value is to the truth where the value itself is asked for, and not its sign alone."""


def _cache_folder() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return str(Path(pooch.os_cache("npal")) / f"kernels-{digest.hexdigest()[:12]}")


CACHE = os.environ.get("NUMBA_CACHE_DIR") or _cache_folder()
numba.config.CACHE_DIR = CACHE  # type: ignore[attr-defined]  # made when numba is imported


def cache_is_empty() -> bool:
    """Whether nothing has been compiled on this machine yet."""
    return not any(Path(CACHE).rglob("*.nbi"))


def kernel(function: Kernel) -> Kernel:
    """Compile at the first call; floating point as written, division by zero gives infinity, threads may share."""
    return cast(Kernel, numba.njit(cache=True, error_model="numpy", nogil=True)(function))


def inlined_kernel(function: Kernel) -> Kernel:
    """The same, pasted into where it is called: for what is called often enough for counting references to matter."""
    return cast(Kernel, numba.njit(error_model="numpy", nogil=True, inline="always")(function))


def arithmetic_kernel(function: Kernel) -> Kernel:
    """The same for inner loops, whose sums may be taken in any order; NaN and infinities keep their meaning."""
    freedom = {"nsz", "contract", "reassoc", "arcp"}
    return cast(Kernel, numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=freedom)(function))


def ordered_kernel(function: Kernel) -> Kernel:
    """The same for inner loops in which no value is NaN, so that the smallest of several can be found together."""
    freedom = {"nnan", "nsz", "contract", "reassoc", "arcp"}
    return cast(Kernel, numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=freedom)(function))
