"""What the page's plots of one experiment are drawn from: means and errors, rounded, in nested lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import stdtr
from scipy.stats import sem

from npal_cli.report.choices import map_of, rare_share, rare_share_of_pool
from npal_cli.report.names import colour_of, is_aside, is_competitor, label_of, position_of
from npal_cli.report.predictions import LEVELS, calibration
from npal_cli.report.results import AL_AVERAGE, EVALUATIONS, QUANTITIES, Evaluation, ExperimentResults
from npal_cli.report.statistics import FEWEST_RUNS, auac_ranks, holm, runs_needed

Json = dict[str, Any]


def experiment_payload(result: ExperimentResults) -> Json:
    """All that the plots of an experiment show. Axes: ``[evaluation][quantity][baseline][strategy][step]``."""
    names = sorted(result.acquired, key=position_of)
    lines = [*names, *([AL_AVERAGE] if result.common_runs(result.hand_made) else [])]
    return {
        "strategies": [_strategy(name) for name in names],
        "baselines": [_strategy(name) for name in lines],
        **_curves(result, names, lines),
        "ranks": {evaluation: _ranks(result, names, evaluation) for evaluation in EVALUATIONS},
        "loss": {
            name: rounded(record.loss.mean(axis=0)) for name, record in result.acquired.items() if record.loss.size
        },
        "predictions": _predictions(result, names),
        "balance": {name: rounded(rare_share(result, name)) for name in names},
        "pool": rounded(rare_share_of_pool(result)),
        "map": _map(result),
    }


def rounded(values: Any, digits: int = 4) -> Any:
    """Numbers or arrays as JSON has them: rounded, in lists, null where undefined.

    >>> rounded(np.array([0.123456, np.nan]))
    [0.1235, None]
    """
    array = np.round(np.asarray(values, dtype=np.float64), digits) + 0.0  # no minus before a zero
    if np.isfinite(array).all():
        return array.tolist()
    values = np.full(array.shape, None, dtype=object)
    np.copyto(values, array, where=np.isfinite(array))
    return values.tolist()


def _strategy(name: str) -> Json:
    if name == AL_AVERAGE:
        return {"name": name, "label": "AL average", "colour": "#444444", "dash": "dashed", "competitor": False}
    return {
        "name": name,
        "label": label_of(name),
        "colour": colour_of(name),
        "dash": "dashed" if is_aside(name) else "solid",
        "competitor": is_competitor(name),
    }


@dataclass(frozen=True)
class _Lines:
    """The curves of one strategy or of the AL average, and where each of its runs is."""

    values: np.ndarray
    """(run, evaluation, quantity, state)"""
    where: dict[Any, int]


def _curves(result: ExperimentResults, names: Sequence[str], lines: Sequence[str]) -> Json:
    """Level of each strategy, and difference to each baseline over the runs that both have, with standard errors."""
    every = {name: _lines(result, name) for name in lines}
    differences = {pair: _difference(every[pair[0]], every[pair[1]]) for pair in combinations(lines, 2)}
    one = next(iter(every.values())).values[0]
    same = np.zeros_like(one), np.zeros_like(one), 0
    shape = (len(lines), len(names), *one.shape)
    mean, error, runs = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape[:2], dtype=int)
    for i, baseline in enumerate(lines):
        for j, name in enumerate(names):
            if (name, baseline) in differences:
                mean[i, j], error[i, j], runs[i, j] = differences[name, baseline]
            elif (baseline, name) in differences:
                less, error[i, j], runs[i, j] = differences[baseline, name]
                mean[i, j] = -less
            else:
                mean[i, j], error[i, j], runs[i, j] = same
    levels = [_mean_and_error(every[name].values) for name in names]
    return {
        "levels": _by_evaluation(np.stack([mean for mean, _ in levels])),
        "level_errors": _by_evaluation(np.stack([error for _, error in levels])),
        "level_runs": [len(every[name].values) for name in names],
        "differences": _by_evaluation(mean),
        "errors": _by_evaluation(error),
        "runs": runs.tolist(),
        "pairs": {evaluation: _pairs(every, names, i) for i, evaluation in enumerate(EVALUATIONS)},
    }


def _lines(result: ExperimentResults, name: str) -> _Lines:
    runs = result.runs(name)
    values = [[result.curve(name, evaluation, quantity) for quantity in QUANTITIES] for evaluation in EVALUATIONS]
    return _Lines(np.array(values).transpose(2, 0, 1, 3), {run: i for i, run in enumerate(runs)})


def _paired(one: _Lines, other: _Lines) -> np.ndarray:
    common = [run for run in one.where if run in other.where]
    return one.values[[one.where[run] for run in common]] - other.values[[other.where[run] for run in common]]


def _difference(one: _Lines, other: _Lines) -> tuple[np.ndarray, np.ndarray, int]:
    differences = _paired(one, other)
    if not len(differences):
        undefined = np.full(one.values.shape[1:], np.nan)
        return undefined, undefined, 0
    return *_mean_and_error(differences), len(differences)


def _mean_and_error(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Over the runs where the value is defined; NaN for the error of a single one."""
    defined = np.isfinite(values).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(values, axis=0) / defined
        squares = np.nansum(np.square(values - mean), axis=0)
        return mean, np.sqrt(squares / np.maximum(defined - 1, 0) / defined)


