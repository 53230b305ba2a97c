"""Learning active learning, query by committee and BADGE, by hand."""

from dataclasses import replace

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from npal_cli.randomness import draw_seed, stream
from npal_cli.strategies.badge import squared_distances
from npal_cli.strategies.lal import features_of
from tests.strategies.conftest import make_strategy, state_of


def test_lal_looks_at_eight_numbers_of_a_forest(problem):
    x, labels, pool = (
        problem.features[problem.annotated],
        problem.labels[problem.annotated],
        problem.features[problem.pool],
    )
    found = features_of(x, labels, pool, trees=20, seed=3)
    forest = RandomForestClassifier(20, oob_score=True, random_state=3).fit(x, labels)
    assert found.shape == (30, 8)
    np.testing.assert_allclose(found[:, 0], forest.predict_proba(pool)[:, 1])
    votes = np.stack([tree.predict_proba(pool)[:, 1] for tree in forest.estimators_])
    np.testing.assert_allclose(found[:, 1], votes.std(axis=0))
    depth = np.mean([tree.get_depth() for tree in forest.estimators_])
    state = [0.5, forest.oob_score_, forest.feature_importances_.var(), votes.std(axis=0).mean(), depth, 20]
    np.testing.assert_allclose(found[:, 2:], np.tile(state, (30, 1)))


def test_lal_learns_once_a_run_and_the_same_before_any_step(problem):
    """As it would have learnt before the first step, had it been asked then."""
    lal = make_strategy("lal")
    first = lal.query([state_of(problem)], 1)[0]
    learnt = lal._learnt[problem.run]
    later = replace(state_of(problem.annotate(problem.pool[first.chosen])), step=2)
    again = lal.query([later], 1)[0]
    assert lal._learnt[problem.run] is learnt
    fresh = make_strategy("lal").query([later], 1)[0]
    np.testing.assert_array_equal(fresh.scores, again.scores)


def test_a_committee_disagrees_by_its_divergence_from_the_consensus(problem):
    state, qbc = state_of(problem), make_strategy("qbc")
    draws = stream("committee", *problem.run, 1)
    members = [qbc._member(state, draw_seed(draws)) for _ in range(10)]
    consensus = np.mean(members, axis=0)
    expected = np.mean([(p * np.log(p / consensus)).sum(axis=1) for p in members], axis=0)
    np.testing.assert_allclose(qbc.query([state], 1)[0].scores, expected)
    assert expected.max() > 0


def test_badge_seeds_among_gradient_embeddings(problem):
    """Of two classes by hand: ``(p - onehot) x (z, 1)``, and squared distances between these."""
    state = state_of(problem)
    p, pool = state.classifier.probabilities(state.pool_features), state.pool_features
    errors = p - np.eye(2)[p.argmax(axis=1)]
    embedded = np.stack([np.outer(e, np.append(z, 1)).ravel() for e, z in zip(errors, pool, strict=True)])
    choice = make_strategy("badge").query([state], 30)[0]
    np.testing.assert_allclose(choice.scores, np.square(embedded).sum(axis=1))
    assert sorted(choice.chosen) == list(range(30))
    first = int(choice.chosen[0])
    expected = np.square(embedded - embedded[first]).sum(axis=1)
    np.testing.assert_allclose(squared_distances(errors, pool, choice.scores, first), expected, atol=1e-12)
    seconds = [int(make_strategy("badge").query([state_of(problem, seed=s)], 2)[0].chosen[1]) for s in range(200)]
    share = expected / expected.sum()
    likely = np.argsort(-share)[:10]
    assert abs(np.isin(seconds, likely).mean() - share[likely].sum()) < 0.1
