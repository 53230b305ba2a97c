"""A Dask cluster's workers do what one process does, and what goes wrong with them is one line."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from socket import socket

import numpy as np
import pytest

from npal_cli import cluster
from npal_cli.cluster import _packed, _Unpacker
from npal_cli.engine import Engine, engine_on
from npal_cli.errors import UsageError, WorkerError
from npal_cli.pretraining import blocks
from tests.commands import contents, npal

__all__ = ["npal"]

ROOT = Path(__file__).parents[1]


class Loopback:
    """A scheduler and its workers, as processes of this machine."""

    def __init__(self, folder: Path, workers: int = 2, threads: int = 1) -> None:
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self._folder = folder
        quiet = ("--no-dashboard", "--local-directory", folder)
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        shape = ("--nworkers", workers, "--nthreads", threads)
        self._workers = self._start("worker", self.address, *shape, *quiet)

    def engine(self) -> Engine:
        return engine_on(self.address, Engine())

    def stop(self) -> None:
        for process in (self._workers, self.scheduler):
            process.terminate()
            process.wait()

    def _start(self, what: str, *arguments: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, *map(str, arguments)]
        with (self._folder / f"{what}.log").open("w") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)


@pytest.fixture(scope="module")
def loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    started = Loopback(tmp_path_factory.mktemp("cluster"))
    yield started
    started.stop()


def total(rows: np.ndarray) -> float:
    return float(rows.sum())


def mapped(engine: Engine, function, items, **options) -> list:
    return list(engine.map(function, items, label="trying", unit="item", **options))


def test_results_come_in_order_or_as_they_are_done(loopback):
    work = [np.full((100, 100), i) for i in range(7)]
    sums = [10_000.0 * i for i in range(7)]
    assert mapped(loopback.engine(), total, work) == sums
    assert mapped(loopback.engine(), total, work, threads=True) == sums
    assert sorted(mapped(loopback.engine(), total, work, in_order=False)) == sums
    assert mapped(loopback.engine(), total, []) == []


def test_a_large_array_is_packed_apart_and_a_small_one_is_not():
    large, small = np.arange(cluster.LARGE), np.arange(3)
    packed, apart = _packed((max, {"large": large, "again": large[:], "small": small}))
    assert len(packed) < 1_000
    assert [each.nbytes for each in apart] == [large.nbytes, large.nbytes]
    function, given = _Unpacker(io.BytesIO(packed), apart).load()
    assert function is max
    assert given["large"] is large
    np.testing.assert_array_equal(given["small"], small)


STUDY = ("--data-seed", "1..2", "--seed", 1)


def test_a_study_has_the_same_bytes(loopback, npal):
    dask = ("--root", "there", "--engine", "dask", "--scheduler", loopback.address)
    named = [text for name in ("random", "blend", "np", "np_pretrained") for text in ("--strategy", name)]
    for more in (named, ("--strategy", "np", "--steps", 3)):  # made, then extended
        npal("acquire", *STUDY, *more, "--root", "here")
        npal("acquire", *STUDY, *more, *dask)
        assert contents(Path("here")) == contents(Path("there"))


def test_what_is_learned_once_has_the_same_bytes(loopback, npal, monkeypatch):
    monkeypatch.setattr(blocks, "PROBLEMS", 2)
    with Path("params.yaml").open("a") as file:
        file.write("pretrain: {problems: 4, steps: 1, rounds: 1, networks: 1, learn: {width: 8, epochs: 1}}\n")
    npal("pretrain", "--workers", 1, "--root", "here")
    npal("pretrain", "--root", "there", "--engine", "dask", "--scheduler", loopback.address)
    assert contents(Path("here")) == contents(Path("there"))


def fails(folder: Path, error: Exception) -> None:
    (folder / f"1_{time.time_ns()}").touch()
    raise error


@pytest.mark.parametrize("error", [OverflowError("too much"), FileNotFoundError("too much"), TimeoutError("too much")])
def test_what_fails_three_times_fails_with_its_own_error(loopback, tmp_path, error):
    with pytest.raises(type(error), match="too much"):
        mapped(loopback.engine(), partial(fails, tmp_path), [error])
    assert len(list(tmp_path.glob("1_*"))) == cluster.TRIES


def dies_once(folder: Path, item: int) -> int:
    mark = folder / str(item)
    if item % 3 == 0 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_the_tasks_of_a_worker_that_is_killed_are_done_by_others(loopback, tmp_path):
    assert mapped(loopback.engine(), partial(dies_once, tmp_path), range(7)) == list(range(7))


def sum_and_die_once(folder: Path, work: tuple[int, np.ndarray]) -> float:
    return dies_once(folder, work[0]) + total(work[1])


def test_a_large_array_that_goes_with_a_worker_is_there_again(loopback, tmp_path):
    shared = np.ones(cluster.LARGE)
    work = [(i, shared) for i in range(7)]
    expected = [i + float(cluster.LARGE) for i in range(7)]
    assert mapped(loopback.engine(), partial(sum_and_die_once, tmp_path), work) == expected


def dies(item: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_a_task_that_kills_its_workers_is_one_line(loopback):
    with pytest.raises(WorkerError, match="workers were lost with one task time and again"):
        mapped(loopback.engine(), dies, [1])


def test_a_worker_that_cannot_be_used_is_one_line(loopback, tmp_path, monkeypatch):
    have = cluster.package_versions()
    monkeypatch.setattr(cluster, "package_versions", lambda: have | {"numpy": "0.9"})
    with pytest.raises(UsageError, match=r"worker tcp://.* has numpy .* \(here 0.9\); install the same"):
        mapped(loopback.engine(), total, [np.ones(2)])


def test_a_gpu_that_no_worker_has_is_refused(loopback, npal):
    dask = ("--engine", "dask", "--scheduler", loopback.address)
    said = npal("acquire", "--strategy", "random", "--device", "cuda", *dask, code=2).stderr
    assert "no worker has told of a GPU; start workers with --resources GPU=1" in said


def slowly(item: int) -> int:
    time.sleep(30)
    return item


def test_threads_are_refused_and_a_scheduler_that_goes_is_one_line(tmp_path):
    one = Loopback(tmp_path, workers=1, threads=2)
    try:
        with pytest.raises(UsageError, match="has several threads; start workers with --nthreads 1"):
            mapped(one.engine(), total, [np.ones(2)])
        results = one.engine().map(slowly, [1], label="trying", unit="item")
        one.scheduler.kill()
        with pytest.raises(WorkerError, match="the scheduler is gone; what was done is kept"):
            list(results)
    finally:
        one.stop()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scheduler", "tcp://127.0.0.1:1"), "say --engine dask, too"),
        (("--engine", "dask"), "name the cluster, as --scheduler tcp://"),
        (("--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--workers", 2), "as many as were started"),
        (("--engine", "dask", "--scheduler", "nonsense://x"), "no Dask scheduler answers there"),
        (("--engine", "dask", "--scheduler", "tcp://127.0.0.1:1"), "start one with: dask scheduler"),
        (("--engine", "dask", "--data", "leads", "--batch", 5), "shares out the runs of a study"),
    ],
)
def test_what_cannot_be_shared_out_is_refused(npal, monkeypatch, options, said):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    assert said in npal("acquire", "--strategy", "random", *options, code=2).stderr