def _by_evaluation(values: np.ndarray) -> Json:
    return {
        evaluation: {quantity: rounded(values[..., i, j, :]) for j, quantity in enumerate(QUANTITIES)}
        for i, evaluation in enumerate(EVALUATIONS)
    }


def _pairs(every: dict[str, _Lines], names: Sequence[str], evaluation: int) -> list[Json]:
    """AUAC differences of all pairs, with Holm-corrected p-values of paired t-tests, and the runs needed."""
    rows: list[Json] = []
    p_values = []
    for one, other in combinations(names, 2):
        gains = np.trapezoid(_paired(every[one], every[other])[:, evaluation, 0], axis=1)
        if len(gains) < 2:
            continue
        mean, error = gains.mean(), sem(gains)
        deviation = error * np.sqrt(len(gains))
        needed = runs_needed(float(mean / deviation)) if deviation > 0 else float("nan")
        rows.append(
            {
                "pair": [names.index(one), names.index(other)],
                "value": rounded(mean),
                "error": rounded(error),
                "runs": len(gains),
                "needed": rounded(needed, 0),
            }
        )
        enough = len(gains) >= FEWEST_RUNS and error > 0
        p_values.append(2 * stdtr(len(gains) - 1, -abs(mean / error)) if enough else float("nan"))
    return [{**row, "p": rounded(p_value)} for row, p_value in zip(rows, holm(p_values), strict=True)]


def _ranks(result: ExperimentResults, names: Sequence[str], evaluation: Evaluation) -> Json:
    """Ranks in each run that all competitors have, their mean and deviation."""
    ranked = [name for name in names if is_competitor(name)]
    runs = result.common_runs(ranked)
    if not runs or len(ranked) < 2:
        return {"runs": 0, "strategies": [], "mean": [], "spread": []}
    ranks = auac_ranks(np.stack([result.metric(name, "auac", evaluation, runs) for name in ranked], axis=1))
    spread = ranks.std(axis=0, ddof=1) if len(runs) > 1 else np.zeros(len(ranked))
    strategies = [names.index(name) for name in ranked]
    return {"runs": len(runs), "strategies": strategies, "mean": rounded(ranks.mean(axis=0)), "spread": rounded(spread)}


def _predictions(result: ExperimentResults, names: Sequence[str]) -> Json:
    found = {name: calibration(result.acquired[name]) for name in names}
    return {
        name: {
            "points": rounded(each.points, 5),
            "bins": rounded(each.bins, 5),
            "levels": rounded(LEVELS),
            "observed": rounded(each.observed),
        }
        for name, each in found.items()
        if each is not None
    }


def _map(result: ExperimentResults) -> Json:
    shown, labels = map_of(result), result.problems.labels

    def points(rows: np.ndarray) -> list[list[float]]:
        return [
            [x, y, label] for (x, y), label in zip(rounded(shown.places[rows], 3), labels[rows].tolist(), strict=True)
        ]

    chosen = {
        name: [[*place, step] for step, batch in enumerate(rows, start=1) for place in points(batch)]
        for name, rows in shown.chosen.items()
    }
    return {
        "run": str(shown.run),
        "pool": points(shown.pool),
        "annotated": points(shown.annotated),
        "chosen": chosen,
    }
