"""The variational autoencoder and the discriminator of VAAL, in training."""

from collections.abc import Iterator
from itertools import pairwise
from typing import final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from npal_cli.classifiers.resnet18.images import Channels
from npal_cli.randomness import draw_seed
from npal_cli.strategies.vaal import VAALOptions

Images = UInt8[np.ndarray, "_image channel height width"]

SIZE = 32
"""Pixels of a side: smaller images get a black border."""
ENCODED_AT_ONCE = 1000


@final
class Autoencoder(nn.Module):
    """A variational autoencoder of four convolutions and their mirror images, for images of 32 x 32 pixels."""

    def __init__(self, channels: int, options: VAALOptions) -> None:
        super().__init__()
        widths = [options.width * factor for factor in (1, 2, 4, 8)]
        down = [channels, *widths]
        up = [*reversed(widths), channels]
        self._shape = (widths[-1], 2, 2)
        code = widths[-1] * 4
        self.encoder = nn.Sequential(*(_down(*pair) for pair in zip(down, widths, strict=False)), nn.Flatten())
        self.mean = nn.Linear(code, options.latent)
        self.log_variance = nn.Linear(code, options.latent)
        self.to_code = nn.Linear(options.latent, code)
        self.decoder = nn.Sequential(
            *(_up(*pair) for pair in pairwise(up[:-1])), nn.ConvTranspose2d(up[-2], channels, 4, 2, 1)
        )

    def encode(self, images: Tensor) -> tuple[Float[Tensor, "image latent"], Float[Tensor, "image latent"]]:
        """Mean and log variance of the code of each image."""
        hidden = self.encoder(images)
        return self.mean(hidden), self.log_variance(hidden)

    def decode(self, codes: Float[Tensor, "image latent"]) -> Tensor:
        """The images of some codes."""
        images: Tensor = self.decoder(self.to_code(codes).unflatten(1, self._shape))
        return images


class Discriminator(nn.Sequential):
    """Says of a code whether it is of a labelled image: the logit of it."""

    def __init__(self, latent: int) -> None:
        super().__init__(
            nn.Linear(latent, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 1), nn.Flatten(0)
        )


def train_and_ask(
    annotated: Images,
    pool: Images,
    options: VAALOptions,
    device: str,
    random: np.random.Generator,
) -> tuple[Float[np.ndarray, " pool"], Float[np.ndarray, " epoch"]]:
    """How much a discriminator trained anew takes each pool image for a labelled one, and the loss of each epoch."""
    channels, where = Channels.of(np.concatenate([annotated, pool])), torch.device(device)
    labelled, unlabelled = (
        channels.normalise(_bordered(torch.as_tensor(images, device=where))) for images in (annotated, pool)
    )
    training = Training(labelled.shape[1], options, where, random)
    losses = [training.epoch(labelled, unlabelled) for _ in range(options.epochs)]
    return training.labelled_logits(unlabelled), torch.stack(losses).double().cpu().numpy()


class Training:
    """Autoencoder and discriminator in training."""

    def __init__(self, channels: int, options: VAALOptions, device: torch.device, random: np.random.Generator) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(draw_seed(random))
            self._autoencoder = Autoencoder(channels, options)
            self._discriminator = Discriminator(options.latent)
        self._options = options
        self._device = device
        self._generator = torch.Generator().manual_seed(draw_seed(random))
        rate = options.learning_rate
        self._autoencoder_step = torch.optim.Adam(self._autoencoder.to(device).parameters(), rate)
        self._discriminator_step = torch.optim.Adam(self._discriminator.to(device).parameters(), rate)

    def epoch(self, labelled: Tensor, unlabelled: Tensor) -> Float[Tensor, ""]:
        """One pass over the larger set, the smaller one repeated; returns the mean loss of the autoencoder."""
        size = self._options.batch_size
        batches = -(-max(len(labelled), len(unlabelled)) // size)
        orders = self._order(len(labelled), batches), self._order(len(unlabelled), batches)
        total = torch.zeros((), device=self._device)
        for one, other in zip(*orders, strict=True):
            images = torch.cat(
                [labelled[one], unlabelled[other]]
            )  # normalised together: else each set has its own scale
            for _ in range(self._options.autoencoder_steps):
                loss = self._autoencoder_loss(images)
                _step(self._autoencoder_step, loss)
            _step(self._discriminator_step, self._discriminator_loss(images, len(one)))
            total += loss.detach() / batches
        return total

    def labelled_logits(self, images: Tensor) -> Float[np.ndarray, " image"]:
        """How much each image is taken for a labelled one, by the mean of its code."""
        self._autoencoder.eval()
        with torch.inference_mode():
            logits = [
                self._discriminator(self._autoencoder.encode(batch)[0]) for batch in images.split(ENCODED_AT_ONCE)
            ]
        return np.asarray(torch.cat(logits).double().cpu().numpy())

    def _order(self, count: int, batches: int) -> Iterator[Tensor]:
        """So many batches of positions, in random order, begun anew as often as it takes."""
        size = min(self._options.batch_size, count)
        rounds = -(-batches * size // count)
        order = torch.cat([torch.randperm(count, generator=self._generator) for _ in range(rounds)])
        return iter(order[: batches * size].to(self._device).split(size))

    def _autoencoder_loss(self, images: Tensor) -> Float[Tensor, ""]:
        mean, log_variance = self._autoencoder.encode(images)
        noise = torch.randn(mean.shape, generator=self._generator).to(self._device)
        decoded = self._autoencoder.decode(mean + (0.5 * log_variance).exp() * noise)
        divergence = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum() / len(images)
        fooled = nn.functional.softplus(-self._discriminator(mean)).mean()
        error = 0.5 * (decoded - images).square().sum() / len(images)
        return error + self._options.beta * divergence + self._options.adversarial_weight * fooled

    def _discriminator_loss(self, images: Tensor, labelled: int) -> Float[Tensor, ""]:
        with torch.no_grad():
            codes = self._autoencoder.encode(images)[0]
        logits = self._discriminator(codes)
        known, unknown = logits[:labelled], logits[labelled:]
        return nn.functional.softplus(-known).mean() + nn.functional.softplus(unknown).mean()


def _step(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def _bordered(images: Tensor) -> Tensor:
    height, width = images.shape[2:]
    top_rows, left = (SIZE - height) // 2, (SIZE - width) // 2
    return nn.functional.pad(images, (left, SIZE - width - left, top_rows, SIZE - height - top_rows))


def _down(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def _up(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
