"""The paper's tables, ours beside the reported ones, in Markdown, from the cells."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from npal_cli.report.baselines import RANDOM, Baseline
from npal_cli.report.names import (
    SETTING_TITLES,
    classifier_title,
    label_of,
    position_of,
)
from npal_cli.report.results import METRICS, Evaluation

DIGITS = {"auac": 2, "final_accuracy": 3, "rare_precision": 3, "rare_recall": 3}
TOLD = "labels told: whose labels the strategy sees, or the task model is trained on, before anything is acquired"
GAINS_LEGEND = f"run by run, with its 95 % interval; rank: mean over the experiments that have it; {TOLD}"
LEGEND = (
    "z: difference to the reported mean in standard errors; - Random: paired difference and its 95 % interval, on the "
    "test set and on held-out points."
)


def wide_table(table: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """A row for each strategy, the columns of the paper's table with the reported figure beside each."""
    settings = [setting for setting in SETTING_TITLES if setting in set(table["setting"])]
    columns: dict[str, dict[str, str]] = {}
    for row in table[table["metric"].isin(metrics)].to_dict("records"):
        shown = columns.setdefault(str(row["label"]), {})
        title = f"{SETTING_TITLES[row['setting']]}: {METRICS[row['metric']]}"
        gain = interval(row["random_mean"], row["random_low"], row["random_high"], DIGITS[row["metric"]])
        if row["evaluation"] == "held_out":
            shown[f"{title} - Random, held out"] = gain
            continue
        shown[title] = plus_minus(row["mean"], row["std"], DIGITS[row["metric"]])
        shown[f"{title} (reported)"] = plus_minus(row["reported_mean"], row["reported_std"], 2)
        shown[f"{title} z"] = number(row["z"], 1)
        shown[f"{title} - Random"] = gain
        if row["metric"] == metrics[0]:
            shown[f"{title} runs"] = runs_of(row["runs"], row["splits"])
    order = [
        f"{SETTING_TITLES[setting]}: {METRICS[metric]}{suffix}"
        for setting in settings
        for metric in metrics
        for suffix in ("", " (reported)", " z", " - Random", " - Random, held out", " runs")
    ]
    wide = pd.DataFrame.from_dict(columns, orient="index").fillna("")
    wide.index.name = "Strategy"
    return wide[[column for column in order if column in wide.columns]]


def gains_table(table: pd.DataFrame, evaluation: Evaluation, baseline: Baseline = RANDOM) -> pd.DataFrame:
    """What every strategy gains over a baseline in every experiment: a row a strategy, a column an experiment.

    ``rank`` is the mean rank of a competitor's mean gain among the competitors that all experiments have; empty for
    others.
    """
    known = table[(table["metric"] == "auac") & (table["evaluation"] == evaluation)]
    mean, low, high = (f"{baseline.prefix}_{part}" for part in ("mean", "low", "high"))
    known = known[known[mean].notna()]
    if known.empty:
        return pd.DataFrame()
    experiment = [
        f"{row['data']} {SETTING_TITLES[row['setting']].lower()}, {classifier_title(row['classifier'])}"
        for row in known.to_dict("records")
    ]
    known = known.assign(
        experiment=experiment,
        gain=[interval(row[mean], row[low], row[high], DIGITS["auac"] + 1) for row in known.to_dict("records")],
    )
    had_by = known.groupby("strategy")["experiment"].nunique()
    everywhere = [str(name) for name in had_by.index[had_by == len(set(experiment))]]
    ours = known[known["strategy"].isin([name for name in everywhere if baseline.competes(name)])]
    ranks = ours.groupby("experiment")[mean].rank(ascending=False).groupby(ours["strategy"]).mean()
    order = sorted(known["strategy"].unique(), key=position_of)
    wide = known.pivot_table(index="strategy", columns="experiment", values="gain", aggfunc="first", sort=False)
    wide = wide.reindex(order)[list(dict.fromkeys(experiment))].fillna("")
    told = known.groupby("strategy")["labels_told"].unique()
    wide.insert(0, "labels_told", [" or ".join(told[name]) for name in order])
    wide.insert(1, "rank", [number(float(ranks.get(name, np.nan)), 1) for name in order])
    wide.insert(0, "strategy", [label_of(name) for name in order])
    return wide.reset_index(drop=True)


