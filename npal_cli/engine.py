"""How work runs: in this process, its threads or others, on which device, with which implementation of refits.

Results come back in the order of the work, and each piece of work runs with one thread of BLAS, so that the bytes of
a result depend neither on the number of workers nor on the machine's cores.
"""

import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from threadpoolctl import ThreadpoolController, threadpool_limits
from tqdm import tqdm

from npal_cli.errors import ArtifactError, UsageError, WorkerError

if TYPE_CHECKING:
    import torch

Item = TypeVar("Item")
Result = TypeVar("Result")
Refits = Literal["numba", "sequential", "torch", "auto"]


@dataclass(frozen=True)
class Engine:
    """Runs a function over many pieces of work."""

    workers: int = 1
    """How many processes or threads; 1 works in this one."""
    progress: bool = False
    """Show a progress bar on stderr."""
    refits: Refits = "numba"
    """How refits are computed: accuracies are the same, soft scores agree up to rounding. ``auto``: by scikit-learn
    where there are so few that compiling the others would take longer."""
    device: str = "auto"
    """Where torch works: ``cpu``, ``cuda``, or ``auto`` for CUDA where there is any."""
    tally: Counter[str] = field(default_factory=Counter, compare=False, repr=False)
    """How many ``refits`` and ``networks`` were made so far."""

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        label: str,
        unit: str,
        sizes: Sequence[int] | None = None,
        threads: bool = False,
    ) -> Iterator[Result]:
        """Yield ``function(item)`` for each item, in order.

        The progress bar counts items, or the units that each is of (``sizes``). ``threads`` shares this process's
        memory among the workers, for functions that let go of the interpreter's lock.

        >>> list(Engine().map(abs, [-1, 2], label="absolute values", unit="number"))
        [1, 2]
        """
        work = list(items)
        # Loky takes the first import of torch in a worker for a memory leak, replaces the worker and warns of it.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given to the executor")
        results = self._shared(function, work) if threads else self._apart(function, work)
        counts = [1] * len(work) if sizes is None else sizes
        with self.bar(sum(counts), label=label, unit=unit) as bar:
            for count, result in zip(counts, results, strict=True):
                bar.update(count)
                yield result

    def bar(self, total: int, *, label: str, unit: str, done: int = 0) -> "tqdm[Any]":
        """A progress bar on stderr, which is shown if progress is, and once it has taken a second; others go below it.

        >>> with Engine().bar(3, label="acquiring", unit="step") as bar:
        ...     _ = bar.update()
        """
        return tqdm(
            total=total, initial=done, desc=label, unit=f" {unit}", disable=not self.progress, leave=False, delay=1
        )

    def is_apart(self, items: int) -> bool:
        """Whether :meth:`map` hands so many items to other processes."""
        return self.workers > 1 and items > 1

    def torch_device(self) -> "torch.device":
        """The device that torch works on.

        Raises:
            UsageError: if CUDA is asked for and there is none.
        """
        import torch  # takes a second, which most work does not need

        if self.device == "cuda" and not torch.cuda.is_available():
            raise UsageError("--device cuda: no CUDA device is available here; use --device cpu or auto")
        return torch.device("cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu")

    def _apart(self, function: Callable[[Item], Result], work: list[Item]) -> Iterator[Result]:
        if not self.is_apart(len(work)):
            yield from (_single_threaded(function, item) for item in work)
        else:
            from joblib import Parallel, delayed
            from joblib.externals.loky.process_executor import TerminatedWorkerError

            parallel = Parallel(n_jobs=self.workers, return_as="generator")
            try:
                yield from parallel(delayed(_single_threaded)(function, item) for item in work)
            except PicklingError as error:  # large arrays reach other processes through files
                reason = [line for line in str(error.__cause__).splitlines() if "Error" in line] or [str(error)]
                raise ArtifactError(
                    f"cannot hand the work to other processes ({reason[-1]}); "
                    "free space in the folder of temporary files, or work in one with --workers 1"
                ) from error
            except TerminatedWorkerError as error:
                raise WorkerError(
                    f"one of {self.workers} worker processes was killed, perhaps for want of memory; what was done is "
                    "kept: run the same command again, with fewer --workers"
                ) from error

    def _shared(self, function: Callable[[Item], Result], work: list[Item]) -> Iterator[Result]:
        with _controller(torch_is_loaded="torch" in sys.modules).limit(limits=1):
            if self.workers == 1 or len(work) <= 1:
                yield from map(function, work)
            else:
                with ThreadPoolExecutor(self.workers) as pool:
                    yield from pool.map(function, work)


@cache
def _controller(*, torch_is_loaded: bool) -> ThreadpoolController:  # noqa: ARG001  # torch brings its own threads
    """What limits the threads of the libraries that are loaded; looking for them takes longer than many a refit."""
    return ThreadpoolController()


def _single_threaded(function: Callable[[Item], Result], item: Item) -> Result:
    with threadpool_limits(limits=1):
        return function(item)
