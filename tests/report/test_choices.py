"""Which points were chosen."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.report.choices import map_of, rare_share, rare_share_of_pool
from tests.report.conftest import NINE, acquired, experiment


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
    assert places.shape == (1000, 2)
    assert places[:, 0].std() >= places[:, 1].std()


def test_a_single_feature_has_a_map_too():
    result = experiment(random=acquired("random"))
    one = replace(result, problems=replace(result.problems, features=result.problems.features[:, :1]))
    assert np.ptp(map_of(one).places[:, 1]) == 0
