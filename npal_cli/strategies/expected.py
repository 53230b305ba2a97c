"""What a teacher expects: the task model's error at a point, and how much its label would improve the task model."""

from collections.abc import Sequence
from typing import final

import numpy as np

from npal_cli.strategies.base import AcquisitionState
from npal_cli.strategies.taught import Beliefs, Scores, TaughtStrategy


@final
class ExpectedError(TaughtStrategy):
    """The point at which the task model's expected class-weighted error is largest, without any refit.

    With q the teacher's class probabilities, k the class that the task model predicts and w the class weights this is
    ``sum_{y != k} w_y q_y(x)``; with a cost matrix ``sum_y q_y(x) cost[y, k]``. Where teacher and task model agree on
    what is uncertain this is uncertainty sampling; where they do not, it asks for what the task model has wrong.
    """

    name = "expected_error"
    label = "ExpErr"

    def scores(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scores]:
        """The expected error of each pool point."""
        return [self.errors(state, each) for state, each in zip(states, beliefs, strict=True)]


@final
class ExpectedImprovement(TaughtStrategy):
    """The point whose label is expected to improve the objective most: expected error reduction, with a teacher's help.

    The task model is refitted with each candidate under each label, and scored on pool points, whose class
    probabilities are the teacher's, and on the reward set, whose classes are known; the improvements under the labels
    are mixed by the teacher's probabilities of them.

    Source: Roy and McCallum (2001), *Toward optimal active learning through sampling estimation of error reduction*,
    where the task model itself says what labels to expect.
    """

    name = "eer"
    label = "EER"

    def scores(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scores]:
        """The expected improvement of each candidate; other points score as the worst of these."""
        return [others_as_worst(each) for each in self.improvements(states, beliefs)]


@final
class Blend(TaughtStrategy):
    """The sum of expected error and expected improvement, each standardised over the pool points that both have.

    One looks for what is wrong now, the other at what a single label does about it.
    """

    name = "blend"
    label = "Blend"

    def scores(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scores]:
        """The sum for each candidate; other points score as the worst of these."""
        result = []
        improvements = self.improvements(states, beliefs)
        for state, each, improvement in zip(states, beliefs, improvements, strict=True):
            error = np.where(np.isnan(improvement), np.nan, self.errors(state, each))
            result.append(others_as_worst(standardised(error) + standardised(improvement)))
        return result


def others_as_worst(values: Scores) -> Scores:
    """Scores of all pool points, where those that are NaN, for they were not tried, are no better than any other.

    >>> others_as_worst(np.array([1.0, 3.0, np.nan])).tolist()
    [1.0, 3.0, 1.0]
    """
    return np.where(np.isnan(values), np.nanmin(values), values)


def standardised(values: Scores) -> Scores:
    """Values with mean 0 and deviation 1; NaN stays, and equal values become 0.

    >>> standardised(np.array([1.0, 3.0, np.nan])).tolist()
    [-1.0, 1.0, nan]
    """
    deviation = np.nanstd(values)
    return np.asarray((values - np.nanmean(values)) / (deviation if deviation > 0 else 1.0))
