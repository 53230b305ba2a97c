"""How the network learns from lessons."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from npal_cli.learned.network import Ranker, Scaling, Shape
from npal_cli.pretraining.batches import Batches, Taught
from npal_cli.pretraining.lessons import Lessons
from npal_cli.pretraining.options import LearningOptions
from npal_cli.randomness import draw_seed, stream

SCALED_BY = 200_000
"""Rows, at most, that say what mean and deviation inputs have."""


def learn(
    lessons: Lessons, options: LearningOptions, seed: int, device: torch.device, tell: Callable[[float], None]
) -> Ranker:
    """A network that learned from all lessons; ``tell`` hears the mean loss of each epoch."""
    draws = stream("pretraining network", seed)
    torch.manual_seed(draw_seed(draws))
    shape = Shape(
        lessons.candidates.shape[1],
        lessons.classes.shape[1],
        lessons.neighbours.shape[2],
        lessons.state.shape[1],
        options.width,
        options.attends,
        options.compares,
    )
    network = Ranker(shape).to(device)
    for name, scaling in network.scaling.items():
        assert isinstance(scaling, Scaling)
        values = getattr(lessons, name)
        some = values[draws.choice(len(values), min(len(values), SCALED_BY), replace=False)].astype(np.float32)
        scaling.adopt(torch.from_numpy(some.reshape(-1, some.shape[-1])))
    batches = Batches(lessons, device)
    states = np.arange(len(lessons))
    steps = batches.per_epoch(states, options.batch) * options.epochs
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=options.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, total_steps=steps)
    for _ in range(options.epochs):
        losses = []
        for taught in batches.epoch(states, options.batch, options.candidates, draws):
            mean, sigma = network(taught.batch)
            loss = _loss(mean, sigma, taught, options.listwise)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        tell(float(np.mean(losses)))
    return network.eval()


def _loss(
    mean: Float[Tensor, "state candidate target"],
    sigma: Float[Tensor, "state candidate target"],
    taught: Taught,
    listwise: float,
) -> Float[Tensor, ""]:
    """Gaussian negative log likelihood, and the cross entropy of which candidates are best; where there is a target."""
    known = torch.isfinite(taught.worth)
    target = torch.where(known, taught.worth, 0.0).clamp(-6, 6)
    likelihood = 0.5 * ((target - mean) / sigma) ** 2 + sigma.log()
    likelihood = (likelihood * known).sum() / known.sum()
    least = torch.finfo(mean.dtype).min
    wanted = target.masked_fill(~known, least).softmax(dim=1)
    found = mean.masked_fill(~known, least).log_softmax(dim=1)
    order = -(torch.where(known, wanted * found, 0.0)).sum(dim=1)
    asked = known.any(dim=1)
    return likelihood + listwise * (order * asked).sum() / asked.sum()
