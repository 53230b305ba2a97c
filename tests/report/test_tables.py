"""Tables in Markdown."""

import numpy as np

from npal_cli.report.cells import cells
from npal_cli.report.tables import caption, gains_table, to_markdown, wide_table
from tests.report.conftest import NINE, acquired, everything, experiment

ACCURACY = ("auac", "final_accuracy")
RARE_CLASS = ("rare_precision", "rare_recall")
HOSTILE = "a_b & 50 % <i>#$^~\\{}| \N{SNOWMAN}"


def test_markdown_shows_the_figures():
    results = everything()
    table = cells(results)
    ours = results[0].metric("oracle", "auac")
    expected = f"{ours.mean():.2f} ± {ours.std(ddof=1):.2f}"
    title = caption("waveform", "logistic", ACCURACY, 1)
    markdown = to_markdown(wide_table(table, ACCURACY), title)
    assert markdown.startswith("Table 1 of the paper: AUAC and final-step test accuracy, waveform")
    assert expected in markdown
    assert "9 runs on 3 splits" in markdown


def test_gains_stand_beside_with_their_interval_on_both_evaluations():
    wide = wide_table(cells(everything(settings=["balanced"])), ACCURACY)
    assert "Balanced: AUAC - Random, held out" in wide.columns
    assert wide.loc["NP", "Balanced: AUAC - Random"].count("[") == 1
    assert wide.loc["Random", "Balanced: AUAC - Random"] == ""


def test_a_single_run_is_shown_without_spread():
    result = experiment(random=acquired("random", runs=NINE[:1]))
    markdown = to_markdown(wide_table(cells([result]), ["auac"]), "One run")
    assert "nan" not in markdown
    assert f"{result.metric('random', 'auac')[0]:.2f} " in markdown


def test_hostile_names_stay_in_their_cells():
    table = cells([experiment(data=HOSTILE, random=acquired("random"), **{HOSTILE: acquired("x")})])
    markdown = to_markdown(wide_table(table, ["auac"]), "Names")
    assert "<i>" not in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 1


def test_gains_are_one_table_of_all_strategies_and_experiments():
    """Ranks by the mean gain over Random, of competitors alone."""
    levels = {"random": 0.6, "uncsamp": 0.7, "blend": 0.9, "oracle": 0.95}
    records = {name: acquired(name, level=level) for name, level in levels.items()}
    only = {name: records[name] for name in ("random", "blend")}
    results = [experiment(**records), experiment("imbalanced", "adult", "svm", **only)]
    gained = gains_table(cells(results), "held_out")
    assert gained["strategy"].tolist() == ["Oracle", "UncSamp", "Blend"]
    assert gained["rank"].tolist() == ["", "", "1.0"]  # UncSamp has not been run everywhere
    assert list(gained.columns[3:]) == ["waveform balanced, logistic regression", "adult imbalanced, SVM"]
    blend = records["blend"].held_out_score - records["random"].held_out_score
    mean = np.trapezoid(blend, axis=1).mean()
    assert gained["waveform balanced, logistic regression"][2].startswith(f"{mean:+.3f} [")
    assert gained["adult imbalanced, SVM"][1] == ""
    assert gains_table(cells([]), "test").empty
