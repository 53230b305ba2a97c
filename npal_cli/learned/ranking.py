"""Scores of the candidates of a state, by networks that were learned once."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from npal_cli.learned.inputs import Inputs
from npal_cli.learned.network import TARGETS, Batch, Ranker


def rank(networks: Sequence[Ranker], inputs: Inputs) -> Float[np.ndarray, " candidate"]:
    """The mean, over networks and targets, of the standardised improvements that are predicted."""
    return np.asarray(predict(networks, inputs).mean(axis=1))


def predict(networks: Sequence[Ranker], inputs: Inputs) -> Float[np.ndarray, f"candidate {len(TARGETS)}"]:
    """The mean, over the networks, of what they predict of each target."""
    candidates, classes, neighbours, state = (
        torch.from_numpy(each)[None] for each in (inputs.candidates, inputs.classes, inputs.neighbours, inputs.state)
    )
    everywhere = torch.ones(candidates.shape[:2], dtype=torch.bool)
    batch = Batch(candidates, classes, neighbours, state, everywhere)
    with torch.inference_mode():
        found = torch.stack([network(batch)[0][0] for network in networks]).mean(dim=0)
    return np.asarray(found.numpy(), dtype=np.float64)
