"""What a teacher expects: the task model's error at a point, and how much its label would improve the task model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, final

import numpy as np
from annotated_types import Ge, Interval

from npal_cli.guidance.expectations import Beliefs, Expectations, Scores, standardised
from npal_cli.states import AcquisitionState
from npal_cli.strategies.base import Strategy, check_tried, others_as_worst
from npal_cli.strategies.guided import GuidedStrategy, Scored
from npal_cli.strategies.looks import Look
from npal_cli.strategies.parameters import Parameters, Task
from npal_cli.strategies.services import Services


@final
class ExpectedError(GuidedStrategy):
    """The point at which the task model's expected class-weighted error is largest, without any refit.

    With q the teacher's class probabilities, k the class that the task model predicts and w the class weights this is
    ``sum_{y != k} w_y q_y(x)``; with a cost matrix ``sum_y q_y(x) cost[y, k]``. Where teacher and task model agree on
    what is uncertain this is uncertainty sampling; where they do not, it asks for what the task model has wrong.
    """

    name = "expected_error"
    label = "ExpErr"
    order = 120
    look = Look("#4B002D", "#E187D2", "triangle-down", "solid")

    def score(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scored]:
        """The expected error of each pool point."""
        errors = [self.expect.errors(state, each.probabilities) for state, each in zip(states, beliefs, strict=True)]
        return [Scored(each, {"expected_error": each}) for each in errors]


@final
class ExpectedImprovement(GuidedStrategy):
    """The point whose label is expected to improve the objective most: expected error reduction, with a teacher's help.

    The task model is refitted with each candidate under each label, and scored on pool points, whose class
    probabilities are the teacher's, and on the reward set, whose classes are known; the improvements under the labels
    are mixed by the teacher's probabilities of them.

    Source: Roy and McCallum (2001), *Toward optimal active learning through sampling estimation of error reduction*,
    where the task model itself says what labels to expect.
    """

    name = "eer"
    label = "EER"
    order = 121
    look = Look("#003C00", "#0F963C", "triangle-up", "dotted")

    @classmethod
    def check(cls, task: Task, given: Parameters) -> None:
        """Refuse a batch of more points than are tried by refitting."""
        if given.shared.guided.batches == "top":
            check_tried(task.name, given.shared.guided.candidates, task.batch_size, "guided.candidates")

    def score(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scored]:
        """The expected improvement of each candidate; other points score as the worst of these."""
        probabilities = [each.probabilities for each in beliefs]
        found = self.expect.improvements(states, probabilities)
        gains = [(q * each).sum(axis=1) for q, each in zip(probabilities, found, strict=True)]
        return [Scored(others_as_worst(each), {"expected_gain": each}) for each in gains]


@dataclass(frozen=True)
class BlendOptions:
    """How expected error and expected improvement are blended."""

    error_weight: Annotated[float, Ge(0)] = 1.0
    """What the expected error weighs beside the expected improvement."""
    excluded_share: Annotated[float, Interval(ge=0, lt=1)] = 0.1
    """The share of the candidates, of the least expected improvement, that are not chosen."""


@final
class Blend(GuidedStrategy):
    """The weighted sum of expected error and expected improvement, each standardised over the points that both have.

    One looks for what is wrong now, the other at what a single label does about it. The ``excluded_share``
    of the candidates whose labels are expected to do most harm is not asked for, however wrong the task model is there:
    with few labels and a weighted SVM, one such label after another would wear it down.
    """

    name = "blend"
    label = "Blend"
    order = 122
    look = Look("#E14B87", "#D23C69", "circle", "solid")
    Options = BlendOptions

    def __init__(self, expect: Expectations, options: BlendOptions | None = None) -> None:
        super().__init__(expect)
        self._options = options or BlendOptions()

    @classmethod
    def make(cls, services: Services) -> Strategy:
        """With the services' teacher and refits."""
        return cls(services.expect, services.parameters.options)

    @classmethod
    def check(cls, task: Task, given: Parameters) -> None:
        """Refuse a batch of more points than are tried by refitting and not excluded."""
        candidates = given.shared.guided.candidates
        if candidates is not None and given.shared.guided.batches == "top":
            tried = int(candidates * (1 - given.options.excluded_share))
            check_tried(task.name, tried, task.batch_size, "guided.candidates")

    def score(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scored]:
        """The sum for each candidate that is not excluded; other points score as the worst of these."""
        result = []
        probabilities = [each.probabilities for each in beliefs]
        found = self.expect.improvements(states, probabilities)
        for state, each, by_label in zip(states, probabilities, found, strict=True):
            errors, gains = self.expect.errors(state, each), (each * by_label).sum(axis=1)
            reasons = {"expected_error": errors, "expected_gain": gains}
            result.append(Scored(blended(errors, gains, self._options), reasons))
        return result


def blended(errors: Scores, gains: Scores, options: BlendOptions) -> Scores:
    """What Blend makes of expected errors and expected improvements, which are NaN where they were not computed."""
    kept = gains >= np.nanquantile(gains, options.excluded_share)
    error, gain = (np.where(kept, values, np.nan) for values in (errors, gains))
    return others_as_worst(options.error_weight * standardised(error) + standardised(gain))
