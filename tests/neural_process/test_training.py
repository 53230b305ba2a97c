"""Training: what goes in, what is minimised, and that it learns."""

import numpy as np
import pytest
import torch

from npal_cli.engine import Engine
from npal_cli.errors import UsageError
from npal_cli.neural_process import training
from npal_cli.neural_process.episodes import Episodes, batches
from npal_cli.neural_process.model import ModelOptions
from npal_cli.neural_process.training import (
    TrainingOptions,
    negative_log_likelihood,
    predict,
    resolve_device,
    train_networks,
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
    draws = [np.random.default_rng(seed)]
    return next(train_networks([data], [1.0], options, draws, engine or Engine(), CPU))


def test_an_epoch_is_every_problem_once_in_batches_of_equal_size():
    data = episodes(problems=50)
    seen = []
    for batch in batches(data, 8, np.random.default_rng(0), CPU):
        n, context, _ = batch.context.shape
        assert n <= 8
        assert batch.targets.shape[1] == 40 - context
        assert torch.isfinite(batch.improvements).all()
        seen += [tuple(sorted(rows[:, 0].tolist())) for rows in batch.context]
    expected = [tuple(sorted(data.features[mask, 0].astype(np.float32).tolist())) for mask in data.masks]
    assert sorted(seen) == sorted(expected)


def test_targets_keep_their_improvements():
    data = episodes(rule=lambda x: x[:, 0])
    for batch in batches(data, 64, np.random.default_rng(0), CPU):
        torch.testing.assert_close(batch.targets[:, :, 0], batch.improvements)


def test_the_loss_is_the_mean_over_targets_then_problems():
    mean, sigma = torch.tensor([[0.0, 1.0], [2.0, 2.0]]), torch.tensor([[1.0, 1.0], [2.0, 0.5]])
    improvements = torch.tensor([[0.0, 0.0], [2.0, 1.0]])
    constant = 0.5 * np.log(2 * np.pi)
    by_hand = ((constant) + (constant + 0.5) + (constant + np.log(2)) + (constant + np.log(0.5) + 2)) / 4
    assert negative_log_likelihood(mean, sigma, improvements).item() == pytest.approx(by_hand)


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
        return list(train_networks(data, [1.0, 2.0], options, draws, engine, CPU))

    for first, second in zip(train_both(Engine(1)), train_both(Engine(2)), strict=True):
        assert first.loss.tobytes() == second.loss.tobytes()
        assert all(first.weights[name].tobytes() == second.weights[name].tobytes() for name in first.weights)
    assert train(data[0], seed=5).loss.tobytes() != train(data[0], seed=6).loss.tobytes()


def test_the_learning_rate_decays_by_ten_over_the_epochs(monkeypatch):
    rates = []
    original = training._train_epoch

    def remember(model, optimiser, epoch):
        rates.append(optimiser.param_groups[0]["lr"])
        return original(model, optimiser, epoch)

    monkeypatch.setattr(training, "_train_epoch", remember)
    train(episodes(problems=3), TrainingOptions(epochs=5))
    np.testing.assert_allclose(rates, 1e-3 * 0.1 ** (np.arange(5) / 5))


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


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_is_refused_where_there_is_none():
    with pytest.raises(UsageError, match="--device cuda: no CUDA device"):
        resolve_device("cuda")
    assert resolve_device("auto").type == "cpu"
