"""Acquisition curves."""

from typing import Any, final

import altair as alt
import numpy as np

from npal_cli.report.page.plots.base import (
    COLOUR,
    DASH,
    ENDS,
    FILL,
    MARKER,
    ROWS,
    WIDTH,
    Json,
    Plot,
    baselines_of,
    cube,
    rounded,
)
from npal_cli.report.page.plots.lines import lines_of, mean_and_error
from npal_cli.report.results import EVALUATIONS, QUANTITIES, ExperimentResults
from npal_cli.report.statistics import FEWEST_RUNS

ROOM = 190
"""Pixels that the name of a line has at most."""
NOTHING = "nothing"
"""The baseline of curves that are shown as they are."""


@final
class Curves(Plot[ExperimentResults]):
    """Each strategy's mean over runs, as it is or less a baseline's in the same run."""

    name = "curves"
    title = "Acquisition curves"
    caption = "{quantity} on the {evaluation}{baseline}; bands of two standard errors, of five runs or more"
    wide = True
    ends = ("step", "value")

    def chart(self) -> Any:
        """Lines with bands and points, and a name at each line's end."""
        base = (
            alt.Chart(ROWS, width=WIDTH, height=360)
            .transform_calculate(low="datum.value - 2 * datum.error", high="datum.value + 2 * datum.error")
            .encode(alt.X("step:Q", title="acquisition step", axis=alt.Axis(tickMinStep=1)), COLOUR)
        )
        band = (
            base.transform_filter(alt.datum.runs >= FEWEST_RUNS)
            .mark_area(opacity=0.15)
            .encode(
                alt.Y("low:Q", title="{quantity}{baseline}", scale=alt.Scale(zero=False)),
                alt.Y2("high:Q"),
                alt.Detail("label:N"),
            )
        )
        line = base.mark_line(strokeWidth=2).encode(alt.Y("value:Q"), DASH, alt.Detail("label:N"))
        point = base.mark_point(size=45, opacity=1).encode(
            alt.Y("value:Q"),
            FILL,
            MARKER,
            tooltip=[
                alt.Tooltip("label:N", title="strategy"),
                alt.Tooltip("step:Q"),
                alt.Tooltip("value:Q", format=".4f"),
                alt.Tooltip("error:Q", title="standard error", format=".4f"),
                alt.Tooltip("runs:Q"),
            ],
        )
        end = alt.Chart(ENDS).encode(alt.X("step:Q"), COLOUR)
        lead = end.mark_rule(xOffset=5, x2Offset=18).encode(alt.X2("step:Q"), alt.Y("value:Q"), alt.Y2("at:Q"))
        name = end.mark_text(align="left", dx=21, limit=ROOM, fontSize=11).encode(alt.Y("at:Q"), alt.Text("label:N"))
        return band + line + point + lead + name

    def table(self, source: ExperimentResults) -> Json:
        """Means, standard errors and numbers of runs, over those that strategy and baseline both have."""
        names, baselines = source.ordered, baselines_of(source)
        every = {name: lines_of(source, name) for name in baselines}
        each = [[every[name].values for name in names]]
        each += [[every[name].less(every[baseline]) for name in names] for baseline in baselines]
        found = [[mean_and_error(values) for values in row] for row in each]
        mean, error = np.moveaxis(np.array(found), (2, 3, 4), (0, 1, 2))
        over = ("evaluation", "quantity", "baseline", "strategy", "step")
        values = EVALUATIONS, QUANTITIES, (NOTHING, *baselines), names, range(mean.shape[-1])
        runs = [[len(values) for values in row] for row in each]
        return cube(
            dict(zip(over, values, strict=True)),
            {
                "value": (over, rounded(mean)),
                "error": (over, rounded(error)),
                "runs": (("baseline", "strategy"), runs),
            },
        )
