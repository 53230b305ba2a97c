"""Figures: what is drawn is what was measured."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.report.figures import acquisition_figure, curve_figure, loss_figure, save
from npal_cli.report.names import HAND_MADE, HAND_MADE_FOR_IMAGES, label_of
from npal_cli.strategies.registry import STRATEGIES
from tests.report.conftest import NINE, acquired, everything, experiment


def lines(figure, panel=0):
    return {line.get_label(): line for line in figure.axes[panel].get_lines()}


@pytest.mark.parametrize("evaluation", ["test", "held_out"])
def test_curves_are_differences_to_the_average_of_hand_made_strategies(evaluation):
    results = everything()
    figure = curve_figure(results, evaluation)
    assert [axes.get_title() for axes in figure.axes] == ["Balanced", "Imbalanced", "Imbalanced weighted"]
    curves = {name: results[0].curve(name, evaluation) for name in results[0].acquired}
    average = np.mean([curves[name] for name in ("uncsamp", "kcgrdy", "haluni", "halgau", "cbal")], axis=0)
    drawn = lines(figure)["Oracle (9 runs)"].get_ydata()
    np.testing.assert_allclose(drawn, (curves["oracle"] - average).mean(axis=0))


def test_best_is_the_hand_made_strategy_with_the_largest_auac():
    good = {name: acquired(name, level=0.9 if name == "kcgrdy" else 0.7) for name in HAND_MADE if name != "fscore"}
    figure = curve_figure([experiment(**good, random=acquired("random"))], "test")
    assert "Best of the paper's: KCGrdy (9 runs)" in lines(figure)


def test_a_strategy_with_fewer_runs_is_paired_with_those_and_says_so():
    results = everything(settings=["balanced"])
    fewer = replace(results[0], acquired={**results[0].acquired, "np": acquired("np", runs=NINE[:3])})
    assert "NP (3 runs)" in lines(curve_figure([fewer], "test"))


def test_the_figure_of_images_shows_random_the_best_and_the_average_themselves(images):
    figure = acquisition_figure([images], "test")
    best = max(images.hand_made, key=lambda name: images.metric(name, "auac").mean())
    average = np.mean([images.curve(name, "test") for name in ("margin", "coregcn")], axis=0).mean(axis=0)
    drawn = lines(figure)
    shown = {label.split(":")[0]: line for label, line in drawn.items()}
    assert set(shown) == {"Best of the paper's", "Random", "AL average"}
    assert any(label_of(best) in label for label in drawn)
    np.testing.assert_allclose(shown["AL average"].get_ydata(), average)
    assert f"Random: AUAC {images.metric('random', 'auac').mean():.3f} (3 runs)" in drawn
    assert acquisition_figure([experiment(random=acquired("random"))], "test") is None


def test_losses_are_those_before_the_last_step():
    results = everything()
    drawn = loss_figure(results).axes[0].get_lines()[0].get_ydata()
    np.testing.assert_allclose(drawn, results[0].acquired["np"].loss[:, -1].mean(axis=0))


def test_what_is_not_there_is_not_drawn():
    only_random = [experiment(random=acquired("random"))]
    assert curve_figure(only_random, "test") is None
    assert loss_figure(only_random) is None


def test_the_same_results_give_the_same_bytes(tmp_path):
    first, second = (
        [path.read_bytes() for path in save(curve_figure(everything(), "test"), tmp_path, name, ("pdf", "png"))]
        for name in ("a", "b")
    )
    assert first == second
    assert b"<date>" not in first[0]


@pytest.mark.parametrize("name", dict.fromkeys((*HAND_MADE, *HAND_MADE_FOR_IMAGES)))
def test_what_the_average_is_over_exists(name):
    assert name in STRATEGIES
