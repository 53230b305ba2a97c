"""What a plot of the page is: what it says, how it is drawn, and the table that it is drawn from.

A plot's table is a cube of values, or plain rows. The page's scripts make rows of what the reader asks to see of it,
draw them with the plot's Vega-Lite specification, and know nothing of any one plot. They understand these names of
axes and columns:

- ``evaluation``, ``quantity``, ``baseline``: what the controls are of; only rows of what is chosen there are shown;
- ``strategy`` and ``other``: only rows of strategies that are ticked are shown; ``strategy`` also gives a row its
  ``label``, ``colour``, ``fill``, ``marker`` and ``dash``, so that a strategy looks the same in every plot;
- ``light`` and ``dark``: a row's ``colour`` on light and on dark paper, where no strategy gives it one;
- ``competitors``: whether the row is of strategies that compete, whose values span a diverging scale.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

import altair as alt
import numpy as np
import pandas as pd

from npal_cli.report.results import AL_AVERAGE, ExperimentResults

Json = dict[str, Any]

WIDTH: Literal["container"] = "container"
HEIGHT = 300
ROWS = alt.NamedData(name="rows")
ENDS = alt.NamedData(name="ends")

COLOUR = alt.Color("colour:N", scale=None)
FILL = alt.Fill("fill:N", scale=None)
MARKER = alt.Shape("marker:N", scale=None)
DASH = alt.StrokeDash(
    "dash:N",
    scale=alt.Scale(domain=["solid", "dashed", "dotted"], range=[[1, 0], [7, 3], [2, 2]]),
    legend=None,
)
QUIET = "#888888"
"""Of lines that guide the eye."""
DIVERGING = alt.Scale(domainMid=0, clamp=True, interpolate="lab", range=["#5FA2DD", "#F7F7F7", "#F0A35E"])
"""From loss to gain, light enough for dark figures on it."""
ON_COLOUR = "#111111"
"""Of figures on that scale."""

Source = TypeVar("Source")


class OverviewSource(NamedTuple):
    """What the plots of all experiments together are drawn from."""

    cells: pd.DataFrame
    """See :func:`npal_cli.report.cells.cells`."""
    titles: Mapping[tuple[str, str, str], str]
    """What each (data, setting, classifier) is called."""
    against: pd.DataFrame
    """See :func:`npal_cli.report.paper.against_the_paper`."""


class Plot(ABC, Generic[Source]):
    """A kind of plot."""

    name: str
    title: str
    caption: str = ""
    """``{quantity}``, ``{evaluation}`` and ``{baseline}`` stand for what is chosen, ``{of}`` for the table's: here, and
    in the titles of axes."""
    wide: ClassVar[bool] = False
    """Whether it takes the width of the page, above the tables."""
    of_one: ClassVar[bool] = False
    """Whether it shows one strategy, which the reader chooses; rows without a strategy are shown with each."""
    defined: ClassVar[Sequence[str]] = ("value",)
    """Columns without which a row cannot be shown."""
    line: ClassVar[tuple[str, int] | None] = None
    """A column, and a height in pixels: the plot is so high for each of the column's values."""
    across: ClassVar[tuple[str, int] | None] = None
    """A column, and a width in pixels: the plot is at least so wide for each of the column's values, and scrolls."""
    ends: ClassVar[tuple[str, str] | None] = None
    """The columns of a line's x and y: the data set ``ends`` has the last row of each line, with the height ``at``
    that its label has room at."""
    legend: ClassVar[bool] = False
    """Whether strategies are told apart by their looks alone, so that a legend is needed."""
    diverging: ClassVar[bool] = False
    """Whether colours go both ways from zero, as far as competitors differ; a bound beyond has the last colour."""
    ordered: ClassVar[Sequence[str]] = ()
    """Channels that are sorted as strategies are in tables."""

    @abstractmethod
    def chart(self) -> Any:
        """The Altair chart of the data set ``rows``."""

    @abstractmethod
    def table(self, source: Source) -> Json | None:
        """What it is drawn from; None if there is nothing to show, whatever is asked for."""

    def specification(self) -> Json:
        """The chart, and what the page's scripts have to know of the plot."""
        told = {
            "caption": self.caption,
            "one": self.of_one,
            "defined": list(self.defined),
            "line": self.line,
            "across": self.across,
            "ends": self.ends,
            "legend": self.legend,
            "diverging": self.diverging,
            "ordered": list(self.ordered),
        }
        return {**self.chart().to_dict(), "usermeta": told}


def figures_on(cells: Any) -> Any:
    """A heat map with its figures, bold where ``p`` is below 5 %, from a chart that has places and tooltips."""
    coloured = cells.mark_rect(stroke="#8888", strokeWidth=0.5).encode(
        alt.Color("value:Q", scale=DIVERGING, legend=None)
    )
    apart = "isValid(datum.p) && datum.p < 0.05"
    text = "abs(datum.value) < 0.005 ? '0' : format(datum.value, '+.2f')"
    figure = cells.transform_calculate(figure=text).encode(alt.Text("figure:N"))
    told = figure.transform_filter(apart).mark_text(fontSize=10, color=ON_COLOUR, fontWeight="bold")
    chance = figure.transform_filter(f"!({apart})").mark_text(fontSize=10, color=ON_COLOUR)
    return coloured + chance + told


Columns = Mapping[str, tuple[Sequence[str], Any]]
"""For each column, the axes that it is over, and its values in nested lists."""


def cube(axes: Mapping[str, Iterable[Any]], columns: Columns, *, of: str = "") -> Json:
    """A table with a row for every combination of the axes' values."""
    return {
        "of": of,
        "axes": {name: list(values) for name, values in axes.items()},
        "columns": {name: {"over": list(over), "values": values} for name, (over, values) in columns.items()},
    }


def plain(names: Sequence[str], values: Iterable[Sequence[Any]], *, of: str = "") -> Json | None:
    """A table with the rows ``values``, whose columns are ``names``; None if there are no rows."""
    columns = list(zip(*values, strict=True))
    if not columns:
        return None
    found = {name: (("row",), list(column)) for name, column in zip(names, columns, strict=True)}
    return cube({"row": range(len(columns[0]))}, found, of=of)


def rounded(values: Any, digits: int = 4) -> Any:
    """Numbers or arrays as JSON has them: rounded, in lists, null where undefined.

    >>> rounded(np.array([0.123456, np.nan]))
    [0.1235, None]
    """
    array = np.round(np.asarray(values, dtype=np.float64), digits) + 0.0  # no minus before a zero
    if np.isfinite(array).all():
        return array.tolist()
    values = np.full(array.shape, None, dtype=object)
    np.copyto(values, array, where=np.isfinite(array))
    return values.tolist()


def baselines_of(result: ExperimentResults) -> list[str]:
    """What curves can be shown less of: each strategy, and the AL average if there is one."""
    return [*result.ordered, *([AL_AVERAGE] if result.common_runs(result.hand_made) else [])]
