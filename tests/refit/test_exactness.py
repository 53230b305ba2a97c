"""Fast refits predict what scikit-learn's converged fits do, on all kinds of problems: ``docs/concepts/refits.md``."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.exactness import measure, tables


def count(refits, seed, known):
    found = measure(refits, np.random.default_rng(seed), known).values()
    return {name: sum(getattr(kind, name) for kind in found) for name in vars(next(iter(found)))}


def test_refits_of_all_kinds_equal_scikit_learns_and_the_bias_matters_in_some():
    known = {name: table for name, table in tables(Path("nowhere")).items() if name in ("load_iris", "load_wine")}
    total = count(1000, 3, known)
    assert total["numba"] == total["torch"] == 0
    assert total["undecided"] < 0.1 * total["refits"]
    assert total["no_free"] > 100
    assert 10 < total["bias_matters"] < total["no_free"]


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_thousand_refits_equal_scikit_learns(seed):
    total = count(10_000, seed, tables(Path("data/raw")))
    assert total["numba"] == total["torch"] == 0
    assert total["undecided"] < 0.05 * total["refits"]
