"""Training networks on simulated problems, many at once, and predicting with them."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import torch
from annotated_types import Ge, Gt, Interval
from jaxtyping import Float
from torch import Tensor, nn

from npal_cli.engine import Engine
from npal_cli.neural_process.episodes import Batch, Episodes, epoch
from npal_cli.neural_process.model import AttentiveCNP, ModelOptions
from npal_cli.oracle import ContextLabels
from npal_cli.randomness import draw_seed

Weights = dict[str, np.ndarray]
"""Trained parameters by name."""

Apply = Callable[[dict[str, Tensor], Tensor, Batch], tuple[Tensor, Tensor]]

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


def negative_log_likelihood(
    mean: Float[Tensor, "*target"], sigma: Float[Tensor, "*target"], improvements: Float[Tensor, "*target"]
) -> Float[Tensor, "*target"]:
    """The Gaussian negative log likelihood of each target, in nats (equation 2)."""
    return 0.5 * ((improvements - mean) / sigma).square() + sigma.log() + 0.5 * math.log(2 * math.pi)


def train_networks(
    episodes: Sequence[Episodes],
    scales: Sequence[float],
    options: TrainingOptions,
    draws: Sequence[np.random.Generator],
    engine: Engine,
) -> Iterator[Network]:
    """Train one network from scratch on each run's episodes, each from its own random stream; yield them in order.

    On a GPU, networks whose episodes have equal shapes are trained together, their parameters stacked. A CPU core is
    busy with one, so there they are trained one at a time, spread over the workers: how many are asked for at once
    then changes no byte of them.
    """
    engine.tally["networks"] += len(episodes)
    device = engine.torch_device()
    shapes = [(*one.features.shape, one.steps_per_epoch(options.batch_size)) for one in episodes]
    alone = device.type == "cpu"
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, shape in enumerate(shapes):
        groups.setdefault((i,) if alone else shape, []).append(i)
    work = [([episodes[i] for i in group], options, [draws[i] for i in group], device) for group in groups.values()]
    order = [i for group in groups.values() for i in group]
    trained: dict[int, Network] = {}
    wanted = 0
    positions = iter(order)
    for group in engine.map(_train_group, work, label="networks", unit="network"):
        for weights, loss in group:
            i = next(positions)
            trained[i] = Network(weights, scales[i], loss)
        while wanted in trained:
            yield trained.pop(wanted)
            wanted += 1


def train_together(
    episodes: Sequence[Episodes], options: TrainingOptions, draws: Sequence[np.random.Generator], device: torch.device
) -> list[tuple[Weights, Float[np.ndarray, " epoch"]]]:
    """Train networks in lock-step; all episodes have equal shapes and equally many batches an epoch.

    Each network equals the one that is trained alone, up to rounding.
    """
    features = episodes[0].features.shape[1]
    models = [_Among(AttentiveCNP(features, options.model, _generator(draw))).to(device) for draw in draws]
    apply, parameters = _stacked(models)
    points = torch.as_tensor(np.stack([one.features for one in episodes]), dtype=torch.float32, device=device)
    optimiser = torch.optim.Adam(parameters.values(), lr=options.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, options.decay ** (1 / options.epochs))
    losses = []
    for _ in range(options.epochs):
        total = torch.zeros(len(models), device=device)
        for batch in epoch(episodes, options.batch_size, draws, device):
            optimiser.zero_grad()
            mean, sigma = apply(parameters, points, batch)
            loss = (negative_log_likelihood(mean, sigma, batch.improvements) * batch.weights).sum(dim=1)
            loss.sum().backward()
            optimiser.step()
            total += loss.detach() * batch.masks.any(dim=2).sum(dim=1)
        losses.append(total)
        schedule.step()
    problems = np.array([len(one.masks) for one in episodes])
    history = torch.stack(losses, dim=1).double().cpu().numpy() / problems[:, None]
    arrays = {name.removeprefix("model."): value.detach().cpu().numpy() for name, value in parameters.items()}
    if len(models) == 1:
        return [(arrays, history[0])]
    return [({name: value[i] for name, value in arrays.items()}, history[i]) for i in range(len(models))]


class _Among(nn.Module):
    """A network in its form for training, as a module: what can be stacked is a module's ``forward``."""

    def __init__(self, model: AttentiveCNP) -> None:
        super().__init__()
        self.model = model

    def forward(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.among(*arguments)


def _stacked(models: Sequence[nn.Module]) -> tuple[Apply, dict[str, Tensor]]:
    """A function that applies all models to a batch, and their parameters, on a leading axis if there are several."""
    base = models[0]
    if len(models) == 1:

        def apply_one(_: dict[str, Tensor], points: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
            mean, sigma = base(points[0], batch.labels[0], batch.masks[0], batch.targets[0])
            return mean[None], sigma[None]

        return apply_one, dict(base.named_parameters())

    def call(parameters: dict[str, Tensor], *arguments: Tensor) -> tuple[Tensor, Tensor]:
        result: tuple[Tensor, Tensor] = torch.func.functional_call(base, parameters, arguments)
        return result

    def apply_all(parameters: dict[str, Tensor], points: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        result: tuple[Tensor, Tensor] = torch.vmap(call)(parameters, points, batch.labels, batch.masks, batch.targets)
        return result

    return apply_all, torch.func.stack_module_state(list(models))[0]


def _generator(draws: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(draw_seed(draws))


def _train_group(
    work: tuple[Sequence[Episodes], TrainingOptions, Sequence[np.random.Generator], torch.device],
) -> list[tuple[Weights, Float[np.ndarray, " epoch"]]]:
    episodes, options, draws, device = work
    if device.type == "cpu":
        torch.set_num_threads(1)  # more threads only get in the way of tensors this small
    return train_together(episodes, options, draws, device)


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
