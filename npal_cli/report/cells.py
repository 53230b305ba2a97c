"""The figures of a report as one long table: a cell for each strategy, evaluation and metric of an experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from npal_cli.report.baselines import BASELINES, Baseline
from npal_cli.report.names import is_competitor, label_of, labels_told, position_of
from npal_cli.report.paper import reported
from npal_cli.report.published import protocol_of
from npal_cli.report.results import AL_AVERAGE, EVALUATIONS, METRICS, Evaluation, ExperimentResults
from npal_cli.report.statistics import (
    FEWEST_RUNS,
    Comparison,
    compare,
    holm,
    signed_rank_test,
    standard_errors_apart,
    summarise,
)

COMPARED = tuple(Comparison.__dataclass_fields__)
Row = dict[str, Any]


def cells(results: Sequence[ExperimentResults]) -> pd.DataFrame:
    """All figures of ``results``: what they are, how they compare, and what the paper reports.

    Columns: ``data classifier setting strategy label labels_told evaluation metric``, ``mean std runs splits`` of ours;
    ``random_*``, ``average_*`` and ``equal_*``, the fields of :class:`~npal_cli.report.statistics.Comparison` to
    Random, to the AL average, and to Random at equal budgets (:mod:`npal_cli.report.baselines`), ``*_p_holm`` corrected
    over the competitors of the experiment; ``best``, whether no competitor has a larger mean AUAC in the runs that all
    share, and ``best_p_holm``, whether the difference to it may be chance; ``optimism`` of an AUAC (what its gain over
    Random on the test set exceeds that on held-out points by); and on the test set ``reported_mean reported_std
    difference z reported_random_mean`` (the difference of the reported means).
    """
    rows: list[Row] = []
    for result in results:
        for evaluation in EVALUATIONS:
            for metric in METRICS:
                rows += _cells(result, evaluation, metric)
    return pd.DataFrame(rows, columns=_columns())


def _cells(result: ExperimentResults, evaluation: Evaluation, metric: str) -> list[Row]:
    names = sorted(result.acquired, key=position_of)
    rows = {name: _cell(result, name, evaluation, metric) for name in names}
    competitors = [name for name in names if is_competitor(name)]
    for baseline in BASELINES:
        prefix, compared = baseline.prefix, {}
        for name in names:
            if (comparison := _compare(result, name, baseline, evaluation, metric)) is not None:
                compared[name] = {f"{prefix}_{key}": value for key, value in asdict(comparison).items()}
                rows[name] |= compared[name]
        _correct(rows, [name for name in compared if baseline.competes(name)], prefix)
    if metric == "auac":
        _mark_best(result, rows, competitors, evaluation)
    return list(rows.values())


def _cell(result: ExperimentResults, strategy: str, evaluation: Evaluation, metric: str) -> Row:
    ours = summarise(result.metric(strategy, metric, evaluation))
    row: Row = {
        "data": result.data,
        "classifier": result.classifier,
        "setting": result.setting,
        "strategy": strategy,
        "label": label_of(strategy),
        "labels_told": labels_told(strategy, result.problems.reward.shape[1]),
        "evaluation": evaluation,
        "metric": metric,
        "mean": ours.mean,
        "std": ours.std,
        "runs": ours.runs,
        "splits": len({run.data_seed for run in result.runs(strategy)}),
    }
    if metric == "auac":
        row["optimism"] = _optimism(result, strategy)
    if evaluation == "test" and result.as_published(strategy):
        row |= _reported(result, strategy, metric)
        if "reported_mean" in row:
            row["difference"] = ours.mean - row["reported_mean"]
            runs = protocol_of(result.classifier).runs
            row["z"] = standard_errors_apart(ours, row["reported_mean"], row["reported_std"], runs)
    return row


def _reported(result: ExperimentResults, strategy: str, metric: str) -> Row:
    paper, random = (
        reported(result.data, result.classifier, name, result.setting, metric) for name in (strategy, "random")
    )
    if paper is None:
        return {}
    difference = paper[0] - random[0] if random is not None and strategy != "random" else np.nan
    return {"reported_mean": paper[0], "reported_std": paper[1], "reported_random_mean": difference}


def _compare(
    result: ExperimentResults, strategy: str, baseline: Baseline, evaluation: Evaluation, metric: str
) -> Comparison | None:
    """None if there is nothing to compare: no baseline, or no run that both have."""
    average = baseline.strategy == AL_AVERAGE
    there = bool(result.hand_made) and metric == "auac" if average else baseline.strategy in result.acquired
    if not there or not baseline.compares(strategy):
        return None
    runs = result.common_runs([strategy, baseline.strategy])
    if not runs:
        return None
    ours, theirs = (result.metric(name, metric, evaluation, runs) for name in (strategy, baseline.strategy))
    return compare(ours, theirs)


def _correct(rows: Mapping[str, Row], names: Sequence[str], prefix: str) -> None:
    for name, p_value in zip(names, holm([rows[name][f"{prefix}_p_value"] for name in names]), strict=True):
        rows[name][f"{prefix}_p_holm"] = p_value


def _mark_best(
    result: ExperimentResults, rows: Mapping[str, Row], competitors: Sequence[str], evaluation: Evaluation
) -> None:
    """The best of the competitors with runs enough, on the runs that they share, and whether others may be as good.

    Those with fewer runs than others are left out if the shared runs are too few for a test.
    """
    tried = [name for name in competitors if rows[name]["runs"] >= FEWEST_RUNS] or list(competitors)
    if len(result.common_runs(tried)) < FEWEST_RUNS:
        most = max((len(result.runs(name)) for name in tried), default=0)
        tried = [name for name in tried if len(result.runs(name)) == most]
    shared = result.common_runs(tried)
    if not shared:
        return
    best = max(tried, key=lambda name: float(result.metric(name, "auac", evaluation, shared).mean()))
    others = [name for name in competitors if name != best]
    rows[best]["best"] = True
    p_values = []
    for name in others:
        runs = result.common_runs([name, best])
        ours, theirs = (result.metric(each, "auac", evaluation, runs) for each in (name, best))
        p_values.append(signed_rank_test(ours - theirs))
    for name, p_value in zip(others, holm(p_values), strict=True):
        rows[name]["best_p_holm"] = p_value


def _optimism(result: ExperimentResults, strategy: str) -> float:
    """Gain over Random on the test set less that on held-out points: levels of the two sets differ, gains need not."""
    if strategy == "random" or "random" not in result.acquired:
        return float("nan")
    runs = result.common_runs([strategy, "random"])
    if not runs:
        return float("nan")
    gains = [
        (result.metric(strategy, "auac", on, runs) - result.metric("random", "auac", on, runs)).mean()
        for on in EVALUATIONS
    ]
    return float(gains[0] - gains[1])


def _columns() -> list[str]:
    compared = [f"{prefix}_{name}" for prefix in (each.prefix for each in BASELINES) for name in (*COMPARED, "p_holm")]
    return [
        *(
            "data",
            "classifier",
            "setting",
            "strategy",
            "label",
            "labels_told",
            "evaluation",
            "metric",
            "mean",
            "std",
            "runs",
            "splits",
        ),
        *compared,
        *("best", "best_p_holm", "optimism"),
        *("reported_mean", "reported_std", "difference", "z", "reported_random_mean"),
    ]
