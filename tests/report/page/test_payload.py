"""What the plots are drawn from."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.report.page.payload import experiment_payload, rounded
from npal_cli.report.results import AL_AVERAGE
from npal_cli.report.statistics import auac_ranks, runs_needed
from tests.report.conftest import NINE, acquired, everything


@pytest.fixture(scope="module")
def result():
    """NP has three runs, and undefined precisions in one of them."""
    whole = everything(settings=["imbalanced"])[0]
    few = acquired("np", "imbalanced", runs=NINE[:3])
    precision = few.test_precision.copy()
    precision[0, :4] = np.nan
    return replace(whole, acquired={**whole.acquired, "np": replace(few, test_precision=precision)})


@pytest.fixture(scope="module")
def payload(result):
    return experiment_payload(result)


def at(payload, name, key="strategies"):
    return [each["name"] for each in payload[key]].index(name)


@pytest.mark.parametrize("evaluation", ["test", "held_out"])
@pytest.mark.parametrize("baseline", ["random", "oracle", AL_AVERAGE])
def test_differences_are_paired_means_with_standard_errors(result, payload, evaluation, baseline):
    b, s = at(payload, baseline, "baselines"), at(payload, "np")
    ours, theirs = (result.curve(name, evaluation, "score", NINE[:3]) for name in ("np", baseline))
    differences = ours - theirs
    drawn = payload["differences"][evaluation]["score"][b][s]
    assert drawn == pytest.approx(differences.mean(axis=0), abs=1e-4)
    errors = payload["errors"][evaluation]["score"][b][s]
    assert errors == pytest.approx(differences.std(axis=0, ddof=1) / np.sqrt(3), abs=1e-4)
    assert payload["runs"][b][s] == 3


def test_a_difference_is_minus_the_one_the_other_way(payload):
    values = payload["differences"]["test"]["score"]
    one, other = at(payload, "oracle"), at(payload, "kcgrdy")
    assert values[one][other] == pytest.approx([-value for value in values[other][one]])
    assert set(values[one][one]) == {0}


def test_undefined_precisions_are_left_out(result, payload):
    s = at(payload, "np")
    drawn = payload["levels"]["test"]["rare_precision"][s]
    expected = np.nanmean(result.curve("np", "test", "rare_precision"), axis=0)
    assert drawn == pytest.approx(expected, abs=1e-4)


def test_pairs_say_how_many_runs_would_tell_them_apart(result, payload):
    pair = sorted([at(payload, "uncsamp"), at(payload, "random")])
    row = next(row for row in payload["pairs"]["held_out"] if row["pair"] == pair)
    gains = result.metric("uncsamp", "auac", "held_out") - result.metric("random", "auac", "held_out")
    assert row["value"] == pytest.approx(gains.mean(), abs=1e-4)
    assert row["needed"] == runs_needed(gains.mean() / gains.std(ddof=1))


def test_ranks_are_of_competitors_within_each_run_they_share(result, payload):
    ranks = payload["ranks"]["test"]
    names = [payload["strategies"][s]["name"] for s in ranks["strategies"]]
    assert "oracle" not in names
    assert "random_train_on_reward" not in names
    areas = np.stack([result.metric(name, "auac", "test", NINE[:3]) for name in names], axis=1)
    assert ranks["mean"] == pytest.approx(auac_ranks(areas).mean(axis=0), abs=1e-4)
    assert ranks["runs"] == 3


def test_a_map_names_points_with_their_class_and_step(result, payload):
    shown = payload["map"]
    assert shown["run"] == "1-1"
    assert [point[3] for point in shown["chosen"]["np"]] == list(range(1, 11))
    row = result.acquired["np"].chosen[0, 0, 0]
    assert shown["chosen"]["np"][0][2] == result.problems.labels[row]


def test_a_single_run_and_a_single_strategy_can_be_drawn():
    result = everything(settings=["balanced"])[0]
    alone = replace(result, acquired={"random": acquired("random", runs=NINE[:1])})
    payload = experiment_payload(alone)
    assert payload["ranks"]["test"]["runs"] == 0
    assert payload["pairs"]["test"] == []
    assert payload["level_errors"]["test"]["score"][0] == [None] * 11


def test_numbers_are_rounded_and_undefined_ones_are_null():
    assert rounded(np.array([[1.23456, np.nan], [np.inf, -0.00001]])) == [[1.2346, None], [None, 0.0]]
    assert rounded(0.5) == 0.5
    assert rounded(float("nan")) is None
