"""Seconds to train networks, alone and many."""

import time

import numpy as np
import torch

from npal_cli.engine import Engine
from npal_cli.neural_process.episodes import Episodes
from npal_cli.neural_process.options import TrainingOptions
from npal_cli.neural_process.training import train_networks, train_together

PUBLISHED = {"seconds a step": (0.027, 0.035), "seconds a network": 31.0}
"""The paper's published code on one core of a machine like the one that this was developed on, as quoted."""


def episodes(seed: int) -> Episodes:
    """Of waveform's shape: 300 problems among 100 points of 21 features."""
    draws = np.random.default_rng(seed)
    features = draws.uniform(-1, 1, size=(100, 21))
    masks = np.zeros((300, 100), dtype=bool)
    for mask in masks:
        mask[draws.choice(100, size=draws.choice(np.arange(10, 100, 10)), replace=False)] = True
    improvements = np.where(masks, np.nan, 0.1 * features[:, 0])
    return Episodes(features, masks, improvements, np.zeros(masks.shape), np.empty((100, 0)), np.empty((300, 100, 0)))


def measure() -> dict[str, float]:
    """One network on one core, nine on two; 27 on a GPU if there is one."""
    options = TrainingOptions()
    cpu = torch.device("cpu")
    torch.set_num_threads(1)
    train_together([episodes(0)], TrainingOptions(epochs=1), [np.random.default_rng(0)], cpu)
    result = {}
    start = time.perf_counter()
    train_together([episodes(0)], options, [np.random.default_rng(0)], cpu)
    result["one network, one core: seconds"] = time.perf_counter() - start
    steps = options.epochs * episodes(0).steps_per_epoch(options.batch_size)
    result["one network, one core: milliseconds a step"] = 1e3 * result["one network, one core: seconds"] / steps
    result["nine networks, two cores: seconds"] = _train(9, Engine(2, device="cpu"))
    if torch.cuda.is_available():
        _train(27, Engine(1, device="cuda"), TrainingOptions(epochs=1))
        result["27 networks, one GPU: seconds"] = _train(27, Engine(1, device="cuda"))
    return result


def _train(count: int, engine: Engine, options: TrainingOptions | None = None) -> float:
    work = [episodes(seed) for seed in range(count)]
    start = time.perf_counter()
    draws = [np.random.default_rng(seed) for seed in range(count)]
    list(train_networks(work, [1.0] * count, options or TrainingOptions(), draws, engine))
    return time.perf_counter() - start
