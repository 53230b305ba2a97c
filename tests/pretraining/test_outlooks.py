"""What labels brought, and the forecast that is learned from it."""

from dataclasses import fields

import numpy as np
import pytest

from npal_cli.learned.outlook import AHEAD
from npal_cli.pretraining.outlooks import Outlooks, gather, learn_outlook, share_held
from npal_cli.pretraining.problems import Mix
from npal_cli.randomness import Run


def gathered(seed: int = 0) -> Outlooks:
    return gather([np.random.default_rng([seed, i]) for i in range(2)], Mix(several=0), (), Run(1, 0))


def invented(problems: int, *, known: bool = False) -> Outlooks:
    """Gains that hang on one input, with a noise that hangs on another, and that known tables have more of."""
    draws = np.random.default_rng(1)
    inputs = draws.normal(size=(problems, 6))
    of_known = np.full(problems, known) & (draws.random(problems) < 0.5)
    noise = np.where(of_known, 0.04, 0.02) * np.exp(0.5 * inputs[:, 1]) * draws.normal(size=problems)
    return Outlooks(np.array([1]), np.array([0]), np.arange(problems), inputs, 0.05 * inputs[:, 0] + noise, of_known)


@pytest.fixture(scope="module")
def found() -> Outlooks:
    return gathered()


def test_each_problem_is_asked_about_for_labels_that_are_chosen_and_random(found):
    for problem in range(2):
        rows = found.inputs[found.problem == problem]
        assert len(rows) == 2 * len(AHEAD) or len(rows) % 2 == 0
        np.testing.assert_allclose(np.exp(rows[::2, -4]), AHEAD[: len(rows) // 2], rtol=1e-5)
        assert rows[:, -1].tolist() == [0, 1] * (len(rows) // 2)
    assert (np.abs(found.gains) <= 1).all()


def test_the_same_draws_give_the_same_answers(found):
    again = gathered()
    for each in fields(Outlooks):
        np.testing.assert_array_equal(getattr(found, each.name), getattr(again, each.name))


def test_joined_problems_stay_apart(found):
    joined = Outlooks.joined([found, found])
    assert len(np.unique(joined.problem)) == 4
    assert len(joined.gains) == 2 * len(found.gains)


def test_intervals_hold_nine_of_ten_gains_that_nothing_was_learned_from():
    outlook, others = learn_outlook(invented(1200), 1), invented(5000)
    gains = outlook.gains(others.inputs[1200:])
    held = [each.low <= value <= each.high for each, value in zip(gains, others.gains[1200:], strict=True)]
    assert 0.86 < np.mean(held) < 0.94
    means = np.array([each.mean for each in gains])
    assert np.corrcoef(means, others.gains[1200:])[0, 1] > 0.85
    widths = np.array([each.high - each.low for each in gains])
    assert np.corrcoef(np.log(widths), others.inputs[1200:, 1])[0, 1] > 0.8


def test_intervals_are_as_wide_as_known_tables_need():
    told, others = invented(1200, known=True), invented(5000, known=True)
    gains = learn_outlook(told, 1).gains(others.inputs[1200:])
    held = np.array([x.low <= gain <= x.high for x, gain in zip(gains, others.gains[1200:], strict=True)])
    known = others.known[1200:]
    assert 0.86 < held[known].mean() < 0.94
    assert held[~known].mean() > 0.95


def test_what_forecasts_held_is_counted_on_problems_that_they_did_not_learn_from():
    assert 0.8 < share_held(invented(800), 1) < 0.98
    assert share_held(invented(1), 1) is None
