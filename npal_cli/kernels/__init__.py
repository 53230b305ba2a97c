"""The compiled arithmetic of the fast refits (numba), cached on disk after the first call."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from npal_cli.kernels.cache import find_cache
from npal_cli.kernels.checked import with_digests

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

SMOOTH = 1e-6
"""How near a decision value is to the truth where the value itself is asked for, and not its sign alone."""

CACHE = find_cache(Path(__file__).parent)
numba.config.CACHE_DIR = str(CACHE.folder)  # type: ignore[attr-defined]  # made when numba is imported


def kernel(function: Kernel) -> Kernel:
    """Compile at the first call; floating point as written, division by zero gives infinity, threads may share."""
    return _kept(function)


def inlined_kernel(function: Kernel) -> Kernel:
    """The same, pasted into where it is called: for what is called often enough for counting references to matter."""
    return cast(Kernel, numba.njit(error_model="numpy", nogil=True, inline="always")(function))


def arithmetic_kernel(function: Kernel) -> Kernel:
    """The same for inner loops, whose sums may be taken in any order; NaN and infinities keep their meaning."""
    freedom = {"nsz", "contract", "reassoc", "arcp"}
    return cast(
        Kernel, with_digests(numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=freedom)(function))
    )


def ordered_kernel(function: Kernel) -> Kernel:
    """The same for inner loops in which no value is NaN, so that the smallest of several can be found together."""
    freedom = {"nnan", "nsz", "contract", "reassoc", "arcp"}
    return cast(
        Kernel, with_digests(numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=freedom)(function))
    )


def _kept(function: Kernel, **how: Any) -> Kernel:
    return cast(Kernel, with_digests(numba.njit(cache=True, error_model="numpy", nogil=True, **how)(function)))
