"""A trained network, as it is kept: arrays without torch."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Weights = dict[str, np.ndarray]
"""Trained parameters by name; those of several networks on a leading axis."""


@dataclass(frozen=True)
class Network:
    """A trained network, or an ensemble of them, and what it needs to be used."""

    weights: Weights
    """Of the members, on the leading axis."""
    scale: float
    """What features are divided by before they enter the network."""
    loss: Float[np.ndarray, " epoch"]
    """Mean negative log likelihood (nats per target) of each epoch's batches, as they were trained on; and members."""
