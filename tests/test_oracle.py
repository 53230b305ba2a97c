"""The myopic oracle (Algorithm 2)."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.engine import Engine
from npal_cli.oracle import context_improvements, pool_improvements, simulated_improvements
from npal_cli.problems.simulated import SimulateOptions, simulate
from npal_cli.randomness import stream
from npal_cli.testing import make_problem


@pytest.fixture
def logistic():
    return make_classifier("logistic", ClassifierOptions())


def plain_score(problem, annotated, evaluation):
    model = LogisticRegression(solver="newton-cholesky", tol=1e-12)
    model.fit(problem.features[annotated], problem.labels[annotated])
    y = problem.labels[evaluation]
    return accuracy_score(y, model.predict(problem.features[evaluation]), sample_weight=problem.class_weights[y])


def test_pool_improvements_are_scores_after_minus_before_on_the_test_set(problem, logistic, engine):
    ours = pool_improvements([problem], logistic, engine, "test")[0]
    before = plain_score(problem, problem.annotated, problem.test)
    expected = [
        plain_score(problem, np.append(problem.annotated, point), problem.test) - before for point in problem.pool
    ]
    np.testing.assert_allclose(ours, expected, atol=1e-12)
    assert len(set(ours)) > 2


def test_simulated_improvements_are_those_of_algorithm_2_on_the_reward_set(problem, logistic, engine):
    labels = problem.labels[problem.annotated]
    simulated = simulate(labels, SimulateOptions(problems=4), stream("test"), reward=True)
    scores = simulated_improvements([problem], [simulated], logistic, engine)[0]
    for i, mask in enumerate(simulated.annotated):
        kept = problem.annotated[mask]
        before = plain_score(problem, kept, problem.reward)
        assert scores.score_before[i] == pytest.approx(before)
        for point in range(len(labels)):
            if mask[point]:
                assert np.isnan(scores.improvements[i, point])
            else:
                added = np.append(kept, problem.annotated[point])
                assert scores.improvements[i, point] == pytest.approx(
                    plain_score(problem, added, problem.reward) - before
                )


def test_runs_at_once_equal_runs_alone_whatever_the_workers(logistic):
    problems = [make_problem(seed) for seed in (1, 2)]
    together = pool_improvements(problems, logistic, Engine(2), "test")
    for problem, result in zip(problems, together, strict=True):
        np.testing.assert_array_equal(result, pool_improvements([problem], logistic, Engine(1), "test")[0])


def test_permuting_the_pool_permutes_the_improvements(problem, logistic, engine):
    order = np.random.default_rng(0).permutation(len(problem.pool))
    shuffled = type(problem)(**{**problem.__dict__, "pool": problem.pool[order]})
    before, after = pool_improvements([problem, shuffled], logistic, engine, "test")
    np.testing.assert_array_equal(before[order], after)


def test_context_improvements_leave_one_out(problem, logistic, engine):
    mask = np.zeros((1, len(problem.annotated)), dtype=bool)
    mask[0, :6] = True
    values = context_improvements(problem, mask, logistic, engine)
    with_all = plain_score(problem, problem.annotated[:6], problem.reward)
    for point in range(6):
        without = np.delete(problem.annotated[:6], point)
        assert values[0, point] == pytest.approx(with_all - plain_score(problem, without, problem.reward))
    assert np.all(values[0, 6:] == 0)


def test_a_context_point_that_is_the_only_one_of_its_class_says_nothing(problem, logistic, engine):
    labels = problem.labels[problem.annotated]
    mask = labels == 0
    mask[np.flatnonzero(labels == 1)[0]] = True
    values = context_improvements(problem, mask[None], logistic, engine)
    assert values[0, np.flatnonzero(labels == 1)[0]] == 0


def test_without_a_reward_set_a_fold_of_the_annotated_set_is_it(problem, logistic, engine):
    bare = problem.train_on_reward()
    simulated = simulate(
        bare.labels[bare.annotated], SimulateOptions(problems=6, folds=3), stream("test"), reward=False
    )
    scores = simulated_improvements([bare], [simulated], logistic, engine)[0]
    for i in range(6):
        kept, pool, fold = (bare.annotated[each[i]] for each in (simulated.annotated, simulated.pool, simulated.reward))
        before = plain_score(bare, kept, fold)
        expected = [plain_score(bare, np.append(kept, point), fold) - before for point in pool]
        np.testing.assert_allclose(scores.improvements[i, simulated.pool[i]], expected, atol=1e-12)
        assert np.isnan(scores.improvements[i, ~simulated.pool[i]]).all()
