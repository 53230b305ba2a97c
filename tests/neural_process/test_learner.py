"""What simulated problems teach a network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.errors import UsageError
from npal_cli.guidance.options import GuidanceOptions
from npal_cli.neural_process.episodes import epoch
from npal_cli.neural_process.inputs import inputs_of
from npal_cli.neural_process.learner import Learner
from npal_cli.neural_process.options import INPUTS, PlusTrainingOptions, TrainingOptions
from npal_cli.objectives import Objective
from npal_cli.oracle import context_improvements, simulated_improvements
from npal_cli.problems.simulated import SimulateOptions, simulate
from npal_cli.randomness import stream
from npal_cli.testing import make_problem
from tests.strategies.conftest import expecting, neural_process, state_of


def learner(training=None, **options) -> Learner:
    return Learner(
        training or TrainingOptions(epochs=2, **options), expecting(make_classifier("logistic", ClassifierOptions()))
    )


def splits(problem, *, reward=True):
    labels = problem.labels[problem.annotated]
    return simulate(labels, SimulateOptions(5, (0.5, 0.7), folds=3), stream("test"), reward=reward)


def episodes(problem, maker, *, reward=True):
    simulated = splits(problem, reward=reward)
    inputs = maker.simulated_inputs([problem], 1, [simulated])[0]
    return simulated, maker.episodes(problem, simulated, maker.scores([problem], [simulated])[0], inputs)


def test_the_papers_network_is_told_features_and_nothing_else(problem):
    simulated, found = episodes(problem, learner())
    assert (found.shape.channels, found.shape.inputs, found.shape.decodes_features) == (1, 0, True)
    assert (found.context_labels == 0).all()
    np.testing.assert_array_equal(np.isnan(found.improvements), simulated.annotated)


@pytest.mark.parametrize("reward", [True, False])
def test_inputs_are_those_of_the_simulated_problems_own_task_model_and_teacher(problem, reward):
    """As a strategy would see it, were it a real problem: with the same reward set, or none."""
    whole = replace(problem if reward else problem.train_on_reward(), training_weights=np.array([0.4, 1.6]))
    plus = learner(PlusTrainingOptions())
    simulated, found = episodes(whole, plus, reward=reward)
    rows = whole.annotated
    for i, (annotated, pool) in enumerate(zip(simulated.annotated, simulated.pool, strict=True)):
        states = [state_of(replace(whole, annotated=rows[annotated], pool=rows[pool]))]
        expected = inputs_of(states, INPUTS, plus.expect, plus.expect.class_probabilities(states))[0]
        np.testing.assert_array_equal(found.inputs[i, pool], expected)
        assert (found.inputs[i, ~pool] == 0).all()


def test_labels_of_simulated_pool_points_do_not_reach_the_inputs(problem):
    """What the network is told of a point does not change with the label that it is asked about."""
    plus = learner(PlusTrainingOptions())
    simulated, found = episodes(problem, plus)
    only = replace(simulated, annotated=simulated.annotated[:1], reward=simulated.reward[:1])
    hidden = problem.annotated[only.pool[0]]
    labels = problem.labels.copy()
    labels[hidden] = 1 - labels[hidden]
    flipped = replace(problem, labels=labels)
    scores = plus.scores([flipped], [only])[0]
    np.testing.assert_array_equal(plus.simulated_inputs([flipped], 1, [only])[0][0], found.inputs[0])
    assert (scores.improvements != plus.scores([problem], [only])[0].improvements)[0, only.pool[0]].any()


def test_simulated_pool_points_that_are_not_tried_are_no_targets(problem):
    """As in the real pool, whose points are not to be chosen then."""
    plus = learner(PlusTrainingOptions())
    plus = replace(plus, expect=replace(plus.expect, options=GuidanceOptions(candidates=3)))
    simulated, found = episodes(problem, plus)
    assert np.isfinite(found.inputs).all()
    targets = ~np.isnan(found.improvements)
    assert targets.sum(axis=1).tolist() == [3] * 5
    assert not (targets & ~simulated.pool).any()


def test_its_own_objective_is_what_it_learns(problem):
    simulated, found = episodes(problem, learner(objective=Objective("log_loss")))
    classifier, engine = make_classifier("logistic", ClassifierOptions()), learner().engine
    expected = simulated_improvements([problem], [simulated], classifier, engine, Objective("log_loss"))[0]
    np.testing.assert_array_equal(found.improvements, expected.improvements)


def test_what_a_network_is_told_of_annotated_points_matters_when_it_is_trained_and_when_it_is_asked(problem):
    """Their classes, and what they improved in the objective that is learnt."""
    told = neural_process(context_classes=True)
    known = state_of(problem).problem
    network = told.networks([known], 1, 1)[0]
    plain = told.learner.predict([network], [state_of(problem)])[0].mean
    state = state_of(problem)
    labels = state.problem.labels.copy()
    labels[problem.annotated] = np.roll(state.annotated_labels, 1)
    other = replace(state, problem=replace(state.problem, labels=labels))
    assert np.abs(told.learner.predict([network], [other])[0].mean - plain).max() > 0
    _, found = episodes(problem, told.learner)
    batch = next(epoch([found], 64, [np.random.default_rng(0)], torch.device("cpu")))
    np.testing.assert_array_equal(batch.labels[0, 0, :, 1:], np.eye(2)[problem.labels[problem.annotated]])
    soft = learner(context_labels="leave_one_out", objective=Objective("soft_accuracy"))
    simulated, found = episodes(problem, soft)
    expected = context_improvements(problem, simulated.annotated, soft.classifier, soft.engine, soft.objective)
    np.testing.assert_array_equal(found.context_labels, expected)
    assert (found.context_labels != episodes(problem, learner(context_labels="leave_one_out"))[1].context_labels).any()


def test_what_is_not_in_the_unit_of_everything_else_is_not_held_to_it(problem):
    soft = neural_process(objective=Objective("soft_accuracy"))
    assert soft.query([state_of(problem)], 1)[0].prediction is None
    assert neural_process().query([state_of(problem)], 1)[0].prediction is not None


@pytest.mark.parametrize("name", INPUTS)
def test_each_input_can_be_told_alone(name, problem):
    alone = neural_process(inputs=(name,), context_classes=True)
    assert len(alone.query([state_of(problem)], 3)[0].chosen) == 3


def test_without_a_reward_set_it_learns_from_folds_and_has_nothing_to_be_checked_on():
    bare = make_problem().train_on_reward()
    choice = neural_process().query([state_of(bare)], 2)[0]
    assert len(choice.chosen) == 2
    assert choice.prediction is None
    simulated, found = episodes(bare, learner(), reward=False)
    np.testing.assert_array_equal(np.isnan(found.improvements), ~simulated.pool)


def test_without_a_reward_set_nothing_says_what_a_context_point_improved():
    with pytest.raises(UsageError, match=r"leave_one_out: .* there is none; use zero, or set prepare\.reward"):
        episodes(make_problem().train_on_reward(), learner(context_labels="leave_one_out"), reward=False)


def test_costs_may_be_in_any_unit(problem):
    """1,024 times the costs are 1,024 times the improvements, and the same network."""
    found = []
    for unit in (1.0, 1024.0):
        costs = ((0.0, unit), (5 * unit, 0.0))
        maker = learner(objective=Objective("cost", costs), context_labels="leave_one_out")
        simulated = splits(problem)
        network = next(maker.train([problem], 1, [simulated], maker.scores([problem], [simulated])))
        found.append(maker.predict([network], [state_of(problem)])[0])
    for part in ("mean", "sigma"):
        one, other = (getattr(each, part) for each in found)
        np.testing.assert_array_equal(other, 1024 * one)
    assert np.ptp(found[0].mean) > 0
