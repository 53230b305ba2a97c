"""Training networks on simulated problems, many at once, and predicting with them."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from npal_cli.engine import Engine
from npal_cli.errors import UsageError
from npal_cli.neural_process.episodes import Batch, Episodes, epoch
from npal_cli.neural_process.model import AttentiveCNP
from npal_cli.neural_process.network import Network, Weights
from npal_cli.neural_process.options import TrainingOptions
from npal_cli.randomness import draw_seed

Apply = Callable[[dict[str, Tensor], Tensor, Batch], tuple[Tensor, Tensor]]


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
    begin: Sequence[Network] | None = None,
) -> Iterator[Network]:
    """Train one network on each run's episodes, each from its own random stream; yield them in order.

    They start from scratch, or from the weights of ``begin``.

    On a GPU, networks whose episodes have equal shapes are trained together, their parameters stacked. A CPU core is
    busy with one, so there they are trained one at a time, spread over the workers: how many are asked for at once
    then changes no byte of them.
    """
    engine.tally["networks"] += len(episodes)
    initial = [one.weights for one in begin] if begin else [None] * len(episodes)
    one_by_one = engine.cluster is not None or engine.torch_device().type == "cpu"
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, one in enumerate(episodes):
        shape = (*one.features.shape, one.steps_per_epoch(options.batch_size))
        groups.setdefault((i,) if one_by_one else shape, []).append(i)
    work = [
        ([episodes[i] for i in group], options, [draws[i] for i in group], engine, [initial[i] for i in group])
        for group in groups.values()
    ]
    positions = iter([i for group in groups.values() for i in group])
    trained: dict[int, tuple[Weights, np.ndarray]] = {}
    following = 0
    for group in engine.map(_train_group, work, label="training networks", unit="network", on_device=True):
        for result in group:
            trained[next(positions)] = result
        while following in trained:
            weights, loss = trained.pop(following)
            yield Network(weights, scales[following], loss)
            following += 1


def train_together(
    episodes: Sequence[Episodes],
    options: TrainingOptions,
    draws: Sequence[np.random.Generator],
    device: torch.device,
    initial: Sequence[Weights | None] | None = None,
    engine: Engine | None = None,
) -> list[tuple[Weights, Float[np.ndarray, " epoch"]]]:
    """Train networks in lock-step; all episodes have equal shapes and equally many batches an epoch.

    Each starts from its ``initial`` weights, or from random ones, and equals the one that is trained alone, up to
    rounding. ``engine`` shows epochs as they go by.

    Raises:
        UsageError: if the training of one diverges.
    """
    shape = episodes[0].shape
    models = [_Shared(AttentiveCNP(shape, options.model, _generator(draw))) for draw in draws]
    for one, weights in zip(models, initial or [None] * len(models), strict=True):
        if weights is not None:
            one.model.load_state_dict({name: torch.as_tensor(value) for name, value in weights.items()})
        one.to(device)
    apply, parameters = _stacked(models)
    points = torch.as_tensor(np.stack([one.features for one in episodes]), dtype=torch.float32, device=device)
    optimiser = torch.optim.Adam(parameters.values(), lr=options.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, options.decay ** (1 / options.epochs))
    losses = []
    bar = (engine or Engine()).bar(options.epochs, label="training", unit="epoch")
    for _ in range(options.epochs):
        total = torch.zeros(len(models), device=device)
        for batch in epoch(episodes, options.batch_size, draws, device):
            optimiser.zero_grad()
            mean, sigma = apply(parameters, points, batch)
            each = negative_log_likelihood(mean, sigma, batch.improvements)
            loss = (each * batch.weights).sum(dim=1)
            loss.sum().backward()
            optimiser.step()
            total += loss.detach() * batch.masks.any(dim=2).sum(dim=1)
        losses.append(total)
        schedule.step()
        bar.update()
    bar.close()
    problems = np.array([len(one.masks) for one in episodes])
    history = torch.stack(losses, dim=1).double().cpu().numpy() / problems[:, None]
    if not all(bool(value.isfinite().all()) for value in (*losses, *parameters.values())):
        raise UsageError(
            f"training a neural process diverged at learning rate {options.learning_rate:g}; set a smaller one "
            "(learning_rate of train_np, or of strategies.np_plus.train, in params.yaml)"
        )
    arrays = {name.removeprefix("model."): value.detach().cpu().numpy() for name, value in parameters.items()}
    if len(models) == 1:
        return [(arrays, history[0])]
    return [({name: value[i] for name, value in arrays.items()}, history[i]) for i in range(len(models))]


class _Shared(nn.Module):
    """A network in its form for training, as a module: what can be stacked is a module's ``forward``."""

    def __init__(self, model: AttentiveCNP) -> None:
        super().__init__()
        self.model = model

    def forward(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.forward_shared(*arguments)


def _stacked(models: Sequence[nn.Module]) -> tuple[Apply, dict[str, Tensor]]:
    """A function that applies all models to a batch, and their parameters, on a leading axis if there are several."""
    base = models[0]
    if len(models) == 1:

        def apply_one(_: dict[str, Tensor], points: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
            mean, sigma = base(points[0], batch.labels[0], batch.masks[0], batch.targets[0], batch.inputs[0])
            return mean[None], sigma[None]

        return apply_one, dict(base.named_parameters())

    def call(parameters: dict[str, Tensor], *arguments: Tensor) -> tuple[Tensor, Tensor]:
        result: tuple[Tensor, Tensor] = torch.func.functional_call(base, parameters, arguments)
        return result

    def apply_all(parameters: dict[str, Tensor], points: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        result: tuple[Tensor, Tensor] = torch.vmap(call)(
            parameters, points, batch.labels, batch.masks, batch.targets, batch.inputs
        )
        return result

    return apply_all, torch.func.stack_module_state(list(models))[0]


def _generator(draws: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(draw_seed(draws))


def _train_group(
    work: tuple[Sequence[Episodes], TrainingOptions, Sequence[np.random.Generator], Engine, Sequence[Weights | None]],
) -> list[tuple[Weights, Float[np.ndarray, " epoch"]]]:
    episodes, options, draws, engine, initial = work
    device = engine.torch_device()
    if device.type == "cpu":
        torch.set_num_threads(1)  # more threads only get in the way of tensors this small
    return train_together(episodes, options, draws, device, initial, engine)
