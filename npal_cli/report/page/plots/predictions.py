"""Predicted improvements, beside the true ones."""

from typing import Any, final

import altair as alt
import numpy as np

from npal_cli.report.page.plots.base import (
    COLOUR,
    DASH,
    FILL,
    HEIGHT,
    MARKER,
    QUIET,
    ROWS,
    WIDTH,
    Json,
    Plot,
    cube,
    plain,
    rounded,
)
from npal_cli.report.predictions import LEVELS, Calibration, calibration
from npal_cli.report.results import ExperimentResults


def _calibrations(source: ExperimentResults) -> dict[str, Calibration]:
    found = {name: calibration(source.acquired[name]) for name in source.ordered}
    return {name: each for name, each in found.items() if each is not None}


@final
class Predictions(Plot[ExperimentResults]):
    """Points of one strategy, and means of tenths of them."""

    name = "prediction"
    title = "Predicted against true improvement"
    caption = "of pool points on the reward set; marked: means of tenths, two standard errors"
    of_one = True

    def chart(self) -> Any:
        """A cloud, and points with whiskers."""
        base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
        x, y = alt.X("predicted:Q", title="predicted improvement"), alt.Y("improvement:Q", title="true improvement")
        points = base.transform_filter("datum.kind == 'point'")
        cloud = points.mark_circle(size=14, opacity=0.35, color="#7899b0").encode(x, y)
        bins = base.transform_filter("datum.kind == 'bin'").transform_calculate(
            low="datum.improvement - 2 * datum.error", high="datum.improvement + 2 * datum.error"
        )
        rule = bins.mark_rule(strokeWidth=2).encode(x, alt.Y("low:Q", title="true improvement"), alt.Y2("high:Q"))
        mean = bins.mark_point(filled=True, size=60, color="#D55E00").encode(
            x, y, tooltip=[alt.Tooltip("predicted:Q", format=".4f"), alt.Tooltip("improvement:Q", format=".4f")]
        )
        return cloud + rule + mean

    def table(self, source: ExperimentResults) -> Json | None:
        """Rows of two kinds: points, and bins of them."""
        parts: list[tuple[Any, ...]] = []
        for name, each in _calibrations(source).items():
            bare = np.pad(each.points, ((0, 0), (0, 1)), constant_values=np.nan)
            parts += [(name, "point", *row) for row in rounded(bare, 5)]
            parts += [(name, "bin", *row) for row in rounded(each.bins, 5)]
        return plain(("strategy", "kind", "predicted", "improvement", "error"), parts)


@final
class Coverage(Plot[ExperimentResults]):
    """How often true improvements are where predictions say."""

    name = "calibration"
    title = "Does sigma cover?"
    caption = "share of true improvements within the central interval of the prediction"
    legend = True

    def chart(self) -> Any:
        """Observed against nominal shares."""
        unit = alt.Scale(domain=[0, 1])
        base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT).encode(
            alt.X("nominal:Q", title="interval of the prediction", scale=unit, axis=alt.Axis(format="%"))
        )
        ideal = base.mark_line(strokeDash=[4, 3], color=QUIET).encode(alt.Y("nominal:Q", scale=unit))
        seen = base.encode(
            alt.Y("observed:Q", title="true improvements inside", scale=unit, axis=alt.Axis(format="%")), COLOUR
        )
        line = seen.mark_line().encode(DASH, alt.Detail("label:N"))
        point = seen.mark_point(size=35, opacity=1).encode(
            FILL,
            MARKER,
            tooltip=[alt.Tooltip("nominal:Q", format=".0%"), alt.Tooltip("observed:Q", format=".1%")],
        )
        return ideal + line + point

    def table(self, source: ExperimentResults) -> Json | None:
        """Shares of the points of all runs and steps."""
        found = _calibrations(source)
        if not found:
            return None
        over = ("strategy", "nominal")
        observed = [rounded(each.observed) for each in found.values()]
        return cube({"strategy": found, "nominal": rounded(LEVELS)}, {"observed": (over, observed)})
