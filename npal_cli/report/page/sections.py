"""What the page says in words and tables: of each experiment, of all together, and of what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from npal_cli.report.names import (
    SETTING_TITLES,
    classifier_title,
    colour_of,
    is_aside,
    is_competitor,
    label_of,
)
from npal_cli.report.predictions import LEVELS, calibration
from npal_cli.report.results import AL_AVERAGE, EVALUATIONS, METRICS, ExperimentResults
from npal_cli.report.statistics import FEWEST_RUNS
from npal_cli.report.tables import TOLD, interval, number, plus_minus, runs_of


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
    colour: str
    competitor: bool
    aside: bool
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


def experiment_rows(table: pd.DataFrame) -> dict[str, list[Row]]:
    """The rows of an experiment's table for each evaluation, from its cells."""
    rows = cast("list[dict[str, Any]]", table.to_dict("records"))
    by_cell = {(row["evaluation"], row["strategy"], row["metric"]): row for row in rows}
    strategies = list(dict.fromkeys(table["strategy"]))
    return {
        evaluation: [
            _row(name, {metric: by_cell[evaluation, name, metric] for metric in METRICS}) for name in strategies
        ]
        for evaluation in EVALUATIONS
    }


def _row(strategy: str, by_metric: Mapping[str, Mapping[str, Any]]) -> Row:
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
        mark = "best"
    elif is_competitor(strategy):
        mark = "" if auac["best_p_holm"] < 0.05 else "level" if auac["best_p_holm"] >= 0.05 else "unknown"
    else:
        mark = ""
    return Row(strategy, auac["label"], colour_of(strategy), is_competitor(strategy), is_aside(strategy), mark, cells)


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


def title_of(result: ExperimentResults) -> str:
    """What an experiment is called."""
    setting = SETTING_TITLES[result.setting].lower()
    return f"{result.data}, {setting}, {classifier_title(result.classifier)}"


def facts_of(result: ExperimentResults) -> list[tuple[str, str]]:
    """The sizes of an experiment's problems."""
    problems = result.problems
    classes = np.bincount(problems.labels, minlength=len(problems.class_weights))
    initial = next(iter(result.acquired.values())).held_out_points.mean(axis=0)
    steps, batch = next(iter(result.acquired.values())).chosen.shape[1:]
    rare = [str(each) for each in problems.rare_classes] if result.setting != "balanced" else ["none"]
    return [
        ("data", f"{len(problems.labels):,} points of {' x '.join(map(str, problems.features.shape[1:]))} features"),
        ("classes", ", ".join(f"{i}: {count:,}" for i, count in enumerate(classes))),
        ("rare classes", ", ".join(rare)),
        ("annotated at first", f"{problems.annotated.shape[1]:,}"),
        ("pool", f"{problems.pool.shape[1]:,}"),
        ("reward set", f"{problems.reward.shape[1]:,}"),
        ("test set", f"{problems.test.shape[1]:,}"),
        ("held-out points", ", ".join(f"class {i}: {count:,.0f}" for i, count in enumerate(initial))),
        ("class weights of the score", ", ".join(f"{weight:.3f}" for weight in problems.class_weights)),
        ("acquired", f"{steps} steps of {batch} point{'s' * (batch > 1)}"),
    ]


def prediction_facts(result: ExperimentResults) -> list[dict[str, str]]:
    """How good each strategy's predicted improvements are, in words."""
    facts = []
    for name in result.ordered:
        found = calibration(result.acquired[name])
        if found is not None:
            within = dict(zip(LEVELS, found.observed, strict=True))
            facts.append(
                {
                    "label": label_of(name),
                    "count": f"{found.count:,}",
                    "rank": number(found.rank_correlation, 2, signed=True),
                    "error": f"{found.error:.4f}",
                    "spread": f"{found.spread:.4f}",
                    "half": f"{within[0.5]:.0%}",
                    "nine": f"{within[0.9]:.0%}",
                }
            )
    return facts


def sources_of(result: ExperimentResults) -> list[dict[str, Any]]:
    """What each artifact was made with, and what its last computation took."""
    rows = []
    for name in result.ordered:
        timing = result.timings.get(name, {})
        rows.append(
            {
                "strategy": name,
                "seconds": f"{timing['seconds']:,.1f}" if timing else "",
                "runs": f"{timing['runs']}" if timing.get("runs") else "",
                "refits": f"{timing['refits']:,}" if timing.get("refits") else "",
                "networks": f"{timing['networks']:,}" if timing.get("networks") else "",
                "parameters": _flat(result.made_from[name].parameters),
            }
        )
    return rows


def digests_of(result: ExperimentResults) -> str:
    """The digests of the prepared problems that the artifacts of an experiment were made from, by run."""
    found = {run: inputs["prepared"] for each in result.made_from.values() for run, inputs in each.inputs.items()}
    return "\n".join(f"{run} {digest}" for run, digest in found.items())


def _flat(parameters: Mapping[str, Any], prefix: str = "") -> str:
    """Nested parameters on one line, as params.yaml names them."""
    parts = []
    for key, value in parameters.items():
        inner = isinstance(value, Mapping)
        parts.append(_flat(value, f"{prefix}{key}.") if inner else f"{prefix}{key}={value}")
    return ", ".join(parts)


def strategy_of(name: str) -> dict[str, Any]:
    """How a strategy, or the AL average, is named and looks in every plot."""
    if name == AL_AVERAGE:
        return {"name": name, "label": "AL average", "colour": "#444444", "dash": "dashed"}
    dash = "dashed" if is_aside(name) else "solid"
    return {"name": name, "label": label_of(name), "colour": colour_of(name), "dash": dash}


def sortable(value: float | str) -> str:
    """What a cell is sorted by; nothing where it is undefined.

    >>> sortable(0.5), sortable("test"), sortable(float("inf")), sortable(float("nan"))
    ('0.5', 'test', 'inf', '')
    """
    return "" if value != value else str(value)  # noqa: PLR0124  # NaN alone differs from itself


def duration(seconds: float) -> str:
    """A time as a reader takes it in.

    >>> duration(42), duration(5400), duration(float("nan"))
    ('42 s', '1.5 h', 'not measured')
    """
    if not np.isfinite(seconds):
        return "not measured"
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
