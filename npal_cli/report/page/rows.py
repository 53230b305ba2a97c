"""The table of an experiment: a row for each strategy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from npal_cli.report.names import is_aside, is_competitor, look_of
from npal_cli.report.results import EVALUATIONS, METRICS
from npal_cli.report.statistics import FEWEST_RUNS
from npal_cli.report.tables import TOLD, interval, number, plus_minus, runs_of
from npal_cli.strategies.looks import Look


@dataclass(frozen=True)
class Cell:
    """A table's cell: what it says, and what it is sorted by."""

    text: str
    value: float | str


@dataclass(frozen=True)
class Row:
    """A strategy's row in the table of an experiment."""

    strategy: str
    label: str
    look: Look
    hollow: bool
    """Whether it is a variant or a control."""
    competitor: bool
    aside: bool
    """Whether it is shown only when asked for."""
    mark: str
    """``best``, ``level`` with it (the difference may be chance), ``unknown`` (too few runs to tell), or nothing."""
    cells: Sequence[Cell]


HEADINGS = (
    ("AUAC", "Area under the acquisition curve: mean ± standard deviation over runs"),
    ("less Random", "Paired difference to Random, with a 95 % bootstrap interval"),
    ("p", "Wilcoxon signed-rank test against Random, two-sided, Holm-corrected over the competitors"),
    ("d", "Effect size: the paired difference to Random in its standard deviations"),
    ("P(beats)", "Share of runs better than Random, a tie being half, with Wilson's 95 % interval"),
    ("runs needed", "Runs from which on the difference to Random is told apart (5 % level, power 80 %)"),
    ("less AL average", "Paired difference to the mean of the hand-made strategies, with a 95 % bootstrap interval"),
    ("final accuracy", "Class-weighted accuracy after the last step"),
    ("precision", "Of the rare classes (their mean), after the last step"),
    ("recall", "Of the rare classes (their mean), after the last step"),
    ("optimism", "Gain over Random on the test set less that on held-out points"),
    ("paper", "AUAC that the paper reports, on the test set"),
    ("z", "Difference to the paper's mean in standard errors"),
    ("runs", "What the row rests on"),
    ("labels told", TOLD.removeprefix("labels told: ").capitalize()),
)


RARE_HEADINGS = ("precision", "recall")
"""Of columns that are shown where some classes are rare."""


def asides(table: pd.DataFrame) -> set[str]:
    """The strategies of an experiment that are shown only when asked for: variants and controls, but its best."""
    best = set(table.loc[table["best"].eq(True), "strategy"])
    return {name for name in table["strategy"].unique() if is_aside(name) and name not in best}


def experiment_rows(table: pd.DataFrame) -> dict[str, list[Row]]:
    """The rows of an experiment's table for each evaluation, from its cells."""
    aside = asides(table)
    rows = cast("list[dict[str, Any]]", table.to_dict("records"))
    by_cell = {(row["evaluation"], row["strategy"], row["metric"]): row for row in rows}
    strategies = list(dict.fromkeys(table["strategy"]))
    return {
        evaluation: [
            _row(name, {metric: by_cell[evaluation, name, metric] for metric in METRICS}, aside) for name in strategies
        ]
        for evaluation in EVALUATIONS
    }


def _row(strategy: str, by_metric: Mapping[str, Mapping[str, Any]], aside: set[str]) -> Row:
    auac, accuracy = by_metric["auac"], by_metric["final_accuracy"]
    optimism = auac["optimism"] if not is_competitor(strategy) else float("nan")
    wins, low, high = (number(auac[f"random_{name}"], 2) for name in ("wins", "wins_low", "wins_high"))
    cells = [
        Cell(plus_minus(auac["mean"], auac["std"], 2), auac["mean"]),
        Cell(interval(auac["random_mean"], auac["random_low"], auac["random_high"], 2), auac["random_mean"]),
        Cell(_p_value(auac["random_p_holm"], auac["random_p_value"]), auac["random_p_value"]),
        Cell(number(auac["random_effect_size"], 2, signed=True), auac["random_effect_size"]),
        Cell(f"{wins} [{low}, {high}]" if wins else "", auac["random_wins"]),
        Cell(_runs_needed(auac["random_runs_needed"], auac["random_runs"]), auac["random_runs_needed"]),
        Cell(interval(auac["average_mean"], auac["average_low"], auac["average_high"], 2), auac["average_mean"]),
        Cell(plus_minus(accuracy["mean"], accuracy["std"], 3), accuracy["mean"]),
        *(
            Cell(plus_minus(row["mean"], row["std"], 3), row["mean"])
            for row in (by_metric["rare_precision"], by_metric["rare_recall"])
        ),
        Cell(number(optimism, 2, signed=True), optimism),
        Cell(plus_minus(auac["reported_mean"], auac["reported_std"], 2), auac["reported_mean"]),
        Cell(number(auac["z"], 1, signed=True), auac["z"]),
        Cell(runs_of(auac["runs"], auac["splits"]), auac["runs"]),
        Cell(auac["labels_told"], auac["labels_told"]),
    ]
    if auac["best"] is True:
        mark = "best" if auac["runs"] >= FEWEST_RUNS else ""
    elif is_competitor(strategy):
        mark = "" if auac["best_p_holm"] < 0.05 else "level" if auac["best_p_holm"] >= 0.05 else "unknown"
    else:
        mark = ""
    return Row(
        strategy=strategy,
        label=auac["label"],
        look=look_of(strategy),
        hollow=is_aside(strategy),
        competitor=is_competitor(strategy),
        aside=strategy in aside,
        mark=mark,
        cells=cells,
    )


def _p_value(corrected: float, plain: float) -> str:
    """Competitors' are corrected; those of bounds and controls stand alone."""
    value = corrected if np.isfinite(corrected) else plain
    if not np.isfinite(value):
        return ""
    text = "< 0.001" if value < 0.001 else f"{value:.3f}"
    return text if np.isfinite(corrected) else f"({text})"


def _runs_needed(needed: float, runs: float) -> str:
    if np.isnan(needed):
        return ""
    text = "∞" if np.isinf(needed) else f"{needed:,.0f}"
    return f"{text} ✓" if runs >= max(needed, FEWEST_RUNS) else text


def sortable(value: float | str) -> str:
    """What a cell is sorted by; nothing where it is undefined.

    >>> sortable(0.5), sortable("test"), sortable(float("inf")), sortable(float("nan"))
    ('0.5', 'test', 'inf', '')
    """
    return "" if value != value else str(value)  # noqa: PLR0124  # NaN alone differs from itself
