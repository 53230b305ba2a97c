"""The paper's figures: SVG and PNG, the same bytes for the same results."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from npal_cli.artifacts import take_runs
from npal_cli.report.names import CLASSIFIER_TITLES, HAND_MADE, SETTING_TITLES, colour_of, label_of
from npal_cli.report.results import ExperimentResults
from npal_cli.report.statistics import auac_ranks, mean_and_band

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "npal",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}


def curve_figure(results: Sequence[ExperimentResults]) -> Figure | None:
    """Test accuracy of Random, Oracle, NP and the best other strategy, less the average of the others (Figure 3).

    Differences are taken run by run; bands are two standard errors of their mean. None without a strategy to average.
    """
    shown = [result for result in results if _hand_made(result)]
    if not shown:
        return None
    with _figure(len(shown)) as (figure, panels):
        for axes, result in zip(panels, shown, strict=True):
            _curves(axes, result)
        panels[0].set_ylabel("test accuracy relative to AL average")
        figure.suptitle(f"{shown[0].data}, {CLASSIFIER_TITLES.get(shown[0].classifier, shown[0].classifier)}")
    return figure


def rank_figure(results: Sequence[ExperimentResults]) -> Figure | None:
    """The rank of each strategy's mean AUAC, averaged over data sets, with its standard deviation (Figures 4, 13)."""
    by_setting = {setting: [result for result in results if result.setting == setting] for setting in SETTING_TITLES}
    shown = {setting: group for setting, group in by_setting.items() if len(_ranked(group)) > 1}
    if not shown:
        return None
    with _figure(len(shown)) as (figure, panels):
        for axes, (setting, group) in zip(panels, shown.items(), strict=True):
            _ranks(axes, group)
            axes.set_title(SETTING_TITLES[setting])
        figure.suptitle(CLASSIFIER_TITLES.get(results[0].classifier, results[0].classifier))
    return figure


def loss_figure(results: Sequence[ExperimentResults], strategy: str = "np") -> Figure | None:
    """The neural process's training loss at the last acquisition step, mean and deviation over runs (Figures 9, 14)."""
    shown = [r for r in results if strategy in r.acquired and r.acquired[strategy].loss.shape[2]]
    if not shown:
        return None
    with _figure(len(shown)) as (figure, panels):
        for axes, result in zip(panels, shown, strict=True):
            loss = result.acquired[strategy].loss[:, -1]
            epochs = np.arange(1, loss.shape[1] + 1)
            mean, spread = loss.mean(axis=0), loss.std(axis=0, ddof=1) if len(loss) > 1 else np.zeros(len(epochs))
            axes.plot(epochs, mean, color=colour_of(strategy))
            axes.fill_between(epochs, mean - spread, mean + spread, color=colour_of(strategy), alpha=0.2, linewidth=0)
            axes.set_title(f"{SETTING_TITLES[result.setting]} ({_runs(len(loss))})")
            axes.set_xlabel("epoch")
        panels[0].set_ylabel("negative log likelihood (nats)")
        step = shown[0].acquired[strategy].loss.shape[1]
        figure.suptitle(f"{label_of(strategy)} before step {step}: {shown[0].data}, {shown[0].classifier}")
    return figure


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``svg/name.svg`` and ``png/name.png`` in ``folder``, without a date in them."""
    paths = [folder / kind / f"{name}.{kind}" for kind in ("svg", "png")]
    with mpl.rc_context(STYLE):
        for path, metadata in zip(paths, ({"Date": None}, {"Software": None}), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=150, metadata=metadata)
    return paths


@contextmanager
def _figure(panels: int) -> Iterator[tuple[Figure, list[Axes]]]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1.2 + 3.4 * panels, 3.8), layout="constrained")
        yield figure, list(np.ravel(figure.subplots(1, panels, squeeze=False)))


def _curves(axes: Axes, result: ExperimentResults) -> None:
    others = _hand_made(result)
    best = max(others, key=lambda name: float(result.acquired[name].auac.mean()))
    for name, label in [
        ("random", "Random"),
        (best, f"Best: {label_of(best)}"),
        ("np", "NP"),
        ("oracle", "Oracle"),
    ]:
        if name not in result.acquired:
            continue
        runs = result.common_runs([name, *others])
        if not runs:
            continue
        average = np.mean([take_runs(result.acquired[other], runs).score for other in others], axis=0)
        mean, band = mean_and_band(take_runs(result.acquired[name], runs).score - average)
        steps = np.arange(len(mean))
        axes.plot(steps, mean, color=colour_of(name), label=f"{label} ({_runs(len(runs))})")
        axes.fill_between(steps, mean - band, mean + band, color=colour_of(name), alpha=0.15, linewidth=0)
    axes.axhline(0, color="#444444", linewidth=0.8, linestyle="--", label="AL average")
    axes.set_title(SETTING_TITLES[result.setting])
    axes.set_xlabel("acquisition step")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)


def _ranks(axes: Axes, group: Sequence[ExperimentResults]) -> None:
    strategies = _ranked(group)
    means = [
        [result.metric(name, "auac", result.common_runs(strategies)).mean() for name in strategies] for result in group
    ]
    ranks = auac_ranks(np.array(means))
    spread = ranks.std(axis=0, ddof=1) if len(ranks) > 1 else np.zeros(len(strategies))
    for position, name in enumerate(strategies):
        colour = colour_of(name)
        axes.hlines(position, *(ranks[:, position].mean() + spread[position] * np.array([-1, 1])), color=colour)
        axes.scatter(ranks[:, position].mean(), position, color=colour, s=30)
    axes.set_yticks(range(len(strategies)), [label_of(name) for name in strategies])
    axes.set_xticks(range(1, len(strategies) + 1))
    axes.set_ylim(len(strategies) - 0.5, -0.5)
    runs = sorted({len(result.common_runs(strategies)) for result in group})
    axes.set_xlabel(f"AUAC rank over {', '.join(result.data for result in group)}\n({', '.join(map(str, runs))} runs)")


def _hand_made(result: ExperimentResults) -> list[str]:
    return [name for name in HAND_MADE if name in result.acquired]


def _ranked(group: Sequence[ExperimentResults]) -> list[str]:
    order = ["oracle", *HAND_MADE, "random", "np"]
    everywhere = [name for name in order if group and all(name in result.acquired for result in group)]
    return everywhere if everywhere and all(result.common_runs(everywhere) for result in group) else []


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
