"""What is to be done is counted, and its time is that of like runs."""

import json
from pathlib import Path

import pytest

from tests.commands import json_of, npal

__all__ = ["npal"]

TIMINGS = Path("data/timings/acquired")


def planned(npal, *arguments):
    return json_of(npal("acquire", "--dry-run", "--json", *arguments))


def took(place: str, **what):
    path = TIMINGS / f"{place}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(what))


def test_runs_that_are_there_are_not_to_be_made(npal):
    npal("acquire", "--strategy", "random", "--seed", 1)
    counts = [each["to_make"] for each in planned(npal, "--strategy", "random", "--strategy", "np", "--seed", "1..3")]
    assert counts == [2, 3]
    assert planned(npal, "--strategy", "random", "--seed", "1..3", "--force")[0]["to_make"] == 3
    longer = planned(npal, "--strategy", "random", "--seed", "1", "--steps", 5)[0]
    assert (longer["to_make"], longer["steps"]) == (1, 5)
    assert not Path("data/acquired/waveform/imbalanced_weighted/logistic/np.zarr").exists()


def test_the_time_is_that_of_as_many_steps_of_like_runs(npal):
    assert planned(npal, "--strategy", "random")[0]["estimate"] is None
    took("adult/balanced/logistic/random", seconds=30.0, runs=3, steps=2, refits=600)
    assert planned(npal, "--strategy", "random", "--seed", "1..4", "--steps", 4)[0]["estimate"] == pytest.approx(80)
    took("waveform/imbalanced_weighted/logistic/random", seconds=1.0, runs=1, steps=2)
    (own,) = planned(npal, "--strategy", "random", "--seed", "1..4", "--steps", 4)
    assert (own["estimate"], own["refits"]) == (pytest.approx(8), 0)


def test_a_plan_makes_no_problem(npal, monkeypatch):
    """All of a study's would be in memory together."""
    monkeypatch.setattr("npal_cli.pipeline.resolved.problems_of", lambda *_, **__: pytest.fail("made"))
    assert planned(npal, "--strategy", "random")[0]["to_make"] == 2


@pytest.mark.parametrize(
    "text", ["", "[]", '{"seconds": NaN, "runs": 1, "steps": 1}', '{"seconds": 1, "runs": 0, "steps": 2}']
)
def test_a_timing_that_cannot_be_read_is_none(npal, text):
    took("waveform/imbalanced_weighted/logistic/random")
    (TIMINGS / "waveform/imbalanced_weighted/logistic/random.json").write_text(text)
    assert planned(npal, "--strategy", "random")[0]["estimate"] is None


def test_what_takes_long_is_said_before(npal):
    took("adult/balanced/logistic/random", seconds=120.0, runs=2, steps=2)
    assert "2 runs to make: about 2 min" in npal("acquire", "--strategy", "random", "--dry-run").stdout
    assert "npal: 2 runs to make: about 2 min" in npal("acquire", "--strategy", "random").output
    assert "to make" not in npal("acquire", "--strategy", "random").output
