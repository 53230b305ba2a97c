"""A strategy that was learned once, from problems without end, and takes every table as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from npal_cli.guidance.expectations import Beliefs, Expectations
from npal_cli.learned.weights import OWN, digest, read
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Strategy, check_tried, others_as_worst
from npal_cli.strategies.guided import GuidedStrategy, Scored
from npal_cli.strategies.looks import Look
from npal_cli.strategies.parameters import Parameters, Task
from npal_cli.strategies.services import Services


@dataclass(frozen=True)
class PretrainedOptions:
    """Which network ranks."""

    weights: str = OWN
    """``npal`` for the one of the package, or a file that ``npal pretrain`` wrote."""


@final
class Pretrained(GuidedStrategy):
    """The point that a network ranks first, which was trained once on the true improvements of drawn problems.

    It is told what task model and teacher believe, what refits with each candidate under each label change, how the
    points lie to each other, the class weights and the objective; nothing is trained when it chooses, and no label is
    set aside. See ``docs/concepts/pretrained.md``.
    """

    name = "np_pretrained"
    label = "NP pretrained"
    order = 102
    look = Look("#00003C", "#009600", "star", "solid")
    Options = PretrainedOptions

    def __init__(self, expect: Expectations, options: PretrainedOptions | None = None) -> None:
        super().__init__(expect)
        self._options = options or PretrainedOptions()

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With the services' teacher and refits."""
        return cls(services.expect, services.parameters.options)

    @classmethod
    def parameters(cls, given: Parameters) -> dict[str, Any]:
        """As of others, and what tells these weights from others."""
        found = super().parameters(given)
        return found | {cls.section: found[cls.section] | {"digest": digest(given.options.weights)}}

    @classmethod
    def check(cls, task: Task, given: Parameters) -> None:
        """Refuse weights that cannot be read, and a batch of more points than are tried by refitting."""
        digest(given.options.weights)
        if given.shared.guided.batches == "top":
            check_tried(task.name, given.shared.guided.candidates, task.batch_size, "guided.candidates")

    def score(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scored]:
        """The network's score of each candidate; other points score as the worst of these."""
        from npal_cli.learned.inputs import describe
        from npal_cli.learned.ranking import rank  # torch is slow to import

        networks = read(self._options.weights).networks
        result = []
        for described, belief in zip(describe(self.expect, states, beliefs), beliefs, strict=True):
            pool, tried = len(belief.probabilities), described.trials.tried
            parts = {
                "score": rank(networks, described.inputs),
                "expected_error": described.errors,
                "expected_gain": described.gains,
            }
            spread = {name: np.full(pool, np.nan) for name in parts}
            for name, values in parts.items():
                spread[name][tried] = values
            result.append(Scored(others_as_worst(spread.pop("score")), spread))
        return result
