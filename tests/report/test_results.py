"""Results: which curve is which, and which runs are shared."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.report.names import is_competitor, label_of, position_of
from npal_cli.report.results import AL_AVERAGE, METRICS
from tests.report.conftest import NINE, acquired, everything, experiment


def test_metrics_read_the_final_state_of_either_evaluation():
    result = experiment(random=acquired("random"))
    record = result.acquired["random"]
    for evaluation in ("test", "held_out"):
        values = {metric: result.metric("random", metric, evaluation) for metric in METRICS}
        score = getattr(record, f"{evaluation}_score")
        np.testing.assert_array_equal(values["final_accuracy"], score[:, -1])
        np.testing.assert_allclose(values["auac"], (score[:, 1:] + score[:, :-1]).sum(axis=1) / 2)
        np.testing.assert_array_equal(values["rare_recall"], getattr(record, f"{evaluation}_recall")[:, -1, 0])
        np.testing.assert_array_equal(values["rare_precision"], getattr(record, f"{evaluation}_precision")[:, -1, 0])
    with pytest.raises(KeyError):
        result.metric("random", "beauty")


def test_the_al_average_is_over_hand_made_strategies_in_the_runs_they_share():
    result = everything()[0]
    fewer = replace(result, acquired={**result.acquired, "cbal": acquired("cbal", runs=NINE[2:6])})
    assert result.hand_made == ["uncsamp", "kcgrdy", "haluni", "halgau", "cbal"]
    assert fewer.runs(AL_AVERAGE) == NINE[2:6]
    expected = np.mean([fewer.curve(name, "test", "score", NINE[2:6]) for name in fewer.hand_made], axis=0)
    np.testing.assert_allclose(fewer.curve(AL_AVERAGE, "test"), expected)


def test_no_strategies_share_no_runs():
    assert experiment(random=acquired("random")).common_runs([]) == []


def test_other_lengths_sizes_or_options_are_not_as_published():
    result = experiment(random=acquired("random"))
    assert result.as_published("random")
    assert not experiment(random=acquired("random", steps=3)).as_published("random")
    fewer = replace(result.problems, test=result.problems.test[:, :20])
    assert not replace(result, problems=fewer).as_published("random")
    for parameters in ({"options": {"C": 1000.0}}, {"options": {"C": 1.0}, "train_np": {"epochs": 3}}):
        other = replace(result.made_from["random"], parameters=parameters)
        assert not replace(result, made_from={"random": other}).as_published("random")


def test_one_strategy_with_other_options_does_not_speak_for_the_others():
    result = experiment(random=acquired("random"), np=acquired("np"))
    other = replace(result.made_from["np"], parameters={"options": {"C": 1.0}, "train_np": {"epochs": 3}})
    mixed = replace(result, made_from={**result.made_from, "np": other})
    assert [mixed.as_published(name) for name in ("random", "np")] == [True, False]


def test_images_are_compared_where_all_options_are_the_papers(images):
    assert images.as_published("coregcn")
    assert images.hand_made == ["margin", "coregcn"]
    made_from = images.made_from["coregcn"]
    plain = made_from.parameters
    for change in (
        {"options": {**plain["options"], "epochs": 8}},
        {"gcn": {**plain["gcn"], "epochs": 5}},
        {"subsample": 500},
    ):
        other = {**images.made_from, "coregcn": replace(made_from, parameters={**plain, **change})}
        assert not replace(images, made_from=other).as_published("coregcn"), change


def test_other_splits_are_not_the_papers(images):
    for change in (
        {"pool": images.problems.pool[:, :9000]},
        {"test": images.problems.test[:, :500]},
        {"rare_classes": np.array([1, 3])},
    ):
        assert not replace(images, problems=replace(images.problems, **change)).as_published("margin"), change
    mnist = experiment(data="mnist", classifier="svm", random=acquired("random"))
    assert not mnist.as_published("random")  # its pool is not MNIST's


def test_how_a_network_was_computed_does_not_keep_it_from_being_compared(images):
    made_from = images.made_from["margin"]
    options = {**made_from.parameters["options"], "precision": "float32", "compile": True, "augmentation": "none"}
    other = replace(made_from, parameters={**made_from.parameters, "options": options})
    assert replace(images, made_from={**images.made_from, "margin": other}).as_published("margin")


def test_of_ten_classes_the_rare_ones_are_shown_by_their_mean():
    record = acquired("random")
    draws = np.random.default_rng(0)
    ten = replace(record, test_recall=draws.uniform(size=(9, 11, 10)), test_precision=np.full((9, 11, 10), np.nan))
    ten.test_precision[..., 4] = 0.25  # the one rare class that is ever predicted
    result = experiment(random=ten)
    result = replace(result, problems=replace(result.problems, rare_classes=np.arange(0, 10, 2)))
    np.testing.assert_allclose(result.curve("random", "test", "rare_recall"), ten.test_recall[..., ::2].mean(axis=2))
    np.testing.assert_allclose(result.curve("random", "test", "rare_precision"), 0.25)


def test_labels():
    assert label_of("uncsamp") == "UncSamp"
    assert label_of("something else") == "something else"


def test_competitors_stand_before_controls():
    names = ["random_train_on_reward", "np", "oracle", "unheard_of", "reward_oracle", "haluni_reference"]
    assert sorted(names, key=position_of) == [
        "oracle", "haluni_reference", "np", "unheard_of", "reward_oracle", "random_train_on_reward",
    ]  # fmt: skip
    assert [name for name in names if is_competitor(name)] == ["np", "unheard_of", "haluni_reference"]
