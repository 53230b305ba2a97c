"""What labels brought: intervals, scores on audited rows, forecasts and advice."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression

from npal_cli.labelling.choosing import AUDIT
from npal_cli.labelling.intervals import jackknife, mean_interval, proportion_interval
from tests.commands import json_of
from tests.labelling.conftest import batch_of


@pytest.mark.parametrize("truth", [0.6, 0.9, 0.98])
def test_the_interval_of_a_proportion_holds_it_at_all_numbers_of_rows_at_once(truth):
    draws = np.random.default_rng(0).random((400, 100)) < truth
    held = [all(low <= truth <= high for low, high in sequence(row)) for row in draws]
    assert np.mean(held) > 0.9


def sequence(hits):
    return [proportion_interval(int(hits[:n].sum()), n) for n in range(4, len(hits) + 1, 4)]


def test_the_interval_of_a_proportion_has_jeffreys_prior_behind_it():
    low, _ = proportion_interval(45, 50, 0.95)
    average = beta(0.5, 0.5).expect(lambda p: (p / low) ** 45 * ((1 - p) / (1 - low)) ** 5)
    assert average == pytest.approx(1 / 0.05, rel=1e-3)


@pytest.mark.parametrize(("hits", "rows", "expected"), [(0, 0, (0, 1)), (5, 5, (None, 1)), (0, 5, (0, None))])
def test_an_interval_ends_where_proportions_do(hits, rows, expected):
    for found, end in zip(proportion_interval(hits, rows), expected, strict=True):
        assert end is None or found == end


def test_the_interval_of_a_mean_holds_it_and_shrinks():
    draws = np.random.default_rng(0).gamma(2.0, size=(300, 400))
    held = []
    for row in draws:
        ends = [mean_interval(row[:n].mean(), row[:n].std(ddof=1), n) for n in range(20, 401, 20)]
        held.append(all(low <= 2 <= high for low, high in ends))
    assert np.mean(held) > 0.85  # in the limit of many rows 0.9; here from twenty on
    widths = [np.diff(mean_interval(0, 1, n))[0] for n in (10, 100, 1000, 10_000)]
    assert (np.diff(widths) < 0).all()
    assert mean_interval(0.5, 1, 0) == (-np.inf, np.inf)


def test_the_deviation_of_a_ratio_is_that_of_its_linear_part():
    values = np.random.default_rng(0).exponential(size=(200, 2))
    ratio = values[:, 0].sum() / values[:, 1].sum()
    found = jackknife(lambda kept: values[kept, 0].sum() / values[kept, 1].sum(), 200)
    linear = (values[:, 0] - ratio * values[:, 1]) / values[:, 1].mean()
    assert found == pytest.approx(linear.std(ddof=1), rel=0.05)


def test_few_rows_have_no_interval_of_what_is_no_proportion(begun, annotate):
    annotate(batch_of(begun, 10, "--objective", "balanced_accuracy"))
    score = json_of(begun("status", "--data", "leads", "--json"))["rounds"][-1]["score"]
    assert (score["low"], score["high"]) == (None, None)


def test_the_score_is_that_of_a_model_that_never_saw_the_audited_rows(begun, annotate, leads):
    """Computed anew from the exported labels, by scikit-learn."""
    audited, known = [], leads["customer"][:30].tolist()
    for _ in range(3):
        batch = batch_of(begun)
        audited += batch["id"][batch["why"] == AUDIT].tolist()
        known += batch["id"][batch["why"] != AUDIT].tolist()
        annotate(batch)
    rows = json_of(begun("status", "--data", "leads", "--json"))
    x = pd.get_dummies(leads.set_index("customer")[["visits", "spent", "calls", "plan"]]).astype(float)
    x, y = (x - x.mean()) / x.std(ddof=0), leads.set_index("customer")["churned"]
    model = LogisticRegression(tol=1e-8, max_iter=1000).fit(x.loc[known], y[known])
    last = rows["rounds"][-1]
    assert last["labels"] == len(known) == 54
    assert last["score"]["value"] == pytest.approx((model.predict(x.loc[audited]) == y[audited]).mean())
    assert last["score"]["low"] < last["score"]["value"] <= last["score"]["high"]
    assert [each["labels"] for each in rows["rounds"]] == [30, 38, 46, 54]
    assert rows["audited"] == 6
    assert rows["against_random"]["labels"] == 4
    assert sum(rows["labels"].values()) == 60


@pytest.mark.parametrize("objective", ["balanced_accuracy", "log_loss", "f1"])
def test_every_objective_has_a_score_with_an_interval(begun, annotate, objective):
    annotate(batch_of(begun, 100, "--objective", objective, "--audit", 0.5))
    found = json_of(begun("status", "--data", "leads", "--json"))
    score = found["rounds"][-1]["score"]
    assert found["objective"] == objective
    assert score["low"] < score["value"] < score["high"]


def test_it_says_how_things_stand_at_every_moment(begun, annotate):
    assert "Go on: no random row has a label yet" in begun("status", "--data", "leads").stdout
    batch = batch_of(begun)
    assert "Still without an answer: 10 rows of the last batch." in begun("status", "--data", "leads").stdout
    annotate(batch)
    said = begun("status", "--data", "leads").stdout
    assert "drawn at random, from which no model learns" in said
    for _ in range(3):
        annotate(batch_of(begun))
    said = begun("status", "--data", "leads").stdout
    assert "chosen rows score" in said
    assert "Forecast of 50 labels more" in said
    assert "labels more are forecast to change the score" in said.splitlines()[-1]


def test_without_any_label_it_says_so(npal, leads):
    Path("params.yaml").unlink()
    leads.assign(churned=None).to_csv("leads.csv", index=False)
    npal("prepare", "--data", "leads.csv", "--target", "churned", "--id", "customer")
    assert "Labels: none." in npal("status", "--data", "leads").stdout
    assert json_of(npal("status", "--data", "leads", "--json"))["rounds"] == [
        {"labels": 0, "score": None, "agreement": None}
    ]
