"""Which points were chosen."""

from typing import Any, final

import altair as alt
import numpy as np

from npal_cli.report.choices import map_of, rare_share, rare_share_of_pool
from npal_cli.report.page.plots.base import COLOUR, DASH, HEIGHT, QUIET, ROWS, WIDTH, Json, Plot, cube, plain, rounded
from npal_cli.report.results import ExperimentResults


@final
class Balance(Plot[ExperimentResults]):
    """The share of rare classes among what was acquired."""

    name = "balance"
    title = "Balance of what was chosen"
    caption = "share, among the points acquired, of the classes that imbalanced settings make rare; dashed: in the pool"

    def chart(self) -> Any:
        """Lines, and the pool's share."""
        base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
        line = base.mark_line(point=True).encode(
            alt.X("step:Q", title="acquisition step", axis=alt.Axis(tickMinStep=1)),
            alt.Y("value:Q", title="rare classes among acquired points", axis=alt.Axis(format="%")),
            COLOUR,
            DASH,
            alt.Detail("label:N"),
            tooltip=[alt.Tooltip("label:N", title="strategy"), "step:Q", alt.Tooltip("value:Q", format=".1%")],
        )
        return line + base.mark_rule(strokeDash=[4, 3], color=QUIET).encode(alt.Y("mean(pool):Q"))

    def table(self, source: ExperimentResults) -> Json:
        """Shares up to each step, mean over runs."""
        shares = [rounded(rare_share(source, name)) for name in source.ordered]
        return cube(
            {"strategy": source.ordered, "step": range(1, len(shares[0]) + 1)},
            {"value": (("strategy", "step"), shares), "pool": ((), rounded(rare_share_of_pool(source)))},
        )


@final
class PointMap(Plot[ExperimentResults]):
    """Where one strategy chose, in one run."""

    name = "map"
    title = "Where it chose"
    caption = "{of}: pool (grey), annotated at first (blue), chosen with its step; principal components of the features"
    of_one = True

    def chart(self) -> Any:
        """Points, shaped by class."""
        plain = alt.Axis(labels=False, ticks=False, grid=False)
        base = alt.Chart(ROWS, width=WIDTH, height=360).encode(
            alt.X("x:Q", title="first principal component", axis=plain),
            alt.Y("y:Q", title="second principal component", axis=plain),
            tooltip=["kind:N", "class:N", "step:Q"],
        )
        shaped = base.encode(alt.Shape("class:N", title="class"))
        pool = shaped.transform_filter("datum.kind == 'pool'").mark_point(size=16, opacity=0.4, color="#999999")
        known = shaped.transform_filter("datum.kind == 'annotated'").mark_point(size=40, color="#0072B2")
        chosen = shaped.transform_filter("datum.kind == 'chosen'").mark_point(size=110, filled=True).encode(COLOUR)
        steps = base.transform_filter("datum.kind == 'chosen'").mark_text(dx=9, dy=-7, fontSize=11, fontWeight="bold")
        steps = steps.encode(alt.Text("step:Q"), COLOUR)
        return pool + known + chosen + steps

    def table(self, source: ExperimentResults) -> Json | None:
        """Places of pool and annotated points, which all strategies share, and of what each chose."""
        shown, labels = map_of(source), source.problems.labels
        parts: list[tuple[Any, ...]] = []

        def add(kind: str, points: np.ndarray, step: int | None = None, strategy: str | None = None) -> None:
            places = zip(rounded(shown.places[points], 3), labels[points].tolist(), strict=True)
            parts.extend((kind, strategy, step, x, y, label) for (x, y), label in places)

        add("pool", shown.pool)
        add("annotated", shown.annotated)
        for name, batches in shown.chosen.items():
            for step, batch in enumerate(batches, start=1):
                add("chosen", batch, step, name)
        return plain(("kind", "strategy", "step", "x", "y", "class"), parts, of=f"run {shown.run}")
