"""Tables for papers, in LaTeX with booktabs: the best in bold, and a label to refer to."""

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from npal_cli.report.baselines import RANDOM
from npal_cli.report.names import EVALUATION_TITLES, SETTING_TITLES, classifier_title, is_competitor
from npal_cli.report.results import METRICS, Evaluation
from npal_cli.report.statistics import FEWEST_RUNS
from npal_cli.report.tables import DIGITS, interval, p_of, plus_minus, runs_of
from npal_cli.report.verdicts import LEVEL

SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "_&%$#{}"}
    | {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
)
"""What LaTeX would take for its own, as text."""
SPECIAL_IN_LABELS = re.compile(r"[^A-Za-z0-9]+")
LARGEST = f"the largest of a strategy that sees no more than it should, of {FEWEST_RUNS} runs or more"


def figures_table(table: pd.DataFrame, metrics: Sequence[str], title: str, name: str) -> str:
    """The means over runs on the test set, laid out as in the paper, the reported figures in a row below ours."""
    shown: dict[tuple[str, str], dict[str, str]] = {}
    for (setting, metric), rows in _columns(table, metrics, "test"):
        best = _largest(rows, "mean")
        column = shown.setdefault((SETTING_TITLES[setting], METRICS[metric]), {})
        for row in rows.to_dict("records"):
            text = plus_minus(row["mean"], row["std"], DIGITS[metric])
            text += _fewer(row, rows)
            column[str(row["label"])] = _bold(text) if row["strategy"] in best else text
            if np.isfinite(row["reported_mean"]) and not str(row["strategy"]).endswith("_reference"):
                column[f"{row['label']} (paper)"] = plus_minus(row["reported_mean"], row["reported_std"], 2)
    return _latex(shown, f"{title} Bold: {LARGEST}.", name)


def gains_table(table: pd.DataFrame, evaluation: Evaluation, name: str) -> str | None:
    """What each strategy gains over Random in AUAC, a column a setting; None without Random.

    ``table`` has the cells of one data set and classifier.
    """
    mean, low, high = (f"{RANDOM.prefix}_{part}" for part in ("mean", "low", "high"))
    shown: dict[tuple[str, str], dict[str, str]] = {}
    compared = table[table[mean].notna()]
    compared = compared.assign(runs=compared[f"{RANDOM.prefix}_runs"].astype(int))  # those that both have
    for (setting, _), rows in _columns(compared, ["auac"], evaluation):
        best = _largest(rows, mean)
        column = shown.setdefault((SETTING_TITLES[setting], "AUAC less Random's"), {})
        for row in rows.to_dict("records"):
            text = interval(row[mean], row[low], row[high], DIGITS["auac"])
            told = r"$^*$" if p_of(row, RANDOM.prefix) < LEVEL else ""
            text += _fewer(row, rows)
            column[str(row["label"])] = (_bold(text) if row["strategy"] in best else text) + told
    if not shown:
        return None
    data, classifier = table["data"].iloc[0], table["classifier"].iloc[0]
    title = (
        f"{RANDOM.title}, {data} with {classifier_title(classifier)}, {EVALUATION_TITLES[evaluation]}: the mean over "
        f"runs with its 95 % interval. Bold: {LARGEST}; *: differs from Random's (Wilcoxon's test at 5 %, Holm's "
        "correction over those)."
    )
    return _latex(shown, title, name)


def _columns(
    table: pd.DataFrame, metrics: Sequence[str], evaluation: Evaluation
) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """The cells of each setting and metric, in the order of the paper."""
    known = table[table["evaluation"] == evaluation]
    found = [
        ((setting, metric), known[(known["setting"] == setting) & (known["metric"] == metric)])
        for setting in SETTING_TITLES
        for metric in metrics
    ]
    return [(key, rows) for key, rows in found if not rows.empty]


def _fewer(row: Mapping[Hashable, Any], rows: pd.DataFrame) -> str:
    """How many runs a figure rests on, where others rest on more."""
    return f" ({runs_of(row['runs'], row['runs'])})" if row["runs"] < rows["runs"].max() else ""


def _largest(rows: pd.DataFrame, column: str) -> list[str]:
    """The competitors with the largest value, of those with runs enough."""
    able = rows[[is_competitor(name) for name in rows["strategy"]]]
    able = able[(able["runs"] >= FEWEST_RUNS) & able[column].notna()]
    return list(able.loc[np.isclose(able[column], able[column].max(), rtol=0, atol=1e-9), "strategy"])


def _bold(text: str) -> str:
    return rf"\textbf{{{text}}}"


def _latex(shown: Mapping[tuple[str, str], Mapping[str, str]], title: str, name: str) -> str:
    wide = pd.DataFrame(shown).fillna("")
    styled = wide.style.format_index(escape="latex", axis=0)
    text: str = styled.to_latex(
        hrules=True,
        caption=title.translate(SPECIAL),
        label=f"tab:{SPECIAL_IN_LABELS.sub('-', name)}",
        multicol_align="c",
    )
    return text.replace("±", r"$\pm$")
