"""Predicting with a trained network."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from npal_cli.neural_process.model import AttentiveCNP, Shape
from npal_cli.neural_process.network import Network
from npal_cli.neural_process.options import ModelOptions

TARGETS_AT_ONCE = 65_536
"""Targets scored in one pass: bounds the memory of scoring a large pool to some tens of MiB."""


@dataclass(frozen=True)
class Question:
    """What a network is told of a problem and of the points whose improvement is asked for; features are unscaled."""

    context: Float[np.ndarray, "context feature"]
    context_labels: Float[np.ndarray, "context channel"]
    targets: Float[np.ndarray, "target feature"]
    inputs: Float[np.ndarray, "target input"]


def predict(
    network: Network, shape: Shape, options: ModelOptions, question: Question, device: torch.device
) -> tuple[Float[np.ndarray, " target"], Float[np.ndarray, " target"]]:
    """Predicted mean and standard deviation of the improvement of each target."""
    model = AttentiveCNP(shape, options, torch.Generator())
    model.load_state_dict({name: torch.as_tensor(value) for name, value in network.weights.items()})
    model.to(device).eval()

    def tensor(values: np.ndarray) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=device).unsqueeze(0)

    means, sigmas = [np.empty(0)], [np.empty(0)]
    with torch.inference_mode():
        context = tensor(question.context / network.scale), tensor(question.context_labels)
        for start in range(0, len(question.targets), TARGETS_AT_ONCE):
            block = slice(start, start + TARGETS_AT_ONCE)
            targets = tensor(question.targets[block] / network.scale)
            mean, sigma = model(*context, targets, tensor(question.inputs[block]))
            means.append(mean.squeeze(0).double().cpu().numpy())
            sigmas.append(sigma.squeeze(0).double().cpu().numpy())
    return np.concatenate(means), np.concatenate(sigmas)
