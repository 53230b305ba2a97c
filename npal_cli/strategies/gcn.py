"""Sequential graph convolutional networks: UncGCN and CoreGCN (Caramalau et al., 2021)."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple, final

import numpy as np
from annotated_types import Ge, Gt, Interval
from jaxtyping import Float

from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Choice, Strategy
from npal_cli.strategies.geometric import k_center_greedy
from npal_cli.strategies.looks import Look
from npal_cli.strategies.services import Services


@dataclass(frozen=True)
class GCNOptions:
    """How the graph network is trained; the defaults are the paper's (supplement B.1)."""

    epochs: Annotated[int, Interval(ge=1, le=10_000)] = 200
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    weight_decay: Annotated[float, Ge(0)] = 5e-4
    hidden: Annotated[int, Interval(ge=1, le=4_096)] = 128
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


class GraphStrategy(Strategy):
    """A graph of annotated and pool points, and a network that learns which of its nodes are labelled.

    Source: Caramalau, Bhattarai and Kim (2021), *Sequential graph convolutional network for active learning*, section
    3; supplement B.1.
    """

    subsamples = True
    Options = GCNOptions
    section = "gcn"

    def __init__(self, options: GCNOptions | None = None, device: str = "cpu") -> None:
        self._options = options or GCNOptions()
        self._device = device

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With the options of both, on the engine's device."""
        return cls(services.parameters.options, str(services.engine.torch_device()))

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Train a network for each run, and choose by it."""
        return [self._query(state, batch_size) for state in states]

    def _query(self, state: AcquisitionState, batch_size: int) -> Choice:
        represent, labelled = state.classifier.represent, len(state.annotated_labels)
        features = np.concatenate([represent(state.annotated_features), represent(state.pool_features)])
        from npal_cli.strategies.networks.graph import train_graph_network

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
    look = Look("#0F7878", "#D2FFC3", "cross", "dashed")

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
    look = Look("#1E785A", "#87B496", "cross", "dotted")

    def _choose(self, nodes: Nodes, labelled: int, batch_size: int, state: AcquisitionState) -> Choice:
        hidden = nodes.hidden[labelled:], nodes.hidden[:labelled]
        choice = k_center_greedy(*hidden, batch_size, state.random, state.candidates)
        return Choice(choice.chosen, choice.scores, nodes.loss)
