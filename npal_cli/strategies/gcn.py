"""Sequential graph convolutional networks: UncGCN and CoreGCN (Caramalau et al., 2021)."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple, final

import numpy as np
import torch
from annotated_types import Ge, Gt, Interval
from jaxtyping import Float
from torch import Tensor, nn

from npal_cli.randomness import draw_seed
from npal_cli.strategies.base import AcquisitionState, Choice, Strategy
from npal_cli.strategies.geometric import k_center_greedy
from npal_cli.strategies.services import Services


@dataclass(frozen=True)
class GCNOptions:
    """How the graph network is trained; the defaults are the paper's (supplement B.1)."""

    epochs: Annotated[int, Ge(1)] = 200
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    weight_decay: Annotated[float, Ge(0)] = 5e-4
    hidden: Annotated[int, Ge(1)] = 128
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.3
    unlabelled_weight: Annotated[float, Gt(0)] = 1.2
    """lambda: the weight of the unlabelled nodes in the loss."""
    margin: Annotated[float, Interval(ge=0, le=1)] = 0.1
    """s_margin of UncGCN."""


class Nodes(NamedTuple):
    """What the trained network makes of the nodes, numbered as they were given: annotated points, then the pool."""

    labelled: Float[np.ndarray, " node"]
    """How confident it is that a node is labelled."""
    hidden: Float[np.ndarray, "node hidden"]
    """The output of the first layer."""
    loss: Float[np.ndarray, " epoch"]


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
    device: torch.device,
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


class GraphStrategy(Strategy):
    """A graph of annotated and pool points, and a network that learns which of its nodes are labelled.

    Source: Caramalau, Bhattarai and Kim (2021), *Sequential graph convolutional network for active learning*, section
    3; supplement B.1.
    """

    subsamples = True
    Options = GCNOptions
    section = "gcn"

    def __init__(self, options: GCNOptions | None = None, device: torch.device | None = None) -> None:
        self._options = options or GCNOptions()
        self._device = device or torch.device("cpu")

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With the options of both, on the engine's device."""
        return cls(services.parameters.options, services.engine.torch_device())

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Train a network for each run, and choose by it."""
        return [self._query(state, batch_size) for state in states]

    def _query(self, state: AcquisitionState, batch_size: int) -> Choice:
        represent, labelled = state.classifier.represent, len(state.annotated_labels)
        features = np.concatenate([represent(state.annotated_features), represent(state.pool_features)])
        nodes = train_graph_network(features, labelled, self._options, state.random, self._device)
        return self._choose(nodes, labelled, batch_size, state)

    @abstractmethod
    def _choose(self, nodes: Nodes, labelled: int, batch_size: int, state: AcquisitionState) -> Choice:
        """Choose among the nodes from ``labelled`` on."""


@final
class UncertainGCN(GraphStrategy):
    """The nodes whose confidence of being labelled is nearest to a margin (equation 8 there)."""

    name = "uncgcn"
    label = "UncGCN"
    order = 18
    colour = "#66C2A5"

    def _choose(self, nodes: Nodes, labelled: int, batch_size: int, state: AcquisitionState) -> Choice:
        scores = -np.abs(nodes.labelled[labelled:] - self._options.margin)
        return Choice(state.best(scores, batch_size), scores, nodes.loss)


@final
class CoreGCN(GraphStrategy):
    """K-center greedy on what the network's first layer makes of the nodes (supplement B.1).

    (The published code of Caramalau et al. takes the features that enter the graph instead.)
    """

    name = "coregcn"
    label = "CoreGCN"
    order = 19
    colour = "#1B6B52"

    def _choose(self, nodes: Nodes, labelled: int, batch_size: int, state: AcquisitionState) -> Choice:
        hidden = nodes.hidden[labelled:], nodes.hidden[:labelled]
        choice = k_center_greedy(*hidden, batch_size, state.random, state.candidates)
        return Choice(choice.chosen, choice.scores, nodes.loss)
