"""All experiments together."""

from typing import Any, final

import altair as alt

from npal_cli.report.baselines import Baseline
from npal_cli.report.names import SETTING_TITLES, classifier_title, look_of
from npal_cli.report.page.plots.base import (
    COLOUR,
    HEIGHT,
    QUIET,
    ROWS,
    WIDTH,
    Json,
    OverviewSource,
    Plot,
    figures_on,
    plain,
    rounded,
)
from npal_cli.report.results import METRICS
from npal_cli.report.tables import interval, p_of


@final
class Gains(Plot[OverviewSource]):
    """The gain over a baseline of every strategy in every experiment."""

    caption = (
        "in AUAC, paired over runs; bold: told apart from it (Wilcoxon's test, Holm over the competitors, 5 % level)"
    )
    line = ("experiment", 24)
    across = ("label", 46)
    diverging = True
    ordered = ("x",)

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self.name = baseline.file
        self.title = baseline.title

    def chart(self) -> Any:
        """A heat map."""
        base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT).encode(
            alt.X("label:N", title=None, axis=alt.Axis(labelAngle=-60, labelLimit=160)),
            alt.Y("experiment:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            tooltip=[
                *("experiment:N", alt.Tooltip("label:N", title="strategy")),
                alt.Tooltip("value:Q", title="AUAC gained", format="+.3f"),
                alt.Tooltip("interval:N", title="95 % interval"),
                alt.Tooltip("p:Q", title="p (Wilcoxon, Holm)", format=".3f"),
                "runs:N",
            ],
        )
        return figures_on(base)

    def table(self, source: OverviewSource) -> Json | None:
        """A row for each cell of AUAC that is compared with the baseline."""
        mean, low, high, runs = (f"{self.baseline.prefix}_{part}" for part in ("mean", "low", "high", "runs"))
        cells = source.cells
        known = cells[(cells["metric"] == "auac") & cells[mean].notna()].to_dict("records")
        found = [
            (
                row["evaluation"],
                source.titles[row["data"], row["setting"], row["classifier"]],
                self.baseline.stands_for(row["strategy"]),
                self.baseline.competes(row["strategy"]),
                round(row[mean], 4),
                interval(row[mean], row[low], row[high], 3),
                f"{row[runs]:.0f}",
                rounded(p_of(row, self.baseline.prefix)),
            )
            for row in known
        ]
        return plain(("evaluation", "experiment", "strategy", "competitors", "value", "interval", "runs", "p"), found)


@final
class Distances(Plot[OverviewSource]):
    """Our figures beside the paper's, in standard errors."""

    name = "distances"
    title = "Against the paper"
    caption = "every figure that the paper reports and that was run; dashed: two standard errors"
    line = ("place", 26)

    def chart(self) -> Any:
        """A dot for each figure."""
        base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
        points = base.mark_circle(size=40, opacity=0.8).encode(
            alt.X("z:Q", title="ours less reported, in standard errors"),
            alt.Y("place:N", title=None, sort=None, axis=alt.Axis(labelLimit=240)),
            alt.YOffset("jitter:Q"),
            COLOUR,
            tooltip=[
                *("place:N", "setting:N", "metric:N", alt.Tooltip("label:N", title="strategy"), "runs:Q"),
                alt.Tooltip("mean:Q", title="ours", format=".3f"),
                alt.Tooltip("reported:Q", format=".3f"),
                alt.Tooltip("z:Q", format="+.1f"),
            ],
        )
        limits = alt.Chart(alt.InlineData(values=[{"z": -2}, {"z": 2}])).mark_rule(strokeDash=[4, 3], color=QUIET)
        return limits.encode(alt.X("z:Q")) + points

    def table(self, source: OverviewSource) -> Json | None:
        """A row for each figure, shown whatever is ticked."""
        against = source.against
        found = [
            (
                f"Table {row['table']}: {row['data']}, {classifier_title(row['classifier'])}",
                SETTING_TITLES[row["setting"]],
                METRICS[row["metric"]],
                row["label"],
                look_of(row["strategy"]).light,
                look_of(row["strategy"]).dark,
                row["runs"],
                round(row["mean"], 4),
                row["reported_mean"],
                round(row["z"], 2),
                i % 5,
            )
            for i, row in enumerate(against[against["z"].notna()].to_dict("records"))
        ]
        names = ("place", "setting", "metric", "label", "light", "dark", "runs", "mean", "reported", "z", "jitter")
        return plain(names, found)
