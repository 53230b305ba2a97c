"""Work on one process or several."""

import numpy as np
import pytest
import torch

from npal_cli.engine import Engine
from npal_cli.errors import UsageError


def row_sums(rows: np.ndarray) -> float:
    return float((rows @ rows.T).sum())


@pytest.mark.parametrize("threads", [False, True])
def test_results_come_in_order_and_do_not_depend_on_the_workers(threads):
    work = [np.random.default_rng(i).normal(size=(50, 20)) for i in range(6)]
    alone = list(Engine(1).map(row_sums, work, label="sums", threads=threads))
    assert alone == list(Engine(2).map(row_sums, work, label="sums", threads=threads))
    assert alone == [row_sums(rows) for rows in work]


@pytest.mark.parametrize("threads", [False, True])
def test_no_work_gives_no_results(threads):
    assert list(Engine(2).map(row_sums, [], label="sums", threads=threads)) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_is_refused_where_there_is_none():
    with pytest.raises(UsageError, match="--device cuda: no CUDA device"):
        Engine(device="cuda").torch_device()
    assert Engine().torch_device().type == "cpu"