def caption(data: str, classifier: str, metrics: Sequence[str], number: int | None) -> str:
    """What a table shows, in a sentence or two."""
    what = "AUAC and final-step test accuracy"
    if "rare_recall" in metrics:
        what = "Final-step precision and recall of the rare class"
    first = f"Table {number} of the paper: " if number is not None else ""
    model = classifier_title(classifier)
    return f"{first}{what}, {data} with {model}. Mean ± standard deviation over runs."


def to_markdown(wide: pd.DataFrame, title: str) -> str:
    """GitHub-flavoured Markdown, one small table a setting so that it can be read."""
    parts = [f"{as_text(title)} {LEGEND}"]
    for setting in SETTING_TITLES.values():
        columns = [column for column in wide.columns if column.startswith(f"{setting}: ")]
        if columns:
            part = wide[columns].set_axis([column.removeprefix(f"{setting}: ") for column in columns], axis=1)
            parts.append(f"**{setting}**\n\n{_escaped(part).to_markdown(disable_numparse=True)}")
    return "\n\n".join(parts) + "\n"


def plain_markdown(table: pd.DataFrame) -> str:
    """A table of text as it is, its column names in words.

    >>> plain_markdown(pd.DataFrame({"pool_size": ["3"]})).splitlines()[::2]
    ['| pool size   |', '| 3           |']
    """
    shown = table.rename(columns=lambda name: str(name).replace("_", " "))
    return shown.map(as_text).to_markdown(index=False, disable_numparse=True) + "\n"


def as_text(name: str) -> str:
    """A name that can neither end a cell or a line of Markdown nor begin a tag.

    >>> as_text("a b <i>")
    'a b &lt;i>'
    """
    return " ".join(name.split()).replace("|", "\\|").replace("<", "&lt;")


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """A figure as text; nothing where it is undefined.

    >>> number(0.5, 2, signed=True), number(float("nan"), 2)
    ('+0.50', '')
    """
    if not np.isfinite(value):
        return ""
    shown = round(value, digits) + 0.0  # no minus before a zero
    return f"{shown:+.{digits}f}" if signed else f"{shown:.{digits}f}"


def plus_minus(mean: float, spread: float, digits: int) -> str:
    """A mean with its spread, where there is one.

    >>> plus_minus(8.6543, 0.21, 2), plus_minus(8.6543, float("nan"), 2)
    ('8.65 ± 0.21', '8.65')
    """
    return f"{number(mean, digits)} ± {number(spread, digits)}" if np.isfinite(spread) else number(mean, digits)


def interval(mean: float, low: float, high: float, digits: int) -> str:
    """A difference with its interval, where there is one.

    >>> interval(0.123, 0.05, 0.2, 2)
    '+0.12 [+0.05, +0.20]'
    """
    if not np.isfinite(low):
        return number(mean, digits, signed=True)
    return "{} [{}, {}]".format(*(number(value, digits, signed=True) for value in (mean, low, high)))


def p_of(row: Mapping[Any, Any], prefix: str) -> float:
    """The p-value of a comparison: corrected over the competitors; of bounds and controls, as it is."""
    corrected = float(row[f"{prefix}_p_holm"])
    return corrected if np.isfinite(corrected) else float(row[f"{prefix}_p_value"])


def runs_of(runs: int, splits: int) -> str:
    """How many runs a figure rests on, and on how many splits where they are fewer.

    >>> runs_of(9, 3), runs_of(50, 50), runs_of(1, 1)
    ('9 runs on 3 splits', '50 runs', '1 run')
    """
    text = "1 run" if runs == 1 else f"{runs} runs"
    return text if splits >= runs else f"{text} on {splits} split{'s' * (splits > 1)}"


def _escaped(wide: pd.DataFrame) -> pd.DataFrame:
    return wide.rename(index=lambda name: as_text(str(name)))
