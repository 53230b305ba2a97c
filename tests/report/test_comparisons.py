"""Figures of all that was run: what is drawn is what was measured."""

import numpy as np

from npal_cli.report.cells import cells
from npal_cli.report.comparisons import every_curve_figure, gains_figure
from npal_cli.report.figures import save
from npal_cli.report.names import is_aside, label_of, look_of
from tests.report.conftest import NINE, acquired, everything, experiment


def test_gains_are_those_of_the_table_best_first():
    table = cells(everything())
    figure = gains_figure(table, "held_out")
    assert [axes.get_title() for axes in figure.axes] == [
        f"{setting}\n9 runs on 3 splits" for setting in ("Balanced", "Imbalanced", "Imbalanced weighted")
    ]
    own = table[(table["setting"] == "balanced") & (table["metric"] == "auac") & (table["evaluation"] == "held_out")]
    own = own[[not is_aside(name) for name in own["strategy"]]]
    gains = own.set_index("label")["random_mean"].dropna()
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == list(gains.sort_values().index)
    drawn = [line.get_xdata()[0] for line in figure.axes[0].get_lines()[: len(labels)]]
    np.testing.assert_allclose(drawn, gains.sort_values())


def test_every_strategy_has_its_curve_less_random_in_the_same_runs():
    few = acquired("np", runs=NINE[:3])
    result = experiment(random=acquired("random"), blend=acquired("blend"), np=few)
    axes = every_curve_figure([result], "held_out").axes[0]
    drawn = {line.get_color(): line.get_ydata() for line in axes.get_lines()}
    assert set(drawn) == {look_of(name).light for name in result.acquired}
    random = acquired("random").held_out_score[:3]
    np.testing.assert_allclose(drawn[look_of("np").light], (few.held_out_score - random).mean(axis=0))


def test_a_legend_names_them(tmp_path):
    result = everything(settings=["balanced"])[0]
    figure = every_curve_figure([result], "test")
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == [label_of(name) for name in result.ordered if not is_aside(name)]
    assert [path.suffix for path in save(figure, tmp_path, "it", ("pdf", "png"))] == [".svg", ".pdf", ".png"]


def test_there_is_none_without_random():
    result = experiment(blend=acquired("blend"))
    assert gains_figure(cells([result]), "test") is None
    assert every_curve_figure([result], "test") is None
