"""Which strategy to use, in a sentence."""

import json

import numpy as np
import pandas as pd
import pytest

from npal_cli.report.verdicts import verdict, verdicts, write_metrics


def cells(**changes) -> pd.DataFrame:
    """Blend gains .44 in ten runs; ExpErr may be as good, Margin is not."""
    blend = {
        "label": "Blend", "best": True, "best_p_holm": np.nan, "runs": 10, "splits": 10, "random_mean": 0.44,
        "random_low": 0.31, "random_high": 0.61, "random_wins": 1.0, "random_runs": 10.0,
    } | changes  # fmt: skip
    others = {"best": False, "random_mean": 0.1, "random_low": 0.0, "random_high": 0.2, "random_wins": 0.6}
    rows = [
        {"strategy": "blend", **blend},
        {"strategy": "expected_error", **blend, **others, "label": "ExpErr", "best_p_holm": 0.3},
        {"strategy": "margin", **blend, **others, "label": "Margin", "best_p_holm": 0.01},
    ]
    shared = {"data": "waveform", "classifier": "svm", "setting": "balanced"}
    return pd.DataFrame([shared | row | {"metric": "auac", "evaluation": "held_out"} for row in rows])


def test_the_best_is_named_with_its_gain_and_those_that_may_be_as_good():
    said = str(verdict(cells(), "held_out"))
    assert said == (
        "Blend: +0.44 [+0.31, +0.61] AUAC over Random, better in 10 of 10 runs, 10 splits; not told apart from ExpErr."
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"random_mean": np.nan, "random_runs": np.nan},
            "Blend has the largest mean AUAC (10 runs; Random was not run)",
        ),
        ({"runs": 3, "random_runs": 3.0, "random_low": np.nan}, "+0.44 AUAC over Random, better in 3 of 3 runs"),
        ({"runs": 3, "random_runs": 3.0, "random_low": np.nan}, ": too few runs to tell."),
        ({"splits": 3}, "in 10 of 10 runs, 3 splits;"),
    ],
)
def test_it_says_no_more_than_is_known(changes, said):
    assert said in str(verdict(cells(**changes), "held_out"))


def test_random_may_be_the_best():
    table = cells()
    table.loc[0, ["strategy", "label", "random_mean"]] = ["random", "Random", np.nan]
    assert str(verdict(table, "held_out")).startswith("No strategy has a larger mean AUAC than Random (10 runs)")


def test_without_a_competitor_there_is_none():
    assert verdict(cells().assign(best=False), "held_out") is None
    assert verdict(cells(), "test") is None


def test_each_experiment_is_a_file_that_other_tools_make_a_row_of(tmp_path):
    write_metrics(tmp_path / "metrics", cells())
    assert list(dict(verdicts(cells(), "held_out"))) == [("waveform", "svm", "balanced")]
    found = json.loads((tmp_path / "metrics" / "waveform_svm_balanced.json").read_text())
    assert found == {"best": "Blend", "gain": 0.44, "low": 0.31, "high": 0.61, "runs": 10}


@pytest.mark.parametrize(
    ("count", "said"), [(5, "A0, A1, A2, A3, A4."), (6, "A4 and 1 other."), (8, "A4 and 3 others.")]
)
def test_many_that_may_be_as_good_are_counted(count, said):
    table = cells()
    more = pd.concat([table.iloc[[1]].assign(label=f"A{i}", strategy=f"a{i}") for i in range(count)])
    assert str(verdict(pd.concat([table.iloc[[0]], more]), "held_out")).endswith(said)


def test_those_with_too_few_runs_are_named_as_such():
    table = cells()
    untold = table.iloc[[1]].assign(strategy="np", label="NP", best_p_holm=np.nan)
    bound = untold.assign(strategy="oracle", label="Oracle")
    said = str(verdict(pd.concat([table, untold, bound]), "held_out"))
    assert said.endswith("; not told apart from ExpErr; too few runs of NP to tell.")
