"""The study of strategies on rows of one's own."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from npal_cli import compare

SMALL = {"prepare": {"test": 30, "reward": 0, "annotated": 20}}


@pytest.fixture
def rows():
    draws = np.random.default_rng(0)
    X = pd.DataFrame({"a": draws.normal(size=260), "b": draws.normal(size=260), "c": draws.choice(["x", "y"], 260)})
    return X, np.where(X["a"] + 0.3 * draws.normal(size=260) > 0, "yes", "no")


def test_strategies_are_compared_with_random_paired_over_runs(rows, tmp_path):
    found = compare(*rows, ["margin"], ["logistic"], runs=8, steps=2, batch_size=3, params=SMALL, workers=1)
    assert found.gains["strategy"].tolist() == ["margin", "random"]
    margin, random = (found.gains.iloc[i] for i in (0, 1))
    assert margin["gain"] == pytest.approx(margin["mean"] - random["mean"])
    assert margin["low"] <= margin["gain"] <= margin["high"]
    assert margin["runs"] == 8
    page = found.report(tmp_path / "report")
    assert page == tmp_path / "report" / "index.html"
    assert "rows" in page.read_text()
    assert found.report(tmp_path / "report") == page  # over one of before


def test_what_is_there_is_not_overwritten(rows, tmp_path):
    found = compare(*rows, ["random"], runs=2, steps=1, params=SMALL, workers=1)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds something that is no report"):
        found.report(tmp_path)
    assert Path(tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"strategies": ["blnd"]}, "unknown strategy 'blnd'"),
        ({"classifiers": ["svn"]}, "unknown classifier 'svn'"),
        ({"y": ["yes"]}, "give one label a row"),
        ({"steps": 500}, "ask for fewer steps"),
        ({"params": {"prepare": {"tests": 3}}}, "prepare.tests: unknown key"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(rows, change, said):
    given = {"X": rows[0], "y": rows[1], "runs": 2, "steps": 1, "params": SMALL, "workers": 1, **change}
    with pytest.raises(ValueError, match=said):
        compare(**given)
