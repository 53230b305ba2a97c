"""What more labels are worth, said before anybody gives one."""

import pandas as pd
import pytest

from npal_cli.labelling.worth import Worth
from npal_cli.learned.outlook import Gain
from tests.commands import json_of
from tests.labelling.conftest import LABELLED, ROWS, batch_of, journal


def test_labels_are_forecast_to_help_and_more_labels_more(begun):
    found = json_of(begun("worth", "--data", "leads", "--json"))
    assert [each["labels"] for each in found] == [20, 50, 100]
    for each in found:
        for how in ("chosen", "random"):
            assert -1 < each[how]["low"] < each[how]["mean"] < each[how]["high"] < 1
    assert found[0]["chosen"]["mean"] < found[2]["chosen"]["mean"]
    assert found[2]["random"]["mean"] > 0
    assert journal() == b""


def test_the_table_names_each_number_of_labels(begun):
    said = begun("worth", "--data", "leads", "--labels", 7, "--labels", 100).stdout
    assert [line.split()[0] for line in said.splitlines()[2:4]] == ["+7", "+100"]
    assert "chosen rows" in said
    assert "random rows" in said


def test_the_next_batch_is_one_of_the_numbers(begun):
    batch_of(begun, 12)
    assert [each["labels"] for each in json_of(begun("worth", "--data", "leads", "--json"))] == [12, 20, 50, 100]


def test_a_forecast_is_the_same_when_it_is_asked_for_again(begun):
    first, again = (begun("worth", "--data", "leads", "--json").stdout for _ in range(2))
    assert first == again


def test_costs_are_forecast_in_their_own_units(begun):
    pd.DataFrame({"true": ["no", "yes"], "no": [0, 50], "yes": [50, 0]}).to_csv("costs.csv", index=False)
    before = json_of(begun("worth", "--data", "leads", "--labels", 50, "--json"))[0]["chosen"]["mean"]
    batch_of(begun, 10, "--objective", "cost", "--cost-matrix", "costs.csv")
    after = json_of(begun("worth", "--data", "leads", "--labels", 50, "--json"))[0]["chosen"]["mean"]
    assert after > 5 * before


@pytest.mark.parametrize(
    ("labels", "code", "said"),
    [(0, 2, "--labels"), (201, 2, "--labels 201: forecasts were learned for as many as 200"), (200, 0, "+200")],
)
def test_as_many_labels_as_were_learned_from_can_be_asked_about(begun, labels, code, said):
    result = begun("worth", "--data", "leads", "--labels", labels, code=code)
    assert said in result.output


def test_more_labels_than_rows_are_refused(begun, annotate):
    while len(batch := batch_of(begun, 60, "--strategy", "margin")) == 60:
        annotate(batch)
    left = (ROWS - LABELLED) % 60
    said = begun("worth", "--data", "leads", "--labels", 100, code=1).stderr
    assert f"leads: 100 labels more are asked about, {left} rows are left" in said


def test_without_two_classes_nothing_can_be_said(npal, leads):
    leads.assign(churned=None).to_csv("leads.csv", index=False)
    npal("prepare", "--data", "leads.csv", "--target", "churned", "--id", "customer")
    said = npal("worth", "--data", "leads", code=1).stderr
    assert "leads: labels of two classes are needed to say what more are worth" in said


def test_no_score_is_forecast_to_pass_the_best_possible():
    found = Worth(20, Gain(0.1, -0.02, 0.2), Gain(0.05, -0.1, 0.3)).within(0.08)
    assert found == Worth(20, Gain(0.08, -0.02, 0.08), Gain(0.05, -0.1, 0.08))
