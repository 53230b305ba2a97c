"""How work runs: in this process, its threads, others, or a cluster; on which device, with which refits.

Results come back in the order of the work, and each piece of work runs with one thread of BLAS, so that the bytes of
a result depend neither on the number of workers nor on the machine's cores.
"""

import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from threadpoolctl import ThreadpoolController, threadpool_limits
from tqdm import tqdm

from npal_cli.errors import ArtifactError, UsageError, WorkerError
from npal_cli.processes import start_tracker

if TYPE_CHECKING:
    import torch

    from npal_cli.cluster import Cluster

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
    cluster: "Cluster | None" = None
    """Whose workers do what other processes and threads of this machine would."""
    tally: Counter[str] = field(default_factory=Counter, compare=False, repr=False)
    """How many ``refits`` and ``networks`` were made so far."""

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process it works there, alone."""
        return Engine, (1, False, self.refits, self.device)

    @property
    def here(self) -> "Engine":
        """The same without a cluster."""
        return replace(self, cluster=None)

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        label: str,
        unit: str,
        sizes: Sequence[int] | None = None,
        threads: bool = False,
        in_order: bool = True,
        on_device: bool = False,
    ) -> Iterator[Result]:
        """Yield ``function(item)`` for each item: in order, or those of other processes as they are done.

        The progress bar counts items, or the units that each is of (``sizes``). ``threads`` shares this process's
        memory among the workers, for functions that let go of the interpreter's lock. What works ``on_device`` asks a
        cluster for a worker with a GPU, if any has one.

        >>> list(Engine().map(abs, [-1, 2], label="absolute values", unit="number"))
        [1, 2]
        """
        work = list(items)
        counts = [1] * len(work) if sizes is None else sizes
        waiting: dict[int, Result] = {}
        following = 0
        with self.bar(sum(counts), label=label, unit=unit) as bar:
            for i, result in self._done(function, work, threads=threads, on_device=on_device):
                bar.update(counts[i])
                if not in_order:
                    yield result
                    continue
                waiting[i] = result
                while following in waiting:
                    yield waiting.pop(following)
                    following += 1

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
        return self.cluster is not None or (self.workers > 1 and items > 1)

    def torch_device(self) -> "torch.device":
        """The device that torch works on in this process.

        Raises:
            UsageError: if CUDA is asked for and there is none; a cluster's workers say so themselves.
        """
        import torch  # takes a second, which most work does not need

        if self.device == "cuda" and self.cluster is None and not torch.cuda.is_available():
            raise UsageError("--device cuda: no CUDA device is available here; use --device cpu or auto")
        return torch.device("cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu")

    def _done(
        self, function: Callable[[Item], Result], work: list[Item], *, threads: bool, on_device: bool
    ) -> Iterator[tuple[int, Result]]:
        """The position and the result of each item, as they are done."""
        if self.cluster is not None and work:
            alone = partial(_single_threaded, function)
            yield from self.cluster.map(alone, work, on_device=on_device, needs_gpu=self.device == "cuda")
        elif threads:
            yield from enumerate(self._shared(function, work))
        elif not self.is_apart(len(work)):
            yield from enumerate(_single_threaded(function, item) for item in work)
        else:
            yield from self._apart(function, work)

    def _apart(self, function: Callable[[Item], Result], work: list[Item]) -> Iterator[tuple[int, Result]]:
        from joblib import Parallel, delayed
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        start_tracker()
        # Loky takes the first import of torch in a worker for a memory leak, replaces the worker and warns of it.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given to the executor")
        parallel = Parallel(n_jobs=self.workers, return_as="generator_unordered")
        try:
            yield from parallel(delayed(_numbered)(function, i, item) for i, item in enumerate(work))
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


def engine_on(scheduler: str, engine: Engine) -> Engine:
    """The engine, on the cluster of a scheduler.

    Raises:
        UsageError: if Dask is not installed.
    """
    try:
        from npal_cli.cluster import Cluster
    except ImportError as error:
        raise UsageError("--engine dask: Dask is not installed; install it with: pip install 'npal[dask]'") from error
    return replace(engine, cluster=Cluster(scheduler))


@cache
def _controller(*, torch_is_loaded: bool) -> ThreadpoolController:  # noqa: ARG001  # torch brings its own threads
    """What limits the threads of the libraries that are loaded; looking for them takes longer than many a refit."""
    return ThreadpoolController()


def _single_threaded(function: Callable[[Item], Result], item: Item) -> Result:
    with threadpool_limits(limits=1):
        return function(item)


def _numbered(function: Callable[[Item], Result], i: int, item: Item) -> tuple[int, Result]:
    return i, _single_threaded(function, item)
