"""Bases of the span of few points."""

import numpy as np
import pytest

from npal_cli.kernels.linalg.basis import independent_points, span_of


@pytest.mark.parametrize("rank", [1, 7, 20])
def test_the_basis_is_orthonormal_and_holds_the_points_whatever_their_rank(rank):
    draws = np.random.default_rng(rank)
    features = draws.normal(size=(20, rank)) @ draws.normal(size=(rank, 50))
    basis, inside = span_of(features)
    assert basis.shape == (50, rank)
    np.testing.assert_allclose(basis.T @ basis, np.eye(rank), atol=1e-11)
    np.testing.assert_allclose(inside @ basis.T, features, atol=1e-11)


def test_points_that_nearly_depend_on_others_are_not_left_out():
    draws = np.random.default_rng(0)
    features = draws.normal(size=(6, 30))
    features[5] = features[0] + 1e-5 * draws.normal(size=30)
    assert not independent_points(features @ features.T)[2]
    basis, inside = span_of(features)
    assert basis.shape == (30, 6)
    np.testing.assert_allclose(inside @ basis.T, features, atol=1e-13)


def test_where_points_are_many_the_features_are_their_own_basis():
    features = np.random.default_rng(0).normal(size=(9, 4))
    basis, inside = span_of(features)
    np.testing.assert_array_equal(basis, np.eye(4))
    np.testing.assert_array_equal(inside, features)


def test_the_factor_is_of_the_inner_products():
    features = np.random.default_rng(0).normal(size=(5, 9))
    gram = features @ features.T
    points, factor, clear = independent_points(gram)
    assert clear
    assert sorted(points) == list(range(5))
    np.testing.assert_allclose(factor @ factor.T, gram[np.ix_(points, points)], atol=1e-12)
