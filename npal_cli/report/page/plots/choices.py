"""Which points were chosen."""

from typing import Any, final

import altair as alt
import numpy as np

from npal_cli.report.choices import map_of, rare_share, rare_share_of_pool
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
from npal_cli.report.results import ExperimentResults


@final
class Balance(Plot[ExperimentResults]):
    """The share of rare classes among what was acquired."""

    name = "balance"
    title = "Balance of what was chosen"
    caption = "share of the rare classes among the points acquired; grey: in the pool"
    legend = True

    def chart(self) -> Any:
        """Lines, and the pool's share."""
        base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
        drawn = base.encode(
            alt.X("step:Q", title="acquisition step", axis=alt.Axis(tickMinStep=1)),
            alt.Y("value:Q", title="rare classes among acquired points", axis=alt.Axis(format="%")),
            COLOUR,
        )
        line = drawn.mark_line().encode(DASH, alt.Detail("label:N"))
        point = drawn.mark_point(size=35, opacity=1).encode(
            FILL,
            MARKER,
            tooltip=[alt.Tooltip("label:N", title="strategy"), "step:Q", alt.Tooltip("value:Q", format=".1%")],
        )
        return line + point + base.mark_rule(strokeDash=[4, 3], color=QUIET).encode(alt.Y("mean(pool):Q"))

    def table(self, source: ExperimentResults) -> Json | None:
        """Shares up to each step, mean over runs; None where no class is rare."""
        if not source.has_rare:
            return None
        shares = [rounded(rare_share(source, name)) for name in source.ordered]
        return cube(
            {"strategy": source.ordered, "step": range(1, len(shares[0]) + 1)},
            {"value": (("strategy", "step"), shares), "pool": ((), rounded(rare_share_of_pool(source)))},
        )


MARKERS = 8
"""That Vega knows."""
BLUE = "#3C87C3"
"""Told apart on light and on dark."""
KINDS = ("pool", "annotated", "chosen")
"""Of points, in the order that they are drawn in."""


@final
class PointMap(Plot[ExperimentResults]):
    """Where one strategy chose, in one run: points are marked by class, or where markers are too few, by its number."""

    caption = "{of}: pool (grey), annotated at first (blue), chosen with its step; principal components of the features"
    title = "Where it chose"
    of_one = True

    def __init__(self, *, numbers: bool) -> None:
        self.numbers = numbers
        self.name = "map_by_number" if numbers else "map"

    def chart(self) -> Any:
        """A layer for each kind of points, and the steps of those that were chosen."""
        plain = alt.Axis(labels=False, ticks=False, grid=False)
        base = alt.Chart(ROWS, width=WIDTH, height=360).encode(
            alt.X("x:Q", title="first principal component", axis=plain),
            alt.Y("y:Q", title="second principal component", axis=plain),
            tooltip=["kind:N", "class:N", "step:Q"],
        )
        pool, known, chosen = (base.transform_filter(alt.datum.kind == kind) for kind in KINDS)
        looks: tuple[dict[str, Any], ...] = (
            {"opacity": 0.4, "color": "#999999"},
            {"color": BLUE},
            {"fontWeight": "bold"},
        )
        if self.numbers:
            text = alt.Text("class:N")
            drawn = [
                part.mark_text(fontSize=size, **look).encode(text)
                for part, size, look in zip((pool, known, chosen), (9, 11, 15), looks, strict=True)
            ]
        else:
            shape = alt.Shape("class:N", title="class")
            drawn = [
                pool.mark_point(size=16, **looks[0]).encode(shape),
                known.mark_point(size=40, **looks[1]).encode(shape),
                chosen.mark_point(size=110, filled=True).encode(shape),
            ]
        steps = chosen.mark_text(dx=9, dy=-7, fontSize=11, fontWeight="bold").encode(alt.Text("step:Q"), COLOUR)
        return drawn[0] + drawn[1] + drawn[2].encode(COLOUR) + steps

    def table(self, source: ExperimentResults) -> Json | None:
        """Places of pool and annotated points, which all strategies share, and of what each chose."""
        if self.numbers != (len(source.problems.class_weights) > MARKERS):
            return None
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
        return plain(
            ("kind", "strategy", "step", "x", "y", "class"),
            parts,
            of=f"split {shown.run.data_seed}, seed {shown.run.seed}",
        )
