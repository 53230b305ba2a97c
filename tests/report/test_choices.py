"""Which points were chosen."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.report.choices import map_of, rare_share, rare_share_of_pool
from tests.report.conftest import NINE, acquired, experiment, prepared


def test_the_share_of_rare_points_is_cumulative():
    record = acquired("random", steps=3, runs=NINE[:1])
    result = experiment(random=record)
    labels = result.problems.labels
    zero, one = np.flatnonzero(labels == 0)[0], np.flatnonzero(labels == 1)[0]
    chosen = replace(record, chosen=np.array([[[zero], [one], [zero]]]))
    assert rare_share(experiment(random=chosen), "random") == pytest.approx([1, 1 / 2, 2 / 3])
    assert rare_share_of_pool(result) == pytest.approx((labels[result.problems.pool] == 0).mean())


def test_the_map_is_of_the_run_that_most_strategies_have():
    result = experiment(random=acquired("random"), np=acquired("np", runs=NINE[4:6]))
    shown = map_of(result)
    assert shown.run == NINE[4]
    assert set(shown.chosen) == {"random", "np"}
    assert set(shown.pool) <= set(result.problems.pool[4])
    np.testing.assert_array_equal(shown.annotated, result.problems.annotated[4])


def test_the_first_component_varies_most():
    places = map_of(experiment(random=acquired("random"))).places
    assert places.shape == (8000, 2)
    assert np.nanstd(places[:, 0]) >= np.nanstd(places[:, 1])


def test_a_single_feature_has_a_map_too():
    result = experiment(random=acquired("random"))
    one = replace(result, problems=replace(result.problems, features=result.problems.features[:, :1]))
    shown = map_of(one)
    assert np.ptp(shown.places[shown.pool, 1]) == 0


def test_only_what_is_shown_has_a_place():
    shown = map_of(experiment(random=acquired("random")))
    rows = {*shown.pool, *shown.annotated, *shown.chosen["random"].ravel()}
    assert set(np.flatnonzero(np.isfinite(shown.places).all(axis=1))) == rows


def test_of_large_batches_of_images_some_are_shown():
    problems = prepared(NINE[:1], pool=1000)
    images = np.random.default_rng(0).integers(256, size=(8000, 1, 6, 6), dtype=np.uint8)
    record = replace(
        acquired("random", runs=NINE[:1], steps=2), chosen=problems.pool[:, :600].reshape(1, 2, -1)[..., :140]
    )
    result = experiment(random=record)
    wide = replace(problems, features=images, annotated=np.arange(700)[None])
    shown = map_of(replace(result, problems=wide))
    assert len(shown.annotated) == len(np.unique(shown.annotated)) == 400
    assert shown.chosen["random"].shape == (2, 140)  # up to 200 a step
