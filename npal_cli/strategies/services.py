"""What a strategy can be made from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from npal_cli.classifiers.base import Classifier
from npal_cli.engine import Engine
from npal_cli.randomness import Run
from npal_cli.strategies.base import Variant
from npal_cli.strategies.parameters import Parameters

if TYPE_CHECKING:
    import npal_cli.guidance.expectations
    import npal_cli.neural_process.network

Networks = Callable[[Run, int], "npal_cli.neural_process.network.Network | None"]
"""Looks up a network that was trained earlier, for a run and a step."""


def no_networks(_run: Run, _step: int) -> None:
    """No network was trained earlier."""


@dataclass(frozen=True)
class Services:
    """What an experiment has to offer to its strategy."""

    classifier: Classifier
    """The task model."""
    parameters: Parameters = field(default_factory=Parameters)
    engine: Engine = field(default_factory=Engine)
    variant: Variant = "method"
    networks: Networks = no_networks

    @cached_property
    def expect(self) -> "npal_cli.guidance.expectations.Expectations":
        """What a teacher expects of the task model."""
        from npal_cli.guidance.expectations import Expectations

        shared = self.parameters.shared
        return Expectations(self.classifier, shared.teacher, shared.guided, shared.objective, self.engine)
