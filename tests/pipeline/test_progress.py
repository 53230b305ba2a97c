"""The checkpoint of an acquisition loop."""

import numpy as np
import pytest

from npal_cli.experiments.acquisition import Acquired, nothing_acquired
from npal_cli.pipeline.progress import Progress
from npal_cli.randomness import Run

RUNS = [Run(1, 1), Run(1, 2), Run(2, 1)]
TWO_STEPS = Acquired(
    chosen=np.arange(6).reshape(3, 2, 1),
    scores=np.arange(6.0).reshape(3, 2, 1),
    loss=np.zeros((3, 2, 4)),
    checked=np.arange(30).reshape(3, 2, 5),
    predicted=np.ones((3, 2, 5)),
    sigma=np.ones((3, 2, 5)),
)


@pytest.fixture
def path(tmp_path):
    Progress(tmp_path / "progress.npz", RUNS, nothing_acquired(3, 1)).save(TWO_STEPS)
    return tmp_path / "progress.npz"


def test_a_killed_loop_goes_on_from_its_last_step(path):
    found = Progress(path, RUNS, nothing_acquired(3, 1)).acquired
    assert found.steps == 2
    for part, values in vars(TWO_STEPS).items():
        np.testing.assert_array_equal(getattr(found, part), values)


def test_some_of_its_runs_go_on_from_theirs(path):
    progress = Progress(path, RUNS[1:], nothing_acquired(2, 1))
    assert progress.chosen(Run(1, 2)).ravel().tolist() == [2, 3]
    assert progress.chosen(Run(2, 1)).ravel().tolist() == [4, 5]


def test_runs_that_were_not_in_it_begin_anew(path):
    assert Progress(path, [*RUNS, Run(9, 9)], nothing_acquired(4, 1)).acquired.steps == 0


@pytest.mark.parametrize("content", [b"", b"half a file", b"PK\x03\x04"])
def test_a_damaged_file_is_as_good_as_none(path, content):
    path.write_bytes(content)
    assert Progress(path, RUNS, nothing_acquired(3, 1)).acquired.steps == 0
