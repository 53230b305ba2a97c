"""The paper's tables, ours beside the reported ones: CSV (long), Markdown and LaTeX (wide)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from npal_cli.report.names import CLASSIFIER_TITLES, SETTING_TITLES, label_of
from npal_cli.report.results import METRICS, ExperimentResults, reported
from npal_cli.report.statistics import paired_difference, standard_errors_apart, summarise
from npal_cli.strategies import STRATEGY_NAMES

BASELINE = "random"


def long_table(results: Sequence[ExperimentResults], metrics: Sequence[str]) -> pd.DataFrame:
    """A row for each strategy, setting and metric: ours, the reported figure, and how far apart they are.

    ``z`` is the difference in standard errors; ``to_random`` is the paired difference to Random over the runs that
    both have, ``reported_to_random`` the difference of the reported means.
    """
    rows = []
    for result in results:
        for strategy in sorted(result.acquired, key=_position):
            rows += [_row(result, strategy, metric) for metric in metrics]
    return pd.DataFrame(rows)


def wide_table(table: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """A row for each strategy, the columns of the paper's table with the reported figure beside each."""
    settings = [setting for setting in SETTING_TITLES if setting in set(table["setting"])]
    columns: dict[str, dict[str, str]] = {}
    for row in table.to_dict("records"):
        cells = columns.setdefault(str(row["label"]), {})
        title = f"{SETTING_TITLES[row['setting']]}: {METRICS[row['metric']]}"
        digits = 2 if row["metric"] == "auac" else 3
        cells[title] = _plus_minus(row["mean"], row["std"], digits)
        cells[f"{title} (reported)"] = _plus_minus(row["reported_mean"], row["reported_std"], 2)
        cells[f"{title} z"] = _number(row["z"], 1)
        if row["metric"] == "auac":
            cells[f"{title} - Random"] = _plus_minus(row["to_random"], row["to_random_error"], 2)
            cells[f"{title} - Random (reported)"] = _number(row["reported_to_random"], 2)
            cells[f"{title} runs"] = str(row["runs"])
    order = [
        f"{SETTING_TITLES[setting]}: {METRICS[metric]}{suffix}"
        for setting in settings
        for metric in metrics
        for suffix in ("", " (reported)", " z", " - Random", " - Random (reported)", " runs")
    ]
    wide = pd.DataFrame.from_dict(columns, orient="index").fillna("")
    wide.index.name = "Strategy"
    return wide[[column for column in order if column in wide.columns]]


def caption(data: str, classifier: str, metrics: Sequence[str], number: int | None) -> str:
    """What a table shows, in a sentence or two."""
    what = "AUAC and final-step test accuracy"
    if "rare_recall" in metrics:
        what = "Final-step precision and recall of the rare class"
    first = f"Table {number} of the paper: " if number is not None else ""
    model = CLASSIFIER_TITLES.get(classifier, classifier)
    return f"{first}{what}, {data} with {model}. Mean ± standard deviation over runs."


def to_markdown(wide: pd.DataFrame, title: str) -> str:
    """GitHub-flavoured Markdown, one small table a setting so that it can be read."""
    legend = "z: difference to the reported mean in standard errors; - Random: paired difference ± standard error."
    parts = [f"{title} {legend}"]
    for setting in SETTING_TITLES.values():
        columns = [column for column in wide.columns if column.startswith(f"{setting}: ")]
        if columns:
            part = wide[columns].set_axis([column.removeprefix(f"{setting}: ") for column in columns], axis=1)
            parts.append(f"**{setting}**\n\n{part.to_markdown(disable_numparse=True)}")
    return "\n\n".join(parts) + "\n"


def to_latex(table: pd.DataFrame, title: str) -> str:
    """A booktabs table laid out as in the paper, the reported figures in a row below ours."""
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in table.to_dict("records"):
        column = cells.setdefault((SETTING_TITLES[row["setting"]], METRICS[row["metric"]]), {})
        digits = 2 if row["metric"] == "auac" else 3
        column[str(row["label"])] = _plus_minus(row["mean"], row["std"], digits)
        if np.isfinite(row["reported_mean"]) and not str(row["strategy"]).endswith("_reference"):
            column[f"{row['label']} (paper)"] = _plus_minus(row["reported_mean"], row["reported_std"], 2)
    wide = pd.DataFrame(cells).fillna("")
    styled = wide.style.format_index(escape="latex", axis=0)
    escaped = title.replace("_", r"\_")
    text: str = styled.to_latex(hrules=True, caption=escaped, multicol_align="c")
    return text.replace("±", r"$\pm$")


def _row(result: ExperimentResults, strategy: str, metric: str) -> dict[str, object]:
    values = result.metric(strategy, metric)
    ours = summarise(values)
    row: dict[str, object] = {
        "data": result.data,
        "classifier": result.classifier,
        "setting": result.setting,
        "strategy": strategy,
        "label": label_of(strategy),
        "metric": metric,
        "mean": ours.mean,
        "std": ours.std,
        "runs": ours.runs,
        "reported_mean": np.nan,
        "reported_std": np.nan,
        "difference": np.nan,
        "z": np.nan,
        "to_random": np.nan,
        "to_random_error": np.nan,
        "reported_to_random": np.nan,
    }
    paper = reported(result.data, result.classifier, strategy, result.setting, metric) if result.as_published else None
    if paper is not None:
        row |= {"reported_mean": paper[0], "reported_std": paper[1], "difference": ours.mean - paper[0]}
        row["z"] = standard_errors_apart(ours, *paper)
    if BASELINE in result.acquired and strategy != BASELINE:
        runs = result.common_runs([strategy, BASELINE])
        if runs:
            pair = paired_difference(result.metric(strategy, metric, runs), result.metric(BASELINE, metric, runs))
            row |= {"to_random": pair.mean, "to_random_error": pair.standard_error}
        paper_random = reported(result.data, result.classifier, BASELINE, result.setting, metric)
        if paper is not None and paper_random is not None:
            row["reported_to_random"] = paper[0] - paper_random[0]
    return row


def _position(strategy: str) -> tuple[int, str]:
    known = strategy in STRATEGY_NAMES
    return (STRATEGY_NAMES.index(strategy) if known else len(STRATEGY_NAMES), strategy)


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else ""


def _plus_minus(mean: float, spread: float, digits: int) -> str:
    if not np.isfinite(mean):
        return ""
    return f"{mean:.{digits}f} ± {spread:.{digits}f}" if np.isfinite(spread) else f"{mean:.{digits}f}"
