"""Each strategy picks what its publication says, on pools small enough to do by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from npal_cli.neural_process.learner import training_stream
from npal_cli.oracle import pool_improvements
from npal_cli.problems.problem import HIDDEN, Problem
from npal_cli.problems.simulated import simulation_stream
from npal_cli.randomness import Run
from npal_cli.states import AcquisitionState, top_k
from npal_cli.strategies.cbal import CBAL
from npal_cli.strategies.geometric import HALGau, HALUni, KCenterGreedy
from npal_cli.strategies.oracle import Oracle
from npal_cli.strategies.simple import Entropy, FScore, LeastConfident, Margin, UncertaintySampling
from npal_cli.testing import make_problem
from tests.strategies.conftest import make_strategy, neural_process, state_of


class Says:
    """A classifier that says what it is told."""

    def __init__(self, probabilities=None, distances=None):
        self._probabilities, self._distances = probabilities, distances

    def predict(self, features):
        return np.zeros(len(features), dtype=int)

    def probabilities(self, _features):
        return np.asarray(self._probabilities, dtype=float)

    soft_predictions = probabilities

    def boundary_distances(self, _features):
        return np.asarray(self._distances, dtype=float)

    def represent(self, features):
        return features


def state(says, pool=None, annotated=((0.0,), (1.0,)), labels: Sequence[int] = (0, 1), classes=2, seed=0):
    outputs = says._probabilities if says._probabilities is not None else says._distances
    pool = np.zeros((len(outputs), 1)) if pool is None else np.asarray(pool, dtype=float)
    rows = np.arange(len(labels) + len(pool))
    none = rows[:0]
    problem = Problem(
        run=Run(1, 1),
        features=np.concatenate([np.asarray(annotated, dtype=float), pool]),
        labels=np.concatenate([np.asarray(labels), np.full(len(pool), HIDDEN)]),
        annotated=rows[: len(labels)],
        pool=rows[len(labels) :],
        reward=none,
        test=none,
        held_out=none,
        class_weights=np.ones(classes),
        training_weights=np.ones(classes),
    )
    return AcquisitionState(problem, 1, says, np.random.default_rng(seed))


def chosen(strategy, given, size=1):
    return strategy.query([given], size)[0].chosen.tolist()


THREE_CLASSES = [
    [0.48, 0.47, 0.05],  # smallest margin
    [0.34, 0.33, 0.33],  # largest entropy, smallest confidence ...
    [0.42, 0.30, 0.28],
    [0.90, 0.05, 0.05],
]


@pytest.mark.parametrize(("strategy", "order"), [(Entropy, [1, 2, 0, 3]), (LeastConfident, [1, 2, 0, 3])])
def test_entropy_and_least_confidence(strategy, order):
    assert chosen(strategy(), state(Says(THREE_CLASSES), classes=3), 4) == order


def test_margin():
    says = Says([[0.60, 0.39, 0.01], [0.50, 0.45, 0.05], [0.40, 0.30, 0.30]])
    assert chosen(Margin(), state(says, classes=3), 3) == [1, 2, 0]


def test_the_three_uncertainties_agree_on_two_classes():
    p = np.random.default_rng(0).uniform(size=20)
    given = Says(np.column_stack([p, 1 - p]))
    order = np.argsort(np.abs(p - 0.5)).tolist()
    for strategy in (Entropy, Margin, LeastConfident, UncertaintySampling):
        assert chosen(strategy(), state(given), 20) == order


def test_fscore_takes_the_nearest_boundary():
    assert chosen(FScore(), state(Says(distances=[2.0, 0.5, 0.1])), 3) == [2, 1, 0]


def test_k_centre_takes_the_farthest_from_all_it_has():
    # From {0, 1}: 6 is farthest (5); then from {0, 1, 6}: 3.4 (2.4); then -2 (2).
    given = state(Says([[0.5, 0.5]] * 4), pool=[[3.4], [6.0], [5.0], [-2.0]])
    assert chosen(KCenterGreedy(), given, 4) == [1, 0, 3, 2]


def test_k_centre_equals_brute_force():
    draws = np.random.default_rng(0)
    pool, annotated = draws.normal(size=(40, 3)), draws.normal(size=(6, 3))
    given = state(Says(np.full((40, 2), 0.5)), pool=pool, annotated=annotated, labels=[0, 1] * 3)
    centres, expected = list(annotated), []
    for _ in range(15):
        distances = [min(np.linalg.norm(point - centre) for centre in centres) for point in pool]
        expected.append(int(np.argmax(distances)))
        centres.append(pool[expected[-1]])
    assert chosen(KCenterGreedy(), given, 15) == expected


HAL_POOL = {"says": Says([[0.5, 0.5], [0.9, 0.1], [0.7, 0.3]]), "pool": [[0.5], [9.0], [0.4]]}


def test_hal_exploits_the_smallest_margin_or_explores_the_sparsest_region():
    picks = [chosen(HALGau(), state(**HAL_POOL, seed=seed))[0] for seed in range(200)]
    assert set(picks) == {0, 1}
    assert 70 < picks.count(0) < 130


def test_hal_reference_exploits_the_largest_margin_or_explores_the_densest_region():
    given = {"says": Says([[0.5, 0.5], [0.9, 0.1], [0.7, 0.3]]), "pool": [[0.5], [3.0], [9.0]]}
    picks = [chosen(HALGau("reference"), state(**given, seed=seed))[0] for seed in range(200)]
    assert set(picks) == {0, 1}
    assert chosen(HALGau("reference"), state(**given), 3) != [2]


def test_hal_uniform_explores_everywhere():
    picks = [chosen(HALUni(), state(**HAL_POOL, seed=seed))[0] for seed in range(300)]
    assert set(picks) == {0, 1, 2}
    assert picks.count(0) > 150  # half of the time by exploiting, a third of the other half


def test_hal_takes_its_own_batch_for_explored(monkeypatch):
    """Two clusters of five points are equally unexplored: a batch that only explores alternates between them."""
    monkeypatch.setattr(HALGau, "EXPLORATION", 1.0)
    pool = [[100.0 + i] for i in range(5)] + [[-100.0 - i] for i in range(5)]
    for seed in range(10):  # by chance alone, four picks are two and two in four cases of ten
        picks = chosen(HALGau(), state(Says([[0.5, 0.5]] * 10), pool=pool, seed=seed), 4)
        assert sum(pick < 5 for pick in picks) == 2
    static = chosen(HALGau("reference"), state(Says([[0.5, 0.5]] * 10), pool=[[0.5], [0.6], [100.0]]), 2)
    assert set(static) == {0, 1}  # the published code's: densest as the batch begins


def test_hals_density_by_hand():
    given = state(Says([[0.5, 0.5]]), pool=[[2.0]])
    assert HALGau().exploration(given).scores[0] == pytest.approx(-(np.exp(-4 / 10) + np.exp(-1 / 10)))


def test_cbal_prefers_the_class_that_is_short():
    # 1 of class 0, 5 of class 1, one to choose: (6 + 1) / 2 - (1, 5) = (2.5, 0) wanted.
    p = np.array([0.5, 0.9, 0.1])
    says = Says(np.column_stack([p, 1 - p]))
    given = state(says, annotated=[[0.0]] * 6, labels=[0, 1, 1, 1, 1, 1])
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    by_hand = entropy - (np.abs(2.5 - p) + (1 - p))
    np.testing.assert_allclose(CBAL().query([given], 1)[0].scores, by_hand)
    np.testing.assert_allclose(by_hand, [-1.807, -1.375, -2.975], atol=1e-3)
    assert chosen(CBAL(), given) == [1]


def test_cbal_counts_what_the_batch_already_holds():
    # Balanced so far, two to choose: one of each class is wanted, not the same class twice.
    p = np.array([0.95, 0.95, 0.05])
    says = Says(np.column_stack([p, 1 - p]))
    for seed in range(5):
        batch = chosen(CBAL(), state(says, seed=seed), 2)
        assert 2 in batch


def test_cbal_reference_reads_later_picks_from_the_shrunk_array():
    # The best is row 0; the next best, row 2, is row 1 of what is left, and is read as row 1 of the pool.
    p = np.array([0.5, 0.95, 0.6])
    says = Says(np.column_stack([p, 1 - p]))
    assert chosen(CBAL(), state(says), 2) == [0, 2]
    assert chosen(CBAL("reference"), state(says), 2) == [0, 1]


def test_oracle_takes_the_largest_improvement(problem, engine):
    strategy = make_strategy("oracle")
    assert isinstance(strategy, Oracle)
    improvements = pool_improvements([problem], strategy._classifier, engine, "test")[0]
    choice = strategy.query([state_of(problem, sees="test_set")], 1)[0]
    assert improvements[choice.chosen[0]] == improvements.max()


def test_np_chooses_by_mean_or_by_mean_plus_sigma(problem):
    by_mean, by_both = neural_process(), neural_process(acquire_by="mean_plus_sigma")
    mean = by_mean.query([state_of(problem)], 1)[0].scores
    both = by_both.query([state_of(problem)], 1)[0].scores
    assert (both - mean).min() >= 0.01
    assert (both - mean).std() > 0


def test_np_can_be_told_leave_one_out_improvements(problem):
    told = neural_process(context_labels="leave_one_out")
    plain = neural_process().query([state_of(problem)], 1)[0].scores
    assert np.abs(told.query([state_of(problem)], 1)[0].scores - plain).max() > 0


def test_np_uses_a_network_that_was_trained_before(problem):
    plain = neural_process()
    network = plain.networks([state_of(problem).problem], 1, 1)[0]
    reused = neural_process()
    reused._trained = lambda run, step: network if (run, step) == (problem.run, 1) else None
    reused._train = lambda problems, *_: [] if not problems else pytest.fail("trained again")
    assert reused.query([state_of(problem)], 1)[0].scores.tobytes() == (
        plain.query([state_of(problem)], 1)[0].scores.tobytes()
    )


def test_np_goes_on_from_the_network_of_the_step_before(problem):
    """Also where that was lost: a loop that goes on after a kill trains what the whole loop did."""
    warm = neural_process(warm_epochs=2)
    second, third = problem.annotate(problem.pool[:2]), problem.annotate(problem.pool[:4])
    networks = [warm.networks([each], step, 2)[0] for step, each in enumerate((problem, second, third), start=1)]
    assert [len(network.loss) for network in networks] == [3, 2, 2]
    again = neural_process(warm_epochs=2).networks([third], 3, 2)[0]
    scratch = neural_process(warm_epochs=None).networks([third], 3, 2)[0]
    for name, value in again.weights.items():
        np.testing.assert_array_equal(value, networks[2].weights[name])
    assert not np.array_equal(again.weights["decoder.0.weight"], scratch.weights["decoder.0.weight"])


def test_np_simulates_and_trains_from_a_stream_of_each_run_and_step():
    keys = [(Run(1, 1), 1), (Run(1, 2), 1), (Run(2, 1), 1), (Run(1, 1), 2)]
    draws = {named(*key).integers(2**63) for named in (simulation_stream, training_stream) for key in keys}
    assert len(draws) == 8


def test_what_np_knows_has_no_pool_labels_and_no_test_set():
    known = state_of(make_problem()).problem
    assert set(known.labels[known.pool]) == {-1}
    assert len(known.test) == 0


def test_top_breaks_ties_uniformly():
    picks = [int(top_k(np.array([1.0, 2.0, 2.0, 2.0]), 1, np.random.default_rng(seed))[0]) for seed in range(300)]
    assert sorted(set(picks)) == [1, 2, 3]
    assert min(picks.count(i) for i in (1, 2, 3)) > 70
