"""Training networks on simulated problems, and predicting with them.

Many networks are asked for at once; here they are trained one at a time, spread over the engine's workers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import torch
from annotated_types import Ge, Gt, Interval
from jaxtyping import Float
from torch import Tensor

from npal_cli.engine import Engine
from npal_cli.errors import UsageError
from npal_cli.neural_process.episodes import Batch, Episodes, batches
from npal_cli.neural_process.model import AttentiveCNP, ModelOptions
from npal_cli.oracle import ContextLabels
from npal_cli.randomness import draw_seed

Weights = dict[str, np.ndarray]
"""Trained parameters by name."""

TARGETS_AT_ONCE = 65_536
"""Targets scored in one pass: bounds the memory of scoring a large pool to some tens of MiB."""


@dataclass(frozen=True)
class TrainingOptions:
    """How a network is trained and used; the defaults are the paper's (supplement B.3)."""

    epochs: Annotated[int, Ge(1)] = 100
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    decay: Annotated[float, Interval(gt=0, le=1)] = 0.1
    """The learning rate ends at this share of where it began, decaying exponentially by the epoch."""
    batch_size: Annotated[int, Ge(1)] = 64
    """Simulated problems in a batch, at most."""
    context_labels: ContextLabels = "zero"
    acquire_by: Literal["mean", "mean_plus_sigma"] = "mean"
    """What is maximised over the pool."""
    model: ModelOptions = field(default_factory=ModelOptions)


@dataclass(frozen=True)
class Network:
    """A trained network and what it needs to be used."""

    weights: Weights
    scale: float
    """What features are divided by before they enter the network."""
    loss: Float[np.ndarray, " epoch"]
    """Mean negative log likelihood (nats per target) of each epoch's batches, as they were trained on."""


def resolve_device(name: str) -> torch.device:
    """The device for ``auto``, ``cpu`` or ``cuda``.

    Raises:
        UsageError: if CUDA is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: no CUDA device is available here; use --device cpu or auto")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def negative_log_likelihood(
    mean: Float[Tensor, "batch target"],
    sigma: Float[Tensor, "batch target"],
    improvements: Float[Tensor, "batch target"],
) -> Float[Tensor, ""]:
    """Mean over targets, then over problems, of the Gaussian negative log likelihood (equation 2)."""
    return -torch.distributions.Normal(mean, sigma).log_prob(improvements).mean(dim=1).mean()


def train_networks(
    episodes: Sequence[Episodes],
    scales: Sequence[float],
    options: TrainingOptions,
    draws: Sequence[np.random.Generator],
    engine: Engine,
    device: torch.device,
) -> Iterator[Network]:
    """Train one network from scratch on each run's episodes, each from its own random stream; yield them in order."""
    work = list(zip(episodes, scales, [options] * len(episodes), draws, [device] * len(episodes), strict=True))
    yield from engine.map(_train_one, work, label="networks", unit="network")


def _train_one(work: tuple[Episodes, float, TrainingOptions, np.random.Generator, torch.device]) -> Network:
    episodes, scale, options, draws, device = work
    if device.type == "cpu":
        torch.set_num_threads(1)  # more threads only get in the way of tensors this small
    generator = torch.Generator().manual_seed(draw_seed(draws))
    model = AttentiveCNP(episodes.features.shape[1], options.model, generator).to(device)
    optimiser = torch.optim.Adam(model.parameters(), lr=options.learning_rate)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, options.decay ** (1 / options.epochs))
    loss = np.empty(options.epochs)
    for epoch in range(options.epochs):
        loss[epoch] = _train_epoch(model, optimiser, batches(episodes, options.batch_size, draws, device))
        schedule.step()
    weights = {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}
    return Network(weights, scale, loss)


def _train_epoch(model: AttentiveCNP, optimiser: torch.optim.Optimizer, epoch: Iterator[Batch]) -> float:
    total, problems = 0.0, 0
    for batch in epoch:
        optimiser.zero_grad()
        mean, sigma = model(batch.context, batch.context_labels, batch.targets)
        loss = negative_log_likelihood(mean, sigma, batch.improvements)
        loss.backward()
        optimiser.step()
        total += loss.item() * len(batch.context)
        problems += len(batch.context)
    return total / problems


def predict(
    network: Network,
    options: ModelOptions,
    context: Float[np.ndarray, "context feature"],
    context_labels: Float[np.ndarray, " context"],
    targets: Float[np.ndarray, "target feature"],
    device: torch.device,
) -> tuple[Float[np.ndarray, " target"], Float[np.ndarray, " target"]]:
    """Predicted mean and standard deviation of the improvement of each target; features come unscaled."""
    model = AttentiveCNP(context.shape[1], options, torch.Generator())
    model.load_state_dict({name: torch.as_tensor(value) for name, value in network.weights.items()})
    model.to(device).eval()

    def tensor(values: np.ndarray) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=device).unsqueeze(0)

    means, sigmas = [np.empty(0)], [np.empty(0)]
    with torch.inference_mode():
        for start in range(0, len(targets), TARGETS_AT_ONCE):
            block = tensor(targets[start : start + TARGETS_AT_ONCE] / network.scale)
            mean, sigma = model(tensor(context / network.scale), tensor(context_labels), block)
            means.append(mean.squeeze(0).double().cpu().numpy())
            sigmas.append(sigma.squeeze(0).double().cpu().numpy())
    return np.concatenate(means), np.concatenate(sigmas)
