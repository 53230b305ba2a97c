"""Training: what goes in, what is minimised, and that it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from npal_cli.engine import Engine
from npal_cli.neural_process import training
from npal_cli.neural_process.episodes import Episodes, epoch
from npal_cli.neural_process.model import ModelOptions
from npal_cli.neural_process.training import (
    TrainingOptions,
    negative_log_likelihood,
    predict,
    train_networks,
    train_together,
)

CPU = torch.device("cpu")


def episodes(seed=0, problems=60, points=40, rule=lambda x: 0.1 * x[:, 0] - 0.05 * x[:, 1] ** 2):
    """Problems whose improvements depend on the features alone."""
    draws = np.random.default_rng(seed)
    features = draws.uniform(-1, 1, size=(points, 3))
    masks = np.zeros((problems, points), dtype=bool)
    for mask in masks:
        mask[draws.choice(points, size=draws.choice([10, 20, 30]), replace=False)] = True
    return Episodes(features, masks, np.where(masks, np.nan, rule(features)), np.zeros(masks.shape))


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
    mean, sigma = predict(network, options.model, data.features[:25], np.zeros(25), fresh, CPU)
    truth = 0.1 * fresh[:, 0] - 0.05 * fresh[:, 1] ** 2
    assert np.corrcoef(mean, truth)[0, 1] > 0.97
    assert sigma.mean() < 0.03
    assert network.loss[-1] < network.loss[0]


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
    whole = predict(network, ModelOptions(), data.features, np.zeros(40), pool, CPU)
    monkeypatch.setattr(training, "TARGETS_AT_ONCE", 7)
    in_blocks = predict(network, ModelOptions(), data.features, np.zeros(40), pool, CPU)
    np.testing.assert_allclose(whole[0], in_blocks[0], atol=1e-6)
    np.testing.assert_allclose(whole[1], in_blocks[1], atol=1e-6)


def test_features_are_divided_by_the_scale_before_they_enter():
    data = episodes()
    network = train(data)
    doubled = type(network)(network.weights, 2.0, network.loss)
    pool = data.features[:5]
    np.testing.assert_allclose(
        predict(network, ModelOptions(), data.features, np.zeros(40), pool, CPU)[0],
        predict(doubled, ModelOptions(), 2 * data.features, np.zeros(40), 2 * pool, CPU)[0],
    )
