"""Variational adversarial active learning (Sinha et al., 2019)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, final

from annotated_types import Ge, Gt, Interval

from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy
from npal_cli.strategies.looks import Look
from npal_cli.strategies.services import Services


@dataclass(frozen=True)
class VAALOptions:
    """How autoencoder and discriminator are trained; the defaults are the paper's (supplement B.1)."""

    epochs: Annotated[int, Interval(ge=1, le=10_000)] = 100
    batch_size: Annotated[int, Interval(ge=1, le=1_000_000)] = 128
    learning_rate: Annotated[float, Gt(0)] = 5e-4
    beta: Annotated[float, Ge(0)] = 1.0
    """The weight of the divergence from the prior."""
    adversarial_weight: Annotated[float, Ge(0)] = 1.0
    autoencoder_steps: Annotated[int, Interval(ge=1, le=100)] = 2
    """Steps of the autoencoder to one of the discriminator."""
    width: Annotated[int, Interval(ge=1, le=4_096)] = 128
    """Channels of the first convolution."""
    latent: Annotated[int, Interval(ge=1, le=4_096)] = 32


@final
class VAAL(Strategy):
    """The images that a discriminator takes least for labelled ones, by their codes in a variational autoencoder.

    The autoencoder maximises the evidence lower bound of labelled and unlabelled images, in nats per image (pixels are
    normal, with deviation 1), and tries to have the codes of both taken for labelled; the discriminator tries to tell
    them apart. (Measured per pixel instead, the bound is so small beside the other term that codes say nothing.)

    Source: Sinha, Ebrahimi and Darrell (2019), *Variational adversarial active learning*, equations 1 to 5; B.1.
    """

    name = "vaal"
    label = "VAAL"
    order = 17
    look = Look("#4B4BB4", "#8769D2", "triangle-right", "dotted")
    Options = VAALOptions
    needs = frozenset(("images",))
    subsamples = True

    def __init__(self, options: VAALOptions | None = None, device: str = "cpu") -> None:
        self._options = options or VAALOptions()
        self._device = device

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With its own options, on the engine's device."""
        return cls(services.parameters.options, str(services.engine.torch_device()))

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Train anew in each run, and choose what looks least labelled."""
        return [self._query(state, batch_size) for state in states]

    def _query(self, state: AcquisitionState, batch_size: int) -> Choice:
        from npal_cli.strategies.networks.vae import train_and_ask

        known = state.annotated_features, state.pool_features
        logits, losses = train_and_ask(*known, self._options, self._device, state.random)
        return Choice(state.best(-logits, batch_size), -logits, losses)
