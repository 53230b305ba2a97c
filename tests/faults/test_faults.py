"""Each way to disturb a command, once; ``python -m tests.faults`` does them all, on all commands."""

import os

import numpy as np
import pytest

from tests.faults.faults import FAULTS, GOOD
from tests.faults.work import Study

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("study"), ["prepare"])


@pytest.mark.parametrize("fault", ["full", "damaged", "together", "otherwise"])  # kills: tests/pipeline/test_kill.py
def test_what_a_disturbed_command_makes_is_the_same_or_said_to_be_damaged(fault, study, tmp_path):
    found = list(FAULTS[fault](study, tmp_path / "disturbed", 1, np.random.default_rng(1)))
    assert found
    assert [each for each in found if each[0] not in GOOD] == []
