"""``--part``: shares of the runs on machines of their own, gathered by the same command without it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.commands import contents

RUNS = ("--data-seed", "1..2", "--seed", "1..3", "--strategy", "np", "--strategy", "random", "--steps", 2)
ROOT = Path("data")


@pytest.fixture
def whole(npal):
    """What one machine makes."""
    npal("acquire", *RUNS)
    made = contents(ROOT / "acquired") | contents(ROOT / "prepared")
    shutil.rmtree(ROOT)
    return made


def gathered(npal) -> str:
    """Gathers; returns what was said."""
    return npal("acquire", *RUNS).stderr


def test_parts_in_any_order_one_of_them_twice_give_the_same_bytes(npal, whole):
    for part in (*np.random.default_rng(0).permutation(4), 2):
        npal("acquire", *RUNS, "--part", f"{part + 1}/4")
    assert not (ROOT / "acquired").exists()
    said = gathered(npal)
    assert contents(ROOT / "acquired") | contents(ROOT / "prepared") == whole
    assert "gathering data/acquired/waveform/imbalanced_weighted/logistic/np.zarr: 6 runs of parts" in said
    assert "making data/acquired" not in said


def test_what_no_part_made_is_made_while_gathering(npal, whole):
    npal("acquire", *RUNS, "--part", "1/3")
    npal("acquire", *RUNS, "--part", "2/2")  # another number of parts: some runs are there twice
    said = gathered(npal)
    assert "random.zarr: 4 runs of parts" in said
    assert "making data/acquired/waveform/imbalanced_weighted/logistic/random.zarr: 2 runs" in said
    assert contents(ROOT / "acquired") | contents(ROOT / "prepared") == whole


def test_parts_made_with_other_parameters_are_not_gathered(npal, whole):
    Path("params.yaml").write_text(Path("params.yaml").read_text() + "classifiers: {logistic: {C: 2.0}}\n")
    npal("acquire", *RUNS, "--part", "1/1")
    Path("params.yaml").write_text(Path("params.yaml").read_text().replace("C: 2.0", "C: 1.0"))
    assert "random.zarr: 6 runs" in gathered(npal)
    assert contents(ROOT / "acquired") | contents(ROOT / "prepared") == whole


def test_more_parts_than_runs_leave_some_nothing_to_do(npal):
    npal("acquire", *RUNS, "--part", "7/7")
    assert not (ROOT / "acquired").exists()


def test_every_stage_has_parts(npal):
    for stage in ("prepare", "simulate", "oracle", "train-np"):
        for part in ("1/2", "2/2"):
            npal(stage, "--part", part)
        assert "zarr: 2 runs of parts" in npal(stage).stderr


@pytest.mark.parametrize("text", ["0/4", "5/4", "4", "a/b", "1/0", "-1/4"])
def test_what_is_no_part_is_refused(npal, text):
    assert "such as 3/40" in npal("acquire", "--part", text, code=2).stderr


def test_a_report_has_no_parts(npal):
    assert "a report is of all runs" in npal("report", "--part", "1/2", code=2).stderr


def test_the_next_batch_of_ones_own_rows_has_no_parts(npal):
    said = npal("acquire", "--data", "leads", "--batch", 5, "--part", "1/2", code=2).stderr
    assert "--part: shares out the runs of a study" in said
