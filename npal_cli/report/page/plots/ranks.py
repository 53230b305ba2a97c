"""Ranks of competitors."""

from typing import Any, final

import altair as alt
import numpy as np

from npal_cli.report.names import is_competitor
from npal_cli.report.page.plots.base import COLOUR, FILL, HEIGHT, MARKER, ROWS, WIDTH, Json, Plot, cube, rounded
from npal_cli.report.results import EVALUATIONS, ExperimentResults
from npal_cli.report.statistics import FEWEST_RUNS, auac_ranks
from npal_cli.report.tables import runs_of


@final
class Ranks(Plot[ExperimentResults]):
    """The rank of each competitor by AUAC in each run that all have."""

    name = "ranks"
    title = "Ranks"
    caption = "of competitors by AUAC in each of the {of} that all have: mean and standard deviation"
    line = ("label", 22)

    def chart(self) -> Any:
        """Points with whiskers."""
        order = alt.EncodingSortField("value")
        base = (
            alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
            .transform_calculate(low="datum.value - datum.spread", high="datum.value + datum.spread")
            .encode(alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=240)), COLOUR)
        )
        title = "AUAC rank in a run, mean and deviation"
        rule = base.mark_rule(strokeWidth=2).encode(
            alt.X("low:Q", title=title, scale=alt.Scale(zero=False)), alt.X2("high:Q")
        )
        point = base.mark_point(size=70, opacity=1).encode(
            alt.X("value:Q"),
            FILL,
            MARKER,
            tooltip=[alt.Tooltip("label:N", title="strategy"), alt.Tooltip("value:Q", title="mean rank", format=".2f")],
        )
        return rule + point

    def table(self, source: ExperimentResults) -> Json | None:
        """Mean and deviation over the runs that all competitors have."""
        competitors = [name for name in source.ordered if is_competitor(name)]
        ranked = [name for name in competitors if len(source.runs(name)) >= FEWEST_RUNS] or competitors
        runs = source.common_runs(ranked)
        if not runs or len(ranked) < 2:
            return None
        areas = [[source.metric(name, "auac", evaluation, runs) for name in ranked] for evaluation in EVALUATIONS]
        ranks = np.stack([auac_ranks(np.stack(each, axis=1)) for each in areas])
        spread = ranks.std(axis=1, ddof=1) if len(runs) > 1 else np.zeros(ranks.shape[::2])
        over = ("evaluation", "strategy")
        return cube(
            {"evaluation": EVALUATIONS, "strategy": ranked},
            {"value": (over, rounded(ranks.mean(axis=1))), "spread": (over, rounded(spread))},
            of=runs_of(len(runs), len(runs)),
        )
