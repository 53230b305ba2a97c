"""Figures of all that was run on a data set with a classifier: gains over Random, and curves, a panel a setting."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from npal_cli.report.figures import panels
from npal_cli.report.names import (
    EVALUATION_TITLES,
    SETTING_TITLES,
    classifier_title,
    is_aside,
    label_of,
    look_of,
    position_of,
)
from npal_cli.report.results import Evaluation, ExperimentResults
from npal_cli.report.tables import runs_of

MARKERS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "cross": "P",
    "star": "*",
    "triangle-up": "^",
    "triangle-down": "v",
    "triangle-left": "<",
    "triangle-right": ">",
}
DASHES: dict[str, Any] = {"solid": "-", "dashed": "--", "dotted": ":"}


def gains_figure(table: pd.DataFrame, evaluation: Evaluation) -> Figure | None:
    """What every strategy gains over Random in AUAC, with 95 % intervals, best first; None without Random.

    ``table`` has the cells of one data set and classifier; variants and controls are left out.
    """
    known = table[(table["metric"] == "auac") & (table["evaluation"] == evaluation) & table["random_mean"].notna()]
    known = known[[not is_aside(name) for name in known["strategy"]]]
    if known.empty:
        return None
    settings = [setting for setting in SETTING_TITLES if setting in set(known["setting"])]
    most = max(int((known["setting"] == setting).sum()) for setting in settings)
    with panels(len(settings), height=1.3 + 0.2 * most) as (figure, axes):
        for each, setting in zip(axes, settings, strict=True):
            rows = known[known["setting"] == setting].sort_values("random_mean")
            _gains(each, rows)
            runs, splits = int(rows["random_runs"].max()), int(rows["splits"].max())
            each.set_title(f"{SETTING_TITLES[setting]}\n{runs_of(runs, min(runs, splits))}")
        _title(figure, str(known["data"].iloc[0]), str(known["classifier"].iloc[0]), evaluation)
    return figure


def every_curve_figure(results: Sequence[ExperimentResults], evaluation: Evaluation) -> Figure | None:
    """The curve of every strategy that was run, less Random's in the same run; None without Random.

    Variants and controls are left out; a strategy with fewer runs is shown over those.
    """
    compared = [(result, _compared(result)) for result in results]
    shown = [(result, names) for result, names in compared if set(names) - {"random"}]
    if not shown:
        return None
    with panels(len(shown), height=4.0) as (figure, axes):
        for each, (result, names) in zip(axes, shown, strict=True):
            for name in names:
                _curve(each, result, name, evaluation)
            counts = sorted({len(result.common_runs([name, "random"])) for name in names})
            said = " to ".join(map(str, dict.fromkeys([counts[0], counts[-1]])))
            each.set_title(f"{SETTING_TITLES[result.setting]}\n{said} run{'s' * (counts[-1] > 1)}")
            each.set_xlabel("acquisition step")
        axes[0].set_ylabel("mean class-weighted accuracy, less Random's")
        every = sorted({name for _, names in shown for name in names}, key=position_of)
        lines, labels = [_line(name) for name in every], [label_of(name) for name in every]
        figure.legend(lines, labels, loc="outside lower center", ncols=2 + 2 * len(shown))
        _title(figure, results[0].data, results[0].classifier, evaluation)
    return figure


def _gains(axes: Axes, rows: pd.DataFrame) -> None:
    for height, row in enumerate(rows.to_dict("records")):
        look = look_of(row["strategy"])
        if np.isfinite(row["random_low"]):
            axes.hlines(height, row["random_low"], row["random_high"], color=look.light)
        axes.plot(row["random_mean"], height, color=look.light, marker=MARKERS[look.marker], markersize=5)
    axes.axvline(0, color="#666666", linewidth=0.8)
    most = rows["random_runs"].max()
    fewer = [f" ({runs_of(int(runs), int(runs))})" if runs < most else "" for runs in rows["random_runs"]]
    axes.set_yticks(range(len(rows)), [label + said for label, said in zip(rows["label"], fewer, strict=True)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlabel("AUAC gained over Random")


def _compared(result: ExperimentResults) -> list[str]:
    """What has runs in common with Random, variants and controls left out."""
    names = [name for name in result.ordered if not is_aside(name)] if "random" in result.acquired else []
    return [name for name in names if result.common_runs([name, "random"])]


def _curve(axes: Axes, result: ExperimentResults, name: str, evaluation: Evaluation) -> None:
    runs = result.common_runs([name, "random"])
    ours, random = (result.curve(each, evaluation, "score", runs) for each in (name, "random"))
    mean = (ours - random).mean(axis=0)
    axes.add_line(_line(name, mean))
    axes.update_datalim(np.stack([np.arange(len(mean)), mean], axis=1))
    axes.autoscale_view()


def _line(name: str, values: np.ndarray | None = None) -> Line2D:
    look = look_of(name)
    heights = np.zeros(0) if values is None else values
    return Line2D(
        np.arange(len(heights)),
        heights,
        color=look.light,
        linestyle=DASHES[look.dash],
        linewidth=1.2,
        marker=MARKERS[look.marker],
        markersize=4,
    )


def _title(figure: Figure, data: str, classifier: str, evaluation: Evaluation) -> None:
    figure.suptitle(f"{data}, {classifier_title(classifier)}, {EVALUATION_TITLES[evaluation]}")
