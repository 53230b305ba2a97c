"""What refits with each candidate, under each label that it may have, say of a state."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from jaxtyping import Float, Int

from npal_cli.guidance.expectations import Beliefs, Expectations
from npal_cli.objectives import Objective, Scorer, scorer
from npal_cli.states import AcquisitionState

SOFT = Objective("soft_accuracy")
Features = Float[np.ndarray, "point feature"]
Targets = Float[np.ndarray, "point class"]
Changes = Float[np.ndarray, "candidate class"]


@dataclass(frozen=True)
class Evaluation:
    """Points that fits are scored on, and the probabilities of their classes."""

    features: Features
    targets: Targets

    def scorers(self, objective: Objective, weights: Float[np.ndarray, " class"]) -> list[Scorer]:
        """The objective, and soft accuracy, which every refit changes."""
        return [scorer(each, self.targets, weights) for each in (objective, SOFT)]


@dataclass(frozen=True)
class Trials:
    """What the label of each candidate would change, by the label."""

    tried: Int[np.ndarray, " candidate"]
    """Positions of the candidates in the pool."""
    seen: Int[np.ndarray, " seen"]
    """Positions of the pool points that the fits were scored on, besides the reward set."""
    hard: Changes
    """The expected improvement of the objective, where the teacher says what classes the points have."""
    soft: Changes
    """That of soft accuracy."""
    moved: Changes
    """How far, in total variation, the beliefs of the points move on average."""
    flipped: Changes
    """The share of them whose predicted class changes."""
    true_hard: Changes | None = None
    """The improvement of the objective on points whose class probabilities are known; while learning only."""
    true_soft: Changes | None = None


def try_candidates(
    expect: Expectations,
    states: Sequence[AcquisitionState],
    beliefs: Sequence[Beliefs],
    truths: Sequence[Evaluation] | None = None,
) -> list[Trials]:
    """Refit with each candidate under each label; each fit is also scored on the state's points of known truth."""
    from npal_cli.refit import Measure, refit_and_measure

    trials = [expect.trial(state, belief.probabilities) for state, belief in zip(states, beliefs, strict=True)]
    problems, measures = [], []
    for i, (state, trial) in enumerate(zip(states, trials, strict=True)):
        parts = [Evaluation(trial.problem.evaluation_features, trial.targets), *([] if truths is None else [truths[i]])]
        features = np.concatenate([each.features for each in parts])
        labels = np.concatenate([each.targets.argmax(axis=1) for each in parts])
        problems.append(replace(trial.problem, evaluation_features=features, evaluation_labels=labels))
        scorers = [each.scorers(expect.objective, state.class_weights) for each in parts]
        measure: Measure = partial(_measured, len(trial.targets), scorers)
        measures.append(measure)
    found = refit_and_measure(problems, measures, expect.classifier, expect.engine)
    result = []
    for values, trial in zip(found, trials, strict=True):
        changes = (values[:-1] - values[-1]).reshape(len(trial.tried), -1, values.shape[1])
        result.append(Trials(trial.tried, trial.seen, *np.moveaxis(changes, 2, 0)))
    return result


def _measured(
    size: int, scorers: Sequence[Sequence[Scorer]], predictions: Float[np.ndarray, "fit evaluation class"]
) -> Float[np.ndarray, "fit number"]:
    """Scores and movements of each fit; the first ``size`` points are the expected ones, the others of known truth."""
    expected = predictions[:, :size]
    apart = 0.5 * np.abs(expected - expected[-1]).sum(axis=2).mean(axis=1)
    winners = expected.argmax(axis=2)
    flipped = (winners != winners[-1]).mean(axis=1)
    first = [score(expected) for score in scorers[0]]
    others = [score(predictions[:, size:]) for part in scorers[1:] for score in part]
    return np.column_stack([*first, apart, flipped, *others])
