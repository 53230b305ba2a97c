"""Work on one process or several."""

import numpy as np

from npal_cli.engine import Engine


def row_sums(rows: np.ndarray) -> float:
    return float((rows @ rows.T).sum())


def test_results_come_in_order_and_do_not_depend_on_the_workers():
    work = [np.random.default_rng(i).normal(size=(50, 20)) for i in range(6)]
    alone = list(Engine(1).map(row_sums, work, label="sums"))
    assert alone == list(Engine(2).map(row_sums, work, label="sums"))
    assert alone == [row_sums(rows) for rows in work]


def test_no_work_gives_no_results():
    assert list(Engine(2).map(row_sums, [], label="sums")) == []
