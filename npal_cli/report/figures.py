"""The paper's figures of one data set: SVG, PDF and PNG, the same bytes for the same results."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from npal_cli.report.names import EVALUATION_TITLES, SETTING_TITLES, classifier_title, label_of, look_of
from npal_cli.report.options import FigureFile
from npal_cli.report.results import AL_AVERAGE, Evaluation, ExperimentResults
from npal_cli.report.statistics import mean_and_band
from npal_cli.report.tables import runs_of

AVERAGE_COLOUR = "#444444"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "npal",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,  # as text, which publishers ask for
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}
UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}
"""The kinds of files, and what keeps date and version out of them."""


def curve_figure(results: Sequence[ExperimentResults], evaluation: Evaluation) -> Figure | None:
    """Accuracy of Random, Oracle, NP and the best other strategy, less the average of the others (Figure 3).

    Differences are taken run by run; bands are two standard errors of their mean. None without a strategy to average,
    or if that is all there is: it is no different from itself.
    """
    shown = [result for result in results if len(result.hand_made) > 1 or _beside_average(result)]
    shown = [result for result in shown if result.common_runs(result.hand_made)]
    return _by_setting(shown, evaluation, _curves, "accuracy relative to AL average")


def acquisition_figure(results: Sequence[ExperimentResults], evaluation: Evaluation) -> Figure | None:
    """Accuracy of Random, the best other strategy and the average of the others, with areas (Figures 1, 5 to 8).

    Over the runs that all have; bands are one standard deviation. None without Random and a strategy to compare.
    """
    able = [each for each in results if "random" in each.acquired and each.hand_made]
    shown = [each for each in able if each.common_runs([*each.hand_made, "random"])]
    return _by_setting(shown, evaluation, _levels, "class-weighted accuracy")


def loss_figure(results: Sequence[ExperimentResults], strategy: str = "np") -> Figure | None:
    """The neural process's training loss at the last acquisition step, mean and deviation over runs (Figures 9, 14)."""
    shown = [r for r in results if strategy in r.acquired and r.acquired[strategy].loss.shape[2]]
    if not shown:
        return None
    with panels(len(shown)) as (figure, axes):
        for each, result in zip(axes, shown, strict=True):
            loss = result.acquired[strategy].loss[:, -1]
            epochs = np.arange(1, loss.shape[1] + 1)
            mean, spread = loss.mean(axis=0), loss.std(axis=0, ddof=1) if len(loss) > 1 else np.zeros(len(epochs))
            colour = look_of(strategy).light
            each.plot(epochs, mean, color=colour)
            each.fill_between(epochs, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)
            each.set_title(f"{SETTING_TITLES[result.setting]} ({runs_of(len(loss), len(loss))})")
            each.set_xlabel("epoch")
        axes[0].set_ylabel("negative log likelihood (nats)")
        step = shown[0].acquired[strategy].loss.shape[1]
        figure.suptitle(f"{label_of(strategy)} before step {step}: {shown[0].data}, {shown[0].classifier}")
    return figure


def save(figure: Figure, folder: Path, name: str, also: Collection[FigureFile] = ()) -> list[Path]:
    """Write ``svg/name.svg`` in ``folder``, and ``pdf/name.pdf`` and so on, without a date in them."""
    kinds = [kind for kind in UNDATED if kind == "svg" or kind in also]
    paths = [folder / kind / f"{name}.{kind}" for kind in kinds]
    with mpl.rc_context(STYLE):
        layout = figure.get_layout_engine()
        if layout is not None:  # it is found once, for all
            layout.execute(figure)
            figure.set_layout_engine("none")
        for path, kind in zip(paths, kinds, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=300, metadata=UNDATED[kind])
    return paths


@contextmanager
def panels(count: int, *, height: float = 3.8, width: float = 3.4) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure of ``count`` panels side by side, in the style of all figures; sizes in inches."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1.2 + width * count, height), layout="constrained")
        yield figure, list(np.ravel(figure.subplots(1, count, squeeze=False)))


def _by_setting(
    shown: Sequence[ExperimentResults],
    evaluation: Evaluation,
    draw: Callable[[Axes, ExperimentResults, Evaluation], None],
    label: str,
) -> Figure | None:
    """A panel for each setting of one data set, if there is any."""
    if not shown:
        return None
    with panels(len(shown), height=4.4) as (figure, axes):
        for each, result in zip(axes, shown, strict=True):
            draw(each, result, evaluation)
        axes[0].set_ylabel(label)
        model = classifier_title(shown[0].classifier)
        figure.suptitle(f"{shown[0].data}, {model}, {EVALUATION_TITLES[evaluation]}")
    return figure


def _best(result: ExperimentResults, evaluation: Evaluation) -> str:
    """The hand-made strategy with the largest mean AUAC in the runs that all of them have."""
    runs = result.common_runs(result.hand_made)
    return max(result.hand_made, key=lambda name: float(result.metric(name, "auac", evaluation, runs).mean()))


def _levels(axes: Axes, result: ExperimentResults, evaluation: Evaluation) -> None:
    best, runs = _best(result, evaluation), result.common_runs([*result.hand_made, "random"])
    for name, label in (
        (best, f"Best of the paper's: {label_of(best)}"),
        ("random", "Random"),
        (AL_AVERAGE, "AL average"),
    ):
        curves = result.curve(name, evaluation, "score", runs)
        mean, spread = curves.mean(axis=0), curves.std(axis=0, ddof=1) if len(curves) > 1 else 0.0
        area, steps = float(np.trapezoid(mean)), np.arange(len(mean))
        colour = AVERAGE_COLOUR if name == AL_AVERAGE else look_of(name).light
        axes.plot(steps, mean, color=colour, label=f"{label}: AUAC {area:.3f} ({runs_of(len(curves), len(curves))})")
        axes.fill_between(steps, mean - spread, mean + spread, color=colour, alpha=0.15, linewidth=0)
    _finish(axes, result)


def _finish(axes: Axes, result: ExperimentResults) -> None:
    axes.set_title(SETTING_TITLES[result.setting])
    axes.set_xlabel("acquisition step")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.18))


def _beside_average(result: ExperimentResults) -> list[str]:
    """Those of the paper's curves that are not of the AL average's own strategies, and have runs to compare."""
    there = [name for name in ("random", "np", "oracle") if name in result.acquired and result.hand_made]
    return [name for name in there if result.common_runs([name, AL_AVERAGE])]


def _curves(axes: Axes, result: ExperimentResults, evaluation: Evaluation) -> None:
    best = _best(result, evaluation)
    for name, label in [
        ("random", "Random"),
        (best, f"Best of the paper's: {label_of(best)}"),
        ("np", "NP"),
        ("oracle", "Oracle"),
    ]:
        if name not in result.acquired:
            continue
        runs = result.common_runs([name, AL_AVERAGE])
        if not runs:
            continue
        ours, average = (result.curve(each, evaluation, "score", runs) for each in (name, AL_AVERAGE))
        mean, band = mean_and_band(ours - average)
        steps = np.arange(len(mean))
        axes.plot(steps, mean, color=look_of(name).light, label=f"{label} ({runs_of(len(runs), len(runs))})")
        axes.fill_between(steps, mean - band, mean + band, color=look_of(name).light, alpha=0.15, linewidth=0)
    axes.axhline(0, color=AVERAGE_COLOUR, linewidth=0.8, linestyle="--", label="AL average")
    _finish(axes, result)
