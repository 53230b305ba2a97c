"""A graph of annotated and pool points, and the network that learns which of its nodes are labelled."""

from typing import final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from npal_cli.randomness import draw_seed
from npal_cli.strategies.gcn import GCNOptions, Nodes


@final
class GraphNetwork(nn.Module):
    """Two graph convolutions: ``f = sigmoid(A dropout(relu(A X W0 + b0)) W1 + b1)``."""

    def __init__(self, features: int, options: GCNOptions) -> None:
        super().__init__()
        self.first = nn.Linear(features, options.hidden)
        self.second = nn.Linear(options.hidden, 1)
        self._dropout = options.dropout

    def hidden(self, graph: "Graph", nodes: Float[Tensor, "node feature"]) -> Float[Tensor, "node hidden"]:
        """The output of the first layer."""
        return torch.relu(self.first(graph.gather(nodes)))

    def forward(
        self, graph: "Graph", nodes: Float[Tensor, "node feature"], generator: torch.Generator | None = None
    ) -> Float[Tensor, " node"]:
        """The logit of being labelled; drops hidden units with the draws of ``generator`` if there is one."""
        hidden = self.hidden(graph, nodes)
        if generator is not None:
            keep = torch.rand(hidden.shape, generator=generator) >= self._dropout
            hidden = hidden * keep.to(hidden.device) / (1 - self._dropout)
        logits: Tensor = self.second(graph.gather(hidden))
        return logits.squeeze(1)


@final
class Graph:
    """All pairs of nodes, joined by the cosine of their angle: ``A = D^-1 (S - I) + I`` with ``S = F F^T``.

    ``F`` holds the nodes' features, each row of length 1, and ``D`` the row sums of ``S - I``. ``A X`` is computed
    through the factors of ``S``, in O(node) time and memory; ``A`` itself would be node x node.
    """

    def __init__(self, features: Float[Tensor, "node feature"]) -> None:
        self.nodes = nn.functional.normalize(features)
        """The rows of ``F``: what enters the network too."""
        self._own = self.nodes.square().sum(dim=1, keepdim=True)
        degree = self.nodes @ self.nodes.sum(dim=0)[:, None] - self._own
        self._degree = torch.where(degree.abs() < 1e-6, 1.0, degree)

    def gather(self, values: Float[Tensor, "node value"]) -> Float[Tensor, "node value"]:
        """``A values``."""
        others = self.nodes @ (self.nodes.T @ values) - self._own * values
        return others / self._degree + values


def train_graph_network(
    features: Float[np.ndarray, "node feature"],
    labelled: int,
    options: GCNOptions,
    random: np.random.Generator,
    device: str,
) -> Nodes:
    """Train on all nodes, of which the first ``labelled`` are labelled.

    The loss is ``-mean_l log f(l) - lambda mean_u log(1 - f(u))`` over labelled nodes l and unlabelled nodes u.
    """
    graph = Graph(torch.as_tensor(features, dtype=torch.float32, device=device))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(draw_seed(random))
        network = GraphNetwork(features.shape[1], options)
    network.to(device)
    generator = torch.Generator().manual_seed(draw_seed(random))
    optimiser = torch.optim.Adam(network.parameters(), options.learning_rate, weight_decay=options.weight_decay)
    losses = []
    for _ in range(options.epochs):
        logits = network(graph, graph.nodes, generator)
        loss = nn.functional.softplus(-logits[:labelled]).mean()
        loss = loss + options.unlabelled_weight * nn.functional.softplus(logits[labelled:]).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    with torch.inference_mode():
        confidence, hidden = network(graph, graph.nodes).sigmoid(), network.hidden(graph, graph.nodes)
    history = torch.stack(losses).double().cpu().numpy()
    return Nodes(confidence.double().cpu().numpy(), hidden.cpu().numpy(), history)
