"""What commands print fits a terminal, and names what it shows."""

import json

import numpy as np
import pytest

from npal_cli.cli_output import gain_of, show, table_of

BASE = {"data": "waveform", "setting": "imbalanced_weighted", "classifier": "logistic", "runs": 10}
ROW = {
    **BASE, "strategy": "random", "steps": 10, "auac": 7.954, "auac_std": 0.75, "final_accuracy": 0.7913,
    "held_out_auac": 8.057, "seconds": 3.2, "artifact": "data/acquired/random.zarr",
}  # fmt: skip
BETTER = {**ROW, "strategy": "uncsamp_train_on_reward", "gain": 0.44, "gain_low": 0.31, "gain_high": 0.61}
ORACLE = {
    **BASE, "refits": 28390, "refits_per_second": 69872.3, "negative": 0.0891, "zero": 0.706, "positive": 0.205,
    "largest": 0.38781,
}  # fmt: skip


def test_a_table_of_strategies_fits_and_says_the_gain_with_its_interval():
    text = table_of([ROW, BETTER])
    assert max(map(len, text.splitlines())) <= 80
    said = " ".join(text.partition("\n\n")[0].split())
    assert said == "data: waveform; setting: imbalanced_weighted; classifier: logistic; runs: 10; steps: 10"
    assert "+0.44 [+0.31, +0.61]" in text.splitlines()[-1]
    assert text.splitlines()[-2].split()[-1] == "-"


def test_shares_are_shares_and_rates_are_read():
    text = table_of([ORACLE, {**ORACLE, "setting": "balanced", "refits_per_second": None}])
    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[-2].split() == ["imbalanced_weighted", "28,390", "69,872", "9%", "71%", "20%", "0.3878"]
    assert text.splitlines()[-1].split()[2] == "-"


def test_one_row_is_a_list():
    lines = table_of([BETTER]).splitlines()
    assert ["runs", "10"] in [line.split() for line in lines]
    assert "held-out, less Random [95 %]  +0.44 [+0.31, +0.61]" in table_of([BETTER])
    assert not any("artifact" in line or "seconds" in line for line in lines)


def test_few_runs_have_no_interval():
    assert table_of([{**BETTER, "gain_low": None, "gain_high": None}]).endswith("+0.44")


def test_each_experiment_has_its_table(capsys):
    other = [{**row, "setting": "balanced"} for row in (ROW, BETTER)]
    show([ROW, BETTER, *other], as_json=False)
    printed = capsys.readouterr().out
    assert printed.count("Random [95 %]") == 2
    assert printed.splitlines()[-4:] == ["data/acquired/random.zarr"] * 4
    show([ROW, BETTER], as_json=True)
    assert json.loads(capsys.readouterr().out) == [ROW, BETTER]


@pytest.mark.parametrize("rows", [[{"data": "a"}, {"data": "a"}], [{"data": "a", "wide": 1}, {"data": "b"}]])
def test_rows_that_are_alike_or_lack_something_are_shown(rows):
    assert table_of(rows).splitlines()[-1].split()[0] in ("a", "b")


def test_a_table_that_is_too_wide_is_one_for_each_setting(capsys):
    rows = [
        {**ORACLE, "data": data, "setting": setting, "classifier": classifier}
        for data in ("waveform", "mushrooms")
        for setting in ("balanced", "imbalanced_weighted")
        for classifier in ("logistic", "svm")
    ]
    show([{**row, "artifact": "it.zarr"} for row in rows], as_json=False)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.count("worse") == 4  # for each data set and setting


def test_a_gain_is_over_the_same_steps_and_runs():
    random, ours = np.array([[0.5, 0.6, 0.7]] * 6), np.array([[0.5, 0.7, 0.8]] * 6) + np.arange(6)[:, None] / 100
    found = gain_of("blend", {"random": random, "blend": ours})
    assert found["gain"] == pytest.approx(0.15 + 2 * 0.025)
    assert found["gain_low"] < found["gain"] < found["gain_high"]
    assert gain_of("blend", {"random": random[:, :2], "blend": ours}) == {}
    assert gain_of("random", {"random": random}) == gain_of("blend", {"blend": ours}) == {}
    assert gain_of("blend", {"random": random[:3], "blend": ours[:3]})["gain_low"] is None
