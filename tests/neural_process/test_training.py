"""Training: what goes in, what is minimised, and that it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from npal_cli.engine import Engine
from npal_cli.errors import UsageError
from npal_cli.neural_process import prediction
from npal_cli.neural_process.episodes import Episodes, epoch
from npal_cli.neural_process.model import Shape
from npal_cli.neural_process.options import ModelOptions, TrainingOptions
from npal_cli.neural_process.prediction import Question, predict
from npal_cli.neural_process.training import negative_log_likelihood, train_networks, train_together

CPU = torch.device("cpu")


def episodes(seed=0, problems=60, points=40, rule=lambda x: 0.1 * x[:, 0] - 0.05 * x[:, 1] ** 2):
    """Problems whose improvements depend on the features alone."""
    draws = np.random.default_rng(seed)
    features = draws.uniform(-1, 1, size=(points, 3))
    masks = np.zeros((problems, points), dtype=bool)
    for mask in masks:
        mask[draws.choice(points, size=draws.choice([10, 20, 30]), replace=False)] = True
    improvements = np.where(masks, np.nan, rule(features))
    nothing = np.empty((points, 0)), np.empty((problems, points, 0))
    return Episodes(features, masks, improvements, np.zeros(masks.shape), *nothing)


def ask(network, context, targets, options=None):
    """What a network that is told no more than the features predicts, as numbers of each target."""
    question = Question(context, np.zeros((len(context), 1)), targets, np.empty((len(targets), 0)))
    return predict(network, Shape(context.shape[1]), options or ModelOptions(), question, CPU)


def train(data, options=None, seed=0, engine=None):
    options = options or TrainingOptions(epochs=2)
    return next(train_networks([data], [1.0], options, [np.random.default_rng(seed)], engine or Engine(device="cpu")))


def test_an_epoch_is_every_problem_once_in_batches_of_equal_context():
    data = episodes(problems=50)
    seen = data.batches(8, np.random.default_rng(0))
    assert sorted(np.concatenate(seen)) == list(range(50))
    assert len(seen) == data.steps_per_epoch(8)
    for problems in seen:
        assert len(problems) <= 8
        assert len(set(data.masks[problems].sum(axis=1))) == 1


def test_targets_keep_their_improvements_and_what_fills_up_weighs_nothing():
    data = [episodes(1, rule=lambda x: x[:, 0]), episodes(2, problems=50, rule=lambda x: x[:, 0])]
    for batch in epoch(data, 64, [np.random.default_rng(0), np.random.default_rng(1)], CPU):
        torch.testing.assert_close(batch.weights.sum(dim=1), torch.ones(2))
        for i, one in enumerate(data):
            real = batch.weights[i] > 0
            points = batch.targets[i][real] % 40
            np.testing.assert_allclose(batch.improvements[i][real], one.features[points, 0], rtol=1e-6)
            assert not batch.masks[i].flatten()[batch.targets[i][real]].any()


def test_the_loss_is_the_mean_over_targets_then_problems():
    mean, sigma = torch.tensor([0.0, 1.0, 2.0, 2.0]), torch.tensor([1.0, 1.0, 2.0, 0.5])
    improvements = torch.tensor([0.0, 0.0, 2.0, 1.0])
    expected = -torch.distributions.Normal(mean, sigma).log_prob(improvements)
    torch.testing.assert_close(negative_log_likelihood(mean, sigma, improvements), expected)


@pytest.mark.parametrize("attention", ["cross", "none"])
@pytest.mark.parametrize("told", [False, True])
def test_networks_trained_together_equal_each_trained_alone(attention, told):
    data = [episodes(seed, problems=40 + seed) for seed in (1, 2, 3)]
    if told:
        data = [replace(one, context_labels=0.1 * one.masks * one.features[:, 0]) for one in data]
    options = TrainingOptions(epochs=3, model=ModelOptions(attention=attention))
    together = train_together(data, options, [np.random.default_rng(seed) for seed in (4, 5, 6)], CPU)
    for seed, one, (weights, loss) in zip((4, 5, 6), data, together, strict=True):
        alone = train(one, options, seed)
        np.testing.assert_allclose(loss, alone.loss, rtol=1e-4)
        for name, value in alone.weights.items():
            np.testing.assert_allclose(weights[name], value, atol=2e-4, err_msg=name)


@pytest.mark.parametrize("attention", ["cross", "none"])
def test_it_learns_a_learnable_improvement(attention):
    options = TrainingOptions(epochs=60, batch_size=16, model=ModelOptions(attention=attention))
    data = episodes(problems=150, points=60)
    network = train(data, options)
    fresh = np.random.default_rng(9).uniform(-1, 1, size=(200, 3))
    mean, sigma = ask(network, data.features[:25], fresh, options.model)
    truth = 0.1 * fresh[:, 0] - 0.05 * fresh[:, 1] ** 2
    assert np.corrcoef(mean, truth)[0, 1] > 0.97
    assert sigma.mean() < 0.03
    assert network.loss[-1] < network.loss[0]


def test_a_training_that_diverges_is_one_line():
    with pytest.raises(UsageError, match=r"diverged at learning rate 1e\+30; set a smaller one \(learning_rate of"):
        train(episodes(), TrainingOptions(epochs=3, learning_rate=1e30))


def test_the_same_stream_gives_the_same_bytes_whatever_the_workers():
    data = [episodes(1), episodes(2)]
    options = TrainingOptions(epochs=2)

    def train_both(engine):
        draws = [np.random.default_rng(seed) for seed in (5, 6)]
        return list(train_networks(data, [1.0, 2.0], options, draws, engine))

    for first, second in zip(train_both(Engine(1, device="cpu")), train_both(Engine(2, device="cpu")), strict=True):
        assert first.loss.tobytes() == second.loss.tobytes()
        assert all(first.weights[name].tobytes() == second.weights[name].tobytes() for name in first.weights)
    assert train(data[0], seed=5).loss.tobytes() != train(data[0], seed=6).loss.tobytes()


def test_the_learning_rate_decays_by_ten_over_the_epochs(monkeypatch):
    rates = []

    class Remember(torch.optim.Adam):
        def step(self, *arguments):
            rates.append(self.param_groups[0]["lr"])
            return super().step(*arguments)

    monkeypatch.setattr(torch.optim, "Adam", Remember)
    data = episodes(problems=3)
    train(data, TrainingOptions(epochs=5))
    steps = data.steps_per_epoch(64)
    np.testing.assert_allclose(rates, np.repeat(1e-3 * 0.1 ** (np.arange(5) / 5), steps))


def test_a_large_pool_is_predicted_in_blocks_with_the_same_result(monkeypatch):
    data = episodes()
    network = train(data)
    pool = np.random.default_rng(3).uniform(-1, 1, size=(100, 3))
    whole = ask(network, data.features, pool)
    monkeypatch.setattr(prediction, "TARGETS_AT_ONCE", 7)
    in_blocks = ask(network, data.features, pool)
    np.testing.assert_allclose(whole[0], in_blocks[0], atol=1e-6)
    np.testing.assert_allclose(whole[1], in_blocks[1], atol=1e-6)


def test_features_are_divided_by_the_scale_before_they_enter():
    data = episodes()
    network = train(data)
    doubled = type(network)(network.weights, 2.0, network.loss)
    pool = data.features[:5]
    np.testing.assert_allclose(
        ask(network, data.features, pool)[0],
        ask(doubled, 2 * data.features, 2 * pool)[0],
    )


def told(data, seed=0):
    """The same problems, told classes and more of the targets, which their improvements depend on."""
    draws = np.random.default_rng(seed)
    count, points = data.masks.shape
    inputs = draws.normal(size=(count, points, 2))
    improvements = inputs[:, :, 0] - data.improvements
    return replace(data, classes=np.eye(2)[np.arange(points) % 2], inputs=inputs, improvements=improvements)


def test_networks_that_are_told_more_equal_each_trained_alone():
    data = [told(episodes(seed, problems=40 + seed), seed) for seed in (1, 2)]
    options = TrainingOptions(epochs=3)
    together = train_together(data, options, [np.random.default_rng(seed) for seed in (4, 5)], CPU)
    for seed, one, (weights, loss) in zip((4, 5), data, together, strict=True):
        alone = train(one, options, seed)
        np.testing.assert_allclose(loss, alone.loss, rtol=1e-4)
        for name, value in alone.weights.items():
            np.testing.assert_allclose(weights[name], value, atol=5e-4, err_msg=name)


def test_it_learns_from_what_it_is_told_of_a_target():
    """The improvement is one that features alone do not say."""
    data = told(episodes(problems=150, points=60))
    network = train(data, TrainingOptions(epochs=60, batch_size=16))
    draws = np.random.default_rng(9)
    fresh, inputs = draws.uniform(-1, 1, size=(200, 3)), draws.normal(size=(200, 2))
    labels = np.concatenate([np.zeros((25, 1)), data.classes[:25]], axis=1)
    mean, sigma = predict(network, data.shape, ModelOptions(), Question(data.features[:25], labels, fresh, inputs), CPU)
    truth = 0.1 * fresh[:, 0] - 0.05 * fresh[:, 1] ** 2
    assert mean.shape == sigma.shape == (200,)
    assert np.corrcoef(mean, inputs[:, 0] - truth)[0, 1] > 0.97


def test_points_of_a_fold_are_neither_context_nor_target():
    data = episodes()
    improvements = data.improvements.copy()
    improvements[:, :5] = np.nan
    for batch in epoch([replace(data, improvements=improvements)], 64, [np.random.default_rng(0)], CPU):
        assert (batch.targets[batch.weights > 0] % 40).min() >= 5


def test_a_network_goes_on_from_where_another_ended():
    data, options = episodes(), TrainingOptions(epochs=2)
    begun = train(data, options)
    still = replace(options, learning_rate=1e-12)
    on = next(iter(train_networks([data], [1.0], still, [np.random.default_rng(9)], Engine(device="cpu"), [begun])))
    for name, value in on.weights.items():
        np.testing.assert_allclose(value, begun.weights[name], atol=1e-9)
