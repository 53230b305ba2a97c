"""Learning active learning, query by committee and BADGE, by hand."""

from dataclasses import replace

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.engine import Engine
from npal_cli.objectives import Objective
from npal_cli.oracle import simulated_improvements
from npal_cli.problems.simulated import SimulateOptions, simulate
from npal_cli.randomness import draw_seed, stream
from npal_cli.strategies.badge import squared_distances
from npal_cli.strategies.lal import LAL, LALOptions, features_of
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


def test_lal_learns_which_points_of_its_simulated_problems_improve_the_task_model(problem):
    simulating, options = SimulateOptions(40, (0.5,)), LALOptions(problems=6, trees=50)
    task = make_classifier("logistic", ClassifierOptions())
    lal = LAL(task, simulating, options, Objective("soft_accuracy"), Engine())
    lal.query([state_of(problem)], 1)
    regression, known = lal._learnt[problem.run], state_of(problem).problem
    labels, x = problem.labels[problem.annotated], problem.features[problem.annotated]
    simulated = simulate(labels, replace(simulating, problems=6), stream("lal simulate", *problem.run), reward=True)
    truth = simulated_improvements([known], [simulated], task, Engine(), Objective("soft_accuracy"))[0]
    seed = draw_seed(stream("lal", *problem.run))
    told = [
        features_of(x[a], labels[a], x[p], 50, seed) for a, p in zip(simulated.annotated, simulated.pool, strict=True)
    ]
    predicted = regression.predict(np.concatenate(told))
    assert len(predicted) == 6 * 10
    assert regression.estimators_[0].tree_.weighted_n_node_samples[0] == len(predicted)
    assert np.corrcoef(predicted, truth.improvements[simulated.pool])[0, 1] > 0.5


def test_no_member_of_a_committee_lacks_a_class(problem):
    state = state_of(problem)
    rare = np.flatnonzero(state.annotated_labels == 0)[:1]
    rows = np.concatenate([rare, np.flatnonzero(state.annotated_labels == 1)])
    few = replace(state, problem=replace(state.problem, annotated=problem.annotated[rows]))
    assert np.isfinite(make_strategy("qbc").scores(few)).all()


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


class Draws:
    """Takes the last of what it may choose from, and remembers the chances."""

    def __init__(self):
        self.chances = []

    def permutation(self, size):
        return np.arange(size)

    def choice(self, left, p):
        self.chances.append((left, p))
        return left[-1]


def test_badge_draws_by_the_distance_to_the_nearest_point_that_is_chosen(problem):
    state, draws = state_of(problem), Draws()
    object.__setattr__(state, "random", draws)
    choice = make_strategy("badge").query([state], 8)[0]
    p, pool = state.classifier.probabilities(state.pool_features), state.pool_features
    errors = p - np.eye(2)[p.argmax(axis=1)]
    embedded = np.stack([np.outer(e, np.append(z, 1)).ravel() for e, z in zip(errors, pool, strict=True)])
    for done, (left, chances) in enumerate(draws.chances, start=1):
        nearest = np.square(embedded[left][:, None] - embedded[choice.chosen[:done]]).sum(axis=2).min(axis=1)
        np.testing.assert_allclose(chances, nearest / nearest.sum(), atol=1e-12)
