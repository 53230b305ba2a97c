"""Precision and recall of the rare classes."""

from typing import Any, final

import altair as alt
import numpy as np

from npal_cli.report.page.plots.base import COLOUR, FILL, HEIGHT, MARKER, ROWS, WIDTH, Json, Plot, cube, rounded
from npal_cli.report.page.plots.lines import lines_of, mean_and_error
from npal_cli.report.results import EVALUATIONS, QUANTITIES, ExperimentResults


@final
class RareClasses(Plot[ExperimentResults]):
    """Each strategy after the last step."""

    name = "rare"
    title = "Rare class"
    caption = "precision and recall of the rare classes (their mean) after the last step, two standard errors each way"
    defined = ("precision", "recall")
    legend = True

    def chart(self) -> Any:
        """Points with whiskers both ways."""
        zoom = alt.Scale(zero=False)
        base = (
            alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
            .transform_calculate(
                precision_low="datum.precision - 2 * datum.precision_error",
                precision_high="datum.precision + 2 * datum.precision_error",
                recall_low="datum.recall - 2 * datum.recall_error",
                recall_high="datum.recall + 2 * datum.recall_error",
            )
            .encode(COLOUR)
        )
        across = base.mark_rule().encode(
            alt.X("recall_low:Q", title="recall of the rare classes", scale=zoom),
            alt.X2("recall_high:Q"),
            alt.Y("precision:Q", title="precision of the rare classes", scale=zoom),
        )
        along = base.mark_rule().encode(
            alt.Y("precision_low:Q", title="precision of the rare classes", scale=zoom),
            alt.Y2("precision_high:Q"),
            alt.X("recall:Q", scale=zoom),
        )
        point = base.mark_point(size=80, opacity=1).encode(
            FILL,
            MARKER,
            alt.X("recall:Q"),
            alt.Y("precision:Q"),
            tooltip=[
                alt.Tooltip("label:N", title="strategy"),
                alt.Tooltip("precision:Q", format=".3f"),
                alt.Tooltip("recall:Q", format=".3f"),
            ],
        )
        return across + along + point

    def table(self, source: ExperimentResults) -> Json | None:
        """Means over runs, with standard errors; None where no class is rare."""
        if not source.has_rare:
            return None
        found = [mean_and_error(lines_of(source, name).values[:, :, :, -1]) for name in source.ordered]
        mean, error = np.moveaxis(np.array(found), (1, 3), (0, 1))  # (quantity, strategy, evaluation)
        at = {name: QUANTITIES.index(f"rare_{name}") for name in ("precision", "recall")}
        if not np.isfinite(mean[list(at.values())]).all(axis=0).any():
            return None
        over = ("evaluation", "strategy")
        means = {name: (over, rounded(mean[i].T)) for name, i in at.items()}
        errors = {f"{name}_error": (over, rounded(error[i].T)) for name, i in at.items()}
        return cube({"evaluation": EVALUATIONS, "strategy": source.ordered}, {**means, **errors})
