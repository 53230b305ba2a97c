"""The plots of the page: each says in its own file what it is called, how it is drawn, and what from."""

from collections.abc import Sequence

import pandas as pd

from npal_cli.report.baselines import EQUAL_BUDGET, RANDOM
from npal_cli.report.page.plots.base import OverviewSource, Plot
from npal_cli.report.page.plots.choices import Balance, PointMap
from npal_cli.report.page.plots.curves import Curves
from npal_cli.report.page.plots.forest import Forest
from npal_cli.report.page.plots.overview import Distances, Gains
from npal_cli.report.page.plots.pairs import Pairs
from npal_cli.report.page.plots.predictions import Coverage, Predictions
from npal_cli.report.page.plots.ranks import Ranks
from npal_cli.report.page.plots.rare import RareClasses
from npal_cli.report.page.plots.training import TrainingLoss
from npal_cli.report.results import ExperimentResults

CELL_PLOTS: Sequence[Plot[pd.DataFrame]] = (Forest(),)
"""Of the figures of one experiment (:mod:`npal_cli.report.cells`), above the others."""

EXPERIMENT_PLOTS: Sequence[Plot[ExperimentResults]] = (
    *(Curves(), Ranks(), Pairs(), RareClasses(), Balance(), PointMap(numbers=False), PointMap(numbers=True)),
    *(TrainingLoss(), Predictions(), Coverage()),
)
"""Of one experiment, in the order of the page."""

OVERVIEW_PLOTS: Sequence[Plot[OverviewSource]] = (Gains(EQUAL_BUDGET), Gains(RANDOM), Distances())
"""Of all experiments together."""
