"""A trained network, as it is kept: arrays without torch."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Weights = dict[str, np.ndarray]
"""Trained parameters by name."""


@dataclass(frozen=True)
class Network:
    """A trained network, and what it needs to be used."""

    weights: Weights
    scale: float
    """What features are divided by before they enter the network."""
    loss: Float[np.ndarray, " epoch"]
    """Mean negative log likelihood (nats per target) of each epoch's batches, as they were trained on."""
