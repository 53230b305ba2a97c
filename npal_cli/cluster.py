"""Work on a Dask cluster: a scheduler and workers of the user's own, on whatever machines.

A task is a function and what it is given, packed here: a large array goes to the cluster once, however many tasks need
it. What a worker must be like is told by each task, so that workers may come and go.
"""

import ctypes
import io
import logging
import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from cloudpickle import CloudPickler
from distributed import Client, Future, KilledWorker, as_completed, get_worker
from distributed.comm.core import CommClosedError

from npal_cli.artifacts import package_versions
from npal_cli.errors import UsageError, WorkerError

TRIES = 3
"""How often a task may fail."""

LARGE = 2**16
"""Bytes from which on an array is sent once for all tasks."""

PATIENCE = 10
"""Seconds within which a scheduler must answer."""

GPU = "GPU"
"""What workers call the resource that a task on a GPU asks for."""

log = logging.getLogger("npal")

Task = tuple[Callable[[Any], Any], Any]


@dataclass(frozen=True)
class Cluster:
    """The cluster of the scheduler at an address, such as ``tcp://10.0.0.1:8786``."""

    scheduler: str

    def map(
        self, function: Callable[[Any], Any], items: Sequence[Any], *, on_device: bool, needs_gpu: bool
    ) -> Iterator[tuple[int, Any]]:
        """Yield the position and the result of each item as they are done.

        A task asks for a worker's GPU if it ``needs_gpu``, or if it works ``on_device`` and some worker has one. The
        tasks of a worker that is lost are done by others.

        Raises:
            UsageError: if no scheduler answers, no worker has the GPU that is needed, or one cannot be used.
            WorkerError: if workers are lost with a task time and again, or the scheduler is.
            Exception: what a task raised the third time.
        """
        client = _client(self.scheduler)
        if client.status != "running":  # lost, and perhaps started again
            _client.cache_clear()
            client = _client(self.scheduler)
        has_gpu = any(each["resources"].get(GPU) for each in _workers(client).values())
        if needs_gpu and not has_gpu:
            raise UsageError(f"--device cuda: no worker has told of a GPU; start workers with --resources {GPU}=1")
        resources = {GPU: 1} if has_gpu and (needs_gpu or on_device) else None
        position: dict[Future[Any], int] = {}
        try:
            for future in _submitted(client, [(function, item) for item in items], resources):
                position[future] = len(position)
            for future in as_completed(list(position), loop=client.loop):
                result = self._result(future)
                yield position.pop(future), result
        except CommClosedError as error:  # not every OSError: a task may raise one of its own
            raise self._is_gone() from error
        finally:
            if position:
                client.cancel(list(position), force=True)

    def _result(self, future: Future[Any]) -> Any:
        try:
            return future.result()
        except KilledWorker as error:
            raise WorkerError(
                f"{self.scheduler}: workers were lost with one task time and again, perhaps for want of memory; what "
                "was done is kept: run the same command again, with more memory for each"
            ) from error
        except CancelledError as error:
            raise self._is_gone() from error

    def _is_gone(self) -> WorkerError:
        return WorkerError(
            f"{self.scheduler}: the scheduler is gone; what was done is kept: start it and run the same command again"
        )


@cache
def _client(scheduler: str) -> Client:
    """The connection to a scheduler, for all that a command does.

    Raises:
        UsageError: if none answers.
    """
    for name in [each for each in logging.root.manager.loggerDict if each.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is said here, in one line
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--scheduler {scheduler}: no Dask scheduler answers there; start one with: dask scheduler"
        ) from error
    if not _workers(client):
        log.warning("no worker has come to %s yet; start some with: dask worker %s --nthreads 1", scheduler, scheduler)
    return client


def _workers(client: Client) -> Mapping[str, Mapping[str, Any]]:
    workers: Mapping[str, Mapping[str, Any]] = client.scheduler_info(n_workers=-1)["workers"]
    return workers


def _submitted(client: Client, tasks: Sequence[Task], resources: Mapping[str, int] | None) -> Iterator[Future[Any]]:
    """A large array is a task of its own, whose result the scheduler can have again if it goes with a worker."""
    warnings.filterwarnings("ignore", message="Sending large graph")  # each array is in it once
    sent: dict[int, tuple[np.ndarray, Future[Any]]] = {}
    for task in tasks:
        packed, large = _packed(task)
        for each in large:
            if id(each) not in sent:
                sent[id(each)] = (each, client.submit(_given, each, pure=False))
        arrays = [sent[id(each)][1] for each in large]
        yield client.submit(
            _work, packed, arrays, package_versions(), pure=False, retries=TRIES - 1, resources=resources
        )


def _given(array: np.ndarray) -> np.ndarray:
    return array


class _Packer(CloudPickler):  # type: ignore[misc]  # without types
    """Leaves large arrays out, and remembers them."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.large: list[np.ndarray] = []

    def persistent_id(self, value: Any) -> int | None:
        """The number of a large array among those."""
        if type(value) is not np.ndarray or value.nbytes < LARGE or value.dtype.hasobject:
            return None
        self.large.append(value)
        return len(self.large) - 1


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, large: Sequence[np.ndarray]) -> None:
        super().__init__(file)
        self._large = large

    def persistent_load(self, number: Any) -> np.ndarray:
        return self._large[number]


def _packed(task: Task) -> tuple[bytes, list[np.ndarray]]:
    file = io.BytesIO()
    packer = _Packer(file)
    packer.dump(task)
    return file.getvalue(), packer.large


def _work(packed: bytes, large: Sequence[np.ndarray], versions: Mapping[str, str]) -> Any:
    """What a worker does: the task, if nothing of the worker might change its result.

    Raises:
        UsageError: if the worker lacks a module, has other versions, or several threads, which limit each other's BLAS.
    """
    _let_malloc_keep_memory()
    worker = get_worker()
    have = package_versions()
    others = [f"{name} {have[name]} (here {wanted})" for name, wanted in versions.items() if have[name] != wanted]
    if others:
        raise UsageError(f"worker {worker.address} has {', '.join(others)}; install the same there (constraints.txt)")
    if worker.state.nthreads > 1:
        raise UsageError(f"worker {worker.address} has several threads; start workers with --nthreads 1, one a core")
    try:
        function, item = _Unpacker(io.BytesIO(packed), large).load()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"worker {worker.address} cannot import what it is to run ({error}); install it") from error
    return function(item)


@cache
def _let_malloc_keep_memory() -> None:
    """Undo what Dask's nannies tell glibc, which costs page faults: networks took 1.8 times as long."""
    mmap_threshold, trim_threshold = -3, -1
    with suppress(AttributeError, OSError, TypeError):  # other systems have no such function
        library = ctypes.CDLL(None)
        library.mallopt(mmap_threshold, 2**25)
        library.mallopt(trim_threshold, 2**26)
