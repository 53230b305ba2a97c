"""The network that is learned once: an attentive conditional neural process over inputs that any table has.

As the paper's (section 5) it predicts a mean and a deviation of each candidate's improvement, and candidates attend to
annotated points. What differs is what makes one network fit all tables: points are told by how they lie to each other,
classes are pooled in whatever order and number, and candidates see the mean and the maximum of all that are compared.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from npal_cli.learned.inputs import BELIEVED, PREDICTED

TARGETS = ("hard", "soft", "later")
"""What is predicted: the improvement of the objective, of soft accuracy, of the objective once others are annotated."""
HEADS = 4
LEAST_SIGMA = 0.05


class Batch(NamedTuple):
    """States with equally many classes, filled up where they have fewer candidates."""

    candidates: Float[Tensor, "state candidate candidate_input"]
    classes: Float[Tensor, "state candidate class class_input"]
    neighbours: Float[Tensor, "state candidate neighbour neighbour_input"]
    state: Float[Tensor, "state state_input"]
    is_candidate: Bool[Tensor, "state candidate"]


@dataclass(frozen=True)
class Shape:
    """How many inputs there are of each kind, and how wide the network is."""

    candidates: int
    classes: int
    neighbours: int
    state: int
    width: int = 48
    attends: bool = True
    """Whether candidates attend to the annotated points."""
    compares: bool = True
    """Whether candidates see what all of them have in common."""


class Ranker(nn.Module):
    """Predicts standardised improvements of the candidates of states."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, wide = shape.width, 2 * shape.width
        self.scaling = nn.ModuleDict(
            {name: Scaling(getattr(shape, name)) for name in ("candidates", "classes", "neighbours", "state")}
        )
        self.classes = nn.Sequential(
            nn.Linear(shape.classes + shape.state, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.neighbours = nn.Sequential(nn.Linear(shape.neighbours, width), nn.ReLU())
        self.query = nn.Linear(shape.candidates, width)
        told = shape.candidates + shape.state + 3 * width + (width if shape.attends else 0)
        self.trunk = nn.Sequential(nn.Linear(told, wide), nn.ReLU(), nn.Linear(wide, wide), nn.ReLU())
        self.head = nn.Sequential(
            nn.Linear((3 if shape.compares else 1) * wide, wide), nn.ReLU(), nn.Linear(wide, 2 * len(TARGETS))
        )

    def forward(
        self, batch: Batch
    ) -> tuple[Float[Tensor, "state candidate target"], Float[Tensor, "state candidate target"]]:
        """Means and deviations; of what is filled up they are meaningless."""
        candidates, classes = self.scaling["candidates"](batch.candidates), self.scaling["classes"](batch.classes)
        state = self.scaling["state"](batch.state)
        own = state[:, None].expand(-1, candidates.shape[1], -1)
        of_class = own[:, :, None].expand(-1, -1, classes.shape[2], -1)
        values = self.classes(torch.cat([classes, of_class], dim=-1))
        believed, predicted = (batch.classes[..., [which]] for which in (BELIEVED, PREDICTED))
        told = [candidates, own, (believed * values).sum(dim=2), (predicted * values).sum(dim=2)]
        told.append(values.mean(dim=2))
        if self.shape.attends:
            told.append(self._attended(candidates, batch.neighbours))
        hidden = self.trunk(torch.cat(told, dim=-1))
        if self.shape.compares:
            there = batch.is_candidate[..., None]
            mean = (hidden * there).sum(dim=1, keepdim=True) / there.sum(dim=1, keepdim=True)
            largest = (hidden * there).amax(dim=1, keepdim=True)  # hidden values are never negative
            hidden = torch.cat([hidden, mean.expand_as(hidden), largest.expand_as(hidden)], dim=-1)
        means, raw = self.head(hidden).chunk(2, dim=-1)
        return means, LEAST_SIGMA + nn.functional.softplus(raw)

    def _attended(
        self,
        candidates: Float[Tensor, "state candidate candidate_input"],
        given: Float[Tensor, "state candidate neighbour neighbour_input"],
    ) -> Float[Tensor, "state candidate width"]:
        """What each candidate finds at the annotated points near it, by dot products, in :data:`HEADS` ways."""
        values = self.neighbours(self.scaling["neighbours"](given)).unflatten(-1, (HEADS, -1))
        query = self.query(candidates).unflatten(-1, (HEADS, -1))
        logits = torch.einsum("bmnhw,bmhw->bmnh", values, query) / values.shape[-1] ** 0.5
        logits = logits.masked_fill(given[..., [0]] == 0, -torch.inf)  # the first input says that there is one
        return torch.einsum("bmnh,bmnhw->bmhw", logits.softmax(dim=2), values).flatten(-2)


class Scaling(nn.Module):
    """Subtracts the mean and divides by the deviation that inputs have where it learned."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))

    def adopt(self, values: Float[Tensor, "row input"]) -> None:
        """Take mean and deviation from these; what hardly varies is not blown up."""
        self.mean.copy_(values.mean(dim=0))
        self.deviation.copy_(values.std(dim=0).clamp(min=1e-3))

    def forward(self, values: Float[Tensor, "*_ input"]) -> Float[Tensor, "*_ input"]:
        """Never beyond 8 deviations, however unlike what it learned from."""
        return ((values - self.mean) / self.deviation).clamp(-8, 8)
