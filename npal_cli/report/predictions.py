"""How good predicted improvements are: beside the true ones, in rank, and in what their uncertainty promises."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import norm, rankdata, sem

from npal_cli.randomness import stream
from npal_cli.records import AcquiredRecord

LEVELS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
BINS = 10
POINTS_SHOWN = 300


@dataclass(frozen=True)
class Calibration:
    """Predicted against true improvements of pool points on the reward set, over all runs and steps."""

    points: Float[np.ndarray, "point 2"]
    """Predicted and true improvement of some of them."""
    bins: Float[np.ndarray, "bin 3"]
    """Mean predicted and mean true improvement, and the latter's standard error, of equally many points each."""
    observed: Float[np.ndarray, " level"]
    """The share of true improvements within the central interval of each of :data:`LEVELS`."""
    rank_correlation: float
    """Spearman's, of the points of one run and step, mean over these; NaN where one side is constant everywhere."""
    error: float
    """The root of the mean squared error ..."""
    spread: float
    """... and the deviation of the true improvements, which the best constant prediction has for error."""
    count: int


def calibration(record: AcquiredRecord) -> Calibration | None:
    """How good the predictions of one strategy are; None if it predicts nothing."""
    if not record.checked.size:
        return None
    predicted, sigma, true = (values.ravel() for values in (record.predicted, record.sigma, record.improvement))
    order = np.array_split(np.argsort(predicted, kind="stable"), BINS)
    bins = [[predicted[part].mean(), true[part].mean(), sem(true[part])] for part in order if len(part) > 1]
    half_widths = norm.ppf((1 + LEVELS) / 2)[:, None] * sigma
    shown = stream("predictions shown").choice(len(true), size=min(POINTS_SHOWN, len(true)), replace=False)
    return Calibration(
        points=np.stack([predicted, true], axis=1)[np.sort(shown)],
        bins=np.array(bins),
        observed=(np.abs(true - predicted) <= half_widths).mean(axis=1),
        rank_correlation=_rank_correlation(record.predicted, record.improvement),
        error=float(np.sqrt(np.square(true - predicted).mean())),
        spread=float(true.std()),
        count=len(true),
    )


def _rank_correlation(
    predicted: Float[np.ndarray, "run step point"], true: Float[np.ndarray, "run step point"]
) -> float:
    ranks = [rankdata(values, axis=2) for values in (predicted, true)]
    one, other = (values - values.mean(axis=2, keepdims=True) for values in ranks)
    scale = np.sqrt(np.square(one).sum(axis=2) * np.square(other).sum(axis=2))
    defined = scale > 0
    return float(((one * other).sum(axis=2)[defined] / scale[defined]).mean()) if defined.any() else float("nan")
