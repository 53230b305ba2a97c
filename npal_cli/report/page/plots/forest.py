"""What each strategy gains over Random."""

from typing import Any, final

import altair as alt
import pandas as pd

from npal_cli.report.page.plots.base import COLOUR, FILL, HEIGHT, MARKER, QUIET, ROWS, WIDTH, Json, Plot, plain, rounded
from npal_cli.report.tables import p_of

COLUMNS = ("evaluation", "strategy", "value", "low", "high", "runs", "wins", "p")
BEST_FIRST = alt.EncodingSortField(field="value", op="max", order="descending")


@final
class Forest(Plot[pd.DataFrame]):
    """Gains over Random with their intervals, best first."""

    name = "forest"
    title = "Gains over Random"
    caption = (
        "in AUAC, on the {evaluation}, paired over runs, with 95 % intervals; best first. Over ten steps, +0.10 is an "
        "accuracy that is larger by 0.01 at each"
    )
    wide = True
    line = ("label", 22)

    def chart(self) -> Any:
        """A dot and a line for each strategy."""
        base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
        label = alt.Y("label:N", title=None, sort=BEST_FIRST, axis=alt.Axis(labelLimit=200))
        tooltip = [
            alt.Tooltip("label:N", title="strategy"),
            alt.Tooltip("value:Q", title="gain", format="+.3f"),
            alt.Tooltip("low:Q", title="from", format="+.3f"),
            alt.Tooltip("high:Q", title="to", format="+.3f"),
            alt.Tooltip("wins:Q", title="share of runs won", format=".0%"),
            alt.Tooltip("p:Q", title="p (Wilcoxon)", format=".3f"),
            alt.Tooltip("runs:Q"),
        ]
        zero = alt.Chart(alt.InlineData(values=[{"at": 0}])).mark_rule(color=QUIET).encode(alt.X("at:Q"))
        lines = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2)
        points = base.mark_point(size=70, opacity=1).encode(FILL, MARKER)
        return (
            zero
            + lines.encode(
                alt.X("low:Q", title="AUAC gained over Random", axis=alt.Axis(tickCount=10)),
                alt.X2("high:Q"),
                label,
                COLOUR,
            )
            + points.encode(alt.X("value:Q"), label, COLOUR, tooltip=tooltip)
        )

    def table(self, source: pd.DataFrame) -> Json | None:
        """A row for each strategy that is compared with Random."""
        known = source[(source["metric"] == "auac") & source["random_mean"].notna()]
        numbers = [rounded(known[f"random_{name}"]) for name in ("mean", "low", "high", "runs", "wins")]
        numbers.append([rounded(p_of(row, "random")) for row in known.to_dict("records")])
        return plain(COLUMNS, zip(known["evaluation"], known["strategy"], *numbers, strict=True))
