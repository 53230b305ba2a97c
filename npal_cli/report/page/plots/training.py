"""Loss curves of what strategies train."""

from typing import Any, final

import altair as alt
import numpy as np

from npal_cli.report.page.plots.base import HEIGHT, ROWS, WIDTH, Json, Plot, cube, rounded
from npal_cli.report.results import ExperimentResults


@final
class TrainingLoss(Plot[ExperimentResults]):
    """Of the network that a strategy trains before each step."""

    name = "loss"
    title = "Training loss"
    caption = "of the network trained before each step (NP: negative log likelihood in nats), mean over runs"
    of_one = True

    def chart(self) -> Any:
        """A line for each step."""
        return (
            alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
            .mark_line(strokeWidth=1.5)
            .encode(
                alt.X("epoch:Q", title="epoch"),
                alt.Y("value:Q", title="loss", scale=alt.Scale(zero=False)),
                alt.Color("step:O", title="before step", scale=alt.Scale(scheme="viridis")),
                tooltip=["step:O", "epoch:Q", alt.Tooltip("value:Q", format=".3f")],
            )
        )

    def table(self, source: ExperimentResults) -> Json | None:
        """Means over runs, of strategies that train something."""
        found = {n: source.acquired[n].loss.mean(axis=0) for n in source.ordered if source.acquired[n].loss.size}
        if not found:
            return None
        steps, epochs = (max(each.shape[axis] for each in found.values()) for axis in (0, 1))
        padded = np.full((len(found), steps, epochs), np.nan)
        for to, each in zip(padded, found.values(), strict=True):
            to[: each.shape[0], : each.shape[1]] = each
        over = ("strategy", "step", "epoch")
        axes = found, range(1, steps + 1), range(1, epochs + 1)
        return cube(dict(zip(over, axes, strict=True)), {"value": (over, rounded(padded))})
