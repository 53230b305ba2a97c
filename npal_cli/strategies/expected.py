"""What a teacher expects: the task model's error at a point, and how much its label would improve the task model."""

from collections.abc import Sequence
from typing import final

import numpy as np

from npal_cli.strategies.base import AcquisitionState, others_as_worst
from npal_cli.strategies.expectations import Beliefs, Scores, standardised
from npal_cli.strategies.taught import TaughtStrategy


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
        return [self.expect.errors(state, each) for state, each in zip(states, beliefs, strict=True)]


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
        found = self.expect.improvements(states, beliefs)
        return [others_as_worst((q * each).sum(axis=1)) for q, each in zip(beliefs, found, strict=True)]


@final
class Blend(TaughtStrategy):
    """The weighted sum of expected error and expected improvement, each standardised over the points that both have.

    One looks for what is wrong now, the other at what a single label does about it. Of the candidates, the share
    ``left_out`` whose labels are expected to do most harm are not asked for, however wrong the task model is there:
    with few labels and a weighted SVM, one such label after another would wear it down.
    """

    name = "blend"
    label = "Blend"

    def scores(self, states: Sequence[AcquisitionState], beliefs: Sequence[Beliefs]) -> list[Scores]:
        """The sum for each candidate that is not left out; other points score as the worst of these."""
        result, options = [], self.expect.options
        found = self.expect.improvements(states, beliefs)
        for state, each, by_label in zip(states, beliefs, found, strict=True):
            improvement = (each * by_label).sum(axis=1)
            kept = improvement >= np.nanquantile(improvement, options.left_out)
            error, improvement = (np.where(kept, v, np.nan) for v in (self.expect.errors(state, each), improvement))
            result.append(others_as_worst(options.error_weight * standardised(error) + standardised(improvement)))
        return result
