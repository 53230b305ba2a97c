"""Every pair of strategies."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any, final

import altair as alt
import numpy as np
from scipy.stats import sem

from npal_cli.report.names import is_competitor
from npal_cli.report.page.plots.base import HEIGHT, ROWS, WIDTH, Json, Plot, figures_on, plain, rounded
from npal_cli.report.page.plots.lines import Lines, lines_of
from npal_cli.report.results import EVALUATIONS, Evaluation, ExperimentResults
from npal_cli.report.statistics import holm, runs_needed, signed_rank_test

COLUMNS = ("evaluation", "strategy", "other", "value", "error", "runs", "needed", "competitors", "p")


@final
class Pairs(Plot[ExperimentResults]):
    """AUAC differences of all pairs, with p-values of Wilcoxon's test, and the runs that would tell them apart."""

    name = "pairs"
    title = "Every pair"
    caption = "AUAC of row less column; bold: told apart (Wilcoxon's test, Holm over a column, 5 % level)"
    line = ("label", 22)
    across = ("other_label", 40)
    diverging = True
    ordered = ("x", "y")

    def chart(self) -> Any:
        """A heat map of row less column."""
        base = (
            alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
            .transform_calculate(
                chance="datum.p === null ? 'too few runs' : datum.p",
                runs_needed="datum.needed === null ? 'more than can be told' : datum.needed",
            )
            .encode(
                alt.X("other_label:N", title="... less this one", axis=alt.Axis(labelAngle=-60, labelLimit=160)),
                alt.Y("label:N", title="AUAC of this one ...", axis=alt.Axis(labelLimit=160)),
                tooltip=[
                    alt.Tooltip("label:N", title="strategy"),
                    alt.Tooltip("other_label:N", title="less"),
                    alt.Tooltip("value:Q", title="difference", format="+.3f"),
                    alt.Tooltip("error:Q", title="standard error", format=".3f"),
                    alt.Tooltip("runs:Q"),
                    alt.Tooltip("chance:N", title="p"),
                    alt.Tooltip("runs_needed:N", title="runs needed"),
                ],
            )
        )
        return figures_on(base)

    def table(self, source: ExperimentResults) -> Json | None:
        """A row for each ordered pair that has two runs in common."""
        every = {name: lines_of(source, name) for name in source.ordered}
        found = [row for i, evaluation in enumerate(EVALUATIONS) for row in _compared(every, evaluation, i)]
        return plain(COLUMNS, found)


def _compared(every: Mapping[str, Lines], evaluation: Evaluation, i: int) -> list[tuple[Any, ...]]:
    """A row for each ordered pair, where ``evaluation`` is the ``i``-th.

    As in the table, p-values are corrected over the competitors that are compared with one strategy; those of bounds
    and controls stand alone.
    """
    gains = {
        pair: np.trapezoid(every[pair[0]].less(every[pair[1]])[:, i, 0], axis=1) for pair in combinations(every, 2)
    }
    plain = {pair: signed_rank_test(each) for pair, each in gains.items() if len(each) > 1}
    rows = []
    for other in every:
        pairs = [pair for pair in plain if other in pair]
        names = [one if two == other else two for one, two in pairs]
        ours = [is_competitor(name) for name in names]
        corrected = iter(holm([plain[pair] for pair, competes in zip(pairs, ours, strict=True) if competes]))
        for name, pair, competes in zip(names, pairs, ours, strict=True):
            p = next(corrected) if competes else plain[pair]
            facts = _facts(gains[pair], 1 if pair[0] == name else -1)
            rows.append((evaluation, name, other, *facts, competes and is_competitor(other), rounded(p)))
    return rows


def _facts(gains: np.ndarray, sign: int) -> tuple[Any, ...]:
    """The mean difference, its standard error, and how many runs there are and would be needed."""
    mean, error = sign * float(gains.mean()), float(sem(gains))
    deviation = error * np.sqrt(len(gains))
    needed = runs_needed(mean / deviation) if deviation > 0 else float("nan")
    return rounded(mean), rounded(error), len(gains), rounded(needed, 0)
