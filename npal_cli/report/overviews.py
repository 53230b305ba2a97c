"""Figures over many experiments: ranks (Figures 4, 13), critical differences, and distances to the paper's figures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scikit_posthocs
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from npal_cli.report.figures import panels
from npal_cli.report.names import (
    EVALUATION_TITLES,
    SETTING_TITLES,
    classifier_title,
    hand_made_for,
    is_aside,
    is_competitor,
    label_of,
    look_of,
    position_of,
)
from npal_cli.report.results import Evaluation, ExperimentResults
from npal_cli.report.statistics import CONFIDENCE, auac_ranks, critical_difference


def ranked(classifier: str) -> tuple[str, ...]:
    """The competitors of the paper's figures of ranks; Oracle is shown with them there."""
    return (*hand_made_for(classifier), "random", "np")


def competitors_of(results: Sequence[ExperimentResults]) -> tuple[str, ...]:
    """All strategies of any experiment that see no more than they should, and no other variant of a method."""
    names = {name for result in results for name in result.acquired if is_competitor(name) and not is_aside(name)}
    return tuple(sorted(names, key=position_of))


@dataclass(frozen=True)
class Ranks:
    """The rank of each strategy's mean AUAC in each experiment."""

    strategies: Sequence[str]
    experiments: Sequence[ExperimentResults]
    ranks: Float[np.ndarray, "experiment strategy"]
    runs: Sequence[int]
    """What the ranks of each experiment rest on."""

    @property
    def mean(self) -> Float[np.ndarray, " strategy"]:
        """The mean rank over experiments."""
        return np.asarray(self.ranks.mean(axis=0))

    @property
    def spread(self) -> Float[np.ndarray, " strategy"]:
        """Its standard deviation over experiments; zero for a single one."""
        return self.ranks.std(axis=0, ddof=1) if len(self.ranks) > 1 else np.zeros(len(self.strategies))

    @property
    def runs_text(self) -> str:
        """How many runs an experiment's ranks rest on, in words."""
        counts = sorted({min(self.runs), max(self.runs)})
        return f"{' to '.join(map(str, counts))} run{'s' * (counts[-1] > 1)}"


def ranks_of(results: Sequence[ExperimentResults], among: Sequence[str], evaluation: Evaluation) -> Ranks | None:
    """Rank those of ``among`` that all experiments have, over the runs that they share; None if that leaves nothing."""
    strategies = [name for name in among if results and all(name in result.acquired for result in results)]
    if len(strategies) < 2 or not all(result.common_runs(strategies) for result in results):
        return None
    shared = [result.common_runs(strategies) for result in results]
    means = [
        [result.metric(name, "auac", evaluation, runs).mean() for name in strategies]
        for result, runs in zip(results, shared, strict=True)
    ]
    return Ranks(strategies, results, auac_ranks(np.array(means)), [len(runs) for runs in shared])


def rank_figure(results: Sequence[ExperimentResults], evaluation: Evaluation) -> Figure | None:
    """Mean AUAC rank over data sets, by setting, with its standard deviation (Figures 4, 13)."""
    competitors = ranked(results[0].classifier) if results else ()
    by_setting = {setting: [result for result in results if result.setting == setting] for setting in SETTING_TITLES}
    found = {setting: ranks_of(group, ("oracle", *competitors), evaluation) for setting, group in by_setting.items()}
    shown = {setting: ranks for setting, ranks in found.items() if ranks is not None}
    if not shown:
        return None
    with panels(len(shown)) as (figure, axes):
        for each, (setting, ranks) in zip(axes, shown.items(), strict=True):
            _ranks(each, ranks)
            each.set_title(SETTING_TITLES[setting])
        model = classifier_title(results[0].classifier)
        figure.suptitle(f"{model}, {EVALUATION_TITLES[evaluation]}")
    return figure


def critical_difference_figure(results: Sequence[ExperimentResults], evaluation: Evaluation) -> Figure | None:
    """Mean AUAC ranks over experiments; a bar joins strategies that cannot be told apart (Demsar, 2006; Nemenyi).

    None for fewer than three strategies or experiments. Experiments that share data are not independent, which the
    test supposes. Strategies that some experiment lacks are left out.
    """
    ranks = ranks_of(results, competitors_of(results), evaluation)
    if ranks is None or len(ranks.strategies) < 3 or len(ranks.ranks) < 3:
        return None
    labels = [label_of(name) for name in ranks.strategies]
    table = pd.DataFrame(ranks.ranks, columns=labels)
    apart = critical_difference(len(labels), len(table))
    with panels(1, height=0.9 + 0.28 * len(labels), width=6) as (figure, axes):
        scikit_posthocs.critical_difference_diagram(
            table.mean(),
            scikit_posthocs.posthoc_nemenyi_friedman(table),
            alpha=1 - CONFIDENCE,
            ax=axes[0],
            color_palette={label_of(name): look_of(name).light for name in ranks.strategies},
        )
        axes[0].grid(visible=False)
        _bar(axes[0], float(table.mean().min()), apart)
        models = [classifier_title(name) for name in sorted({result.classifier for result in results})]
        what = f"{' and '.join(models)}, {EVALUATION_TITLES[evaluation]}"
        figure.suptitle(f"AUAC rank over {len(table)} experiments ({ranks.runs_text}), {what}")
    return figure


def distance_figure(against: pd.DataFrame) -> Figure | None:
    """How many standard errors each of our figures is from the reported one, all cells at once."""
    known = against[against["z"].notna()]
    if known.empty:
        return None
    tables = sorted(known["table"].unique(), reverse=True)
    with panels(1, height=1.4 + 0.35 * len(tables), width=7) as (figure, (axes,)):
        for width, shade in ((3, "#EEEEEE"), (2, "#DDDDDD")):
            axes.axvspan(-width, width, color=shade, zorder=0)
        for row, table in enumerate(tables):
            part = known[known["table"] == table].sort_values("z")
            offsets = 0.5 * (np.arange(len(part)) % 5 / 4 - 0.5)
            axes.scatter(part["z"], row + offsets, color=[look_of(name).light for name in part["strategy"]], s=14)
        axes.set_yticks(range(len(tables)), [f"Table {table}" for table in tables])
        axes.set_xlabel("ours less reported, in standard errors of the difference")
        outside = int((known["z"].abs() > 2).sum())
        figure.suptitle(f"{len(known)} figures beside the paper's, {outside} of them more than 2 standard errors apart")
    return figure


def _bar(axes: Axes, start: float, length: float) -> None:
    """The critical difference as a bar above the axis of ranks."""
    above = axes.get_xaxis_transform()
    axes.plot([start, start + length], [1.3, 1.3], color="#000000", linewidth=2, clip_on=False, transform=above)
    text = f"critical difference {length:.2f}"
    axes.text(start + length / 2, 1.33, text, ha="center", va="bottom", transform=above)


def _ranks(axes: Axes, ranks: Ranks) -> None:
    for position, (name, mean, spread) in enumerate(zip(ranks.strategies, ranks.mean, ranks.spread, strict=True)):
        axes.hlines(position, mean - spread, mean + spread, color=look_of(name).light)
        axes.scatter(mean, position, color=look_of(name).light, s=30)
    axes.set_yticks(range(len(ranks.strategies)), [label_of(name) for name in ranks.strategies])
    axes.set_xticks(range(1, len(ranks.strategies) + 1))
    axes.set_ylim(len(ranks.strategies) - 0.5, -0.5)
    data = ", ".join(result.data for result in ranks.experiments)
    axes.set_xlabel(f"AUAC rank over {data}\n({ranks.runs_text})")
