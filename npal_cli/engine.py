"""Where work runs: in this process, or in local worker processes (joblib's loky).

Results come back in the order of the work, and each piece of work runs with one thread of BLAS, so that the bytes of
a result depend neither on the number of workers nor on the machine's cores.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Engine:
    """Runs a function over many pieces of work."""

    workers: int = 1
    """How many processes; 1 works in this one."""
    progress: bool = False
    """Show a progress bar on stderr."""

    def map(
        self, function: Callable[[Item], Result], items: Iterable[Item], *, label: str, unit: str = "it"
    ) -> Iterator[Result]:
        """Yield ``function(item)`` for each item, in order.

        >>> list(Engine().map(abs, [-1, 2], label="absolute values"))
        [1, 2]
        """
        work = list(items)
        results: Iterator[Result]
        if self.workers == 1 or len(work) == 1:
            results = (_single_threaded(function, item) for item in work)
        else:
            parallel = Parallel(n_jobs=self.workers, return_as="generator")
            results = iter(parallel(delayed(_single_threaded)(function, item) for item in work))
        # Loky takes the first import of torch in a worker for a memory leak, replaces the worker and warns of it.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given to the executor")
        yield from tqdm(results, total=len(work), desc=label, unit=unit, disable=not self.progress, leave=False)


def _single_threaded(function: Callable[[Item], Result], item: Item) -> Result:
    with threadpool_limits(limits=1):
        return function(item)
