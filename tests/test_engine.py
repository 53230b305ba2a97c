"""Work on one process or several."""

import os
import resource
import signal
import time

import numpy as np
import pytest
import torch

from npal_cli.engine import Engine
from npal_cli.errors import ArtifactError, UsageError, WorkerError


def row_sums(rows: np.ndarray) -> float:
    return float((rows @ rows.T).sum())


@pytest.mark.parametrize("threads", [False, True])
def test_results_come_in_order_and_do_not_depend_on_the_workers(threads):
    work = [np.random.default_rng(i).normal(size=(50, 20)) for i in range(6)]
    alone = list(Engine(1).map(row_sums, work, label="sums", unit="row", threads=threads))
    assert alone == list(Engine(2).map(row_sums, work, label="sums", unit="row", threads=threads))
    assert alone == [row_sums(rows) for rows in work]


@pytest.mark.parametrize("threads", [False, True])
def test_no_work_gives_no_results(threads):
    assert list(Engine(2).map(row_sums, [], label="sums", unit="row", threads=threads)) == []


def test_no_room_for_large_arrays_on_their_way_to_other_processes_is_one_line():
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    work = [np.ones((1000, 500)) for _ in range(2)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(ArtifactError, match=r"other processes \(OSError: .*File too large\); free space") as error:
            list(Engine(2).map(row_sums, work, label="sums", unit="row"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(error.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def killed(item: int) -> int:
    if item == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_worker_that_is_killed_is_one_line_and_the_next_work_has_others():
    engine = Engine(workers=2)
    with pytest.raises(WorkerError, match="one of 2 worker processes was killed"):
        list(engine.map(killed, range(8), label="numbers", unit="number"))
    assert list(engine.map(killed, range(3), label="numbers", unit="number")) == [0, 1, 2]


def test_cuda_is_refused_where_there_is_none():
    with pytest.raises(UsageError, match="--device cuda: no CUDA device"):
        Engine(device="cuda").torch_device()
    assert Engine().torch_device().type == "cpu"


def slowly(item: int) -> int:
    time.sleep(0.4)
    return item


def test_what_takes_long_says_how_far_it_is(capsys):
    sizes = [100, 200, 300, 400]
    assert list(Engine(progress=True).map(slowly, range(4), label="refitting", unit="refit", sizes=sizes)) == [
        0,
        1,
        2,
        3,
    ]
    said = capsys.readouterr().err
    assert "refitting: " in said
    assert "600/1000" in said
    assert " refit/s" in said
    list(Engine(progress=False).map(abs, range(4), label="refitting", unit="refit"))
    assert capsys.readouterr().err == ""
