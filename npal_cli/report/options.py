"""What a report is made of."""

from dataclasses import dataclass
from typing import Literal

FigureFile = Literal["pdf", "png"]


@dataclass(frozen=True)
class ReportOptions:
    """The files of a report."""

    figures: tuple[FigureFile, ...] = ("pdf", "png")
    """Kinds of files that figures have beside SVG, for papers and slides; they take time."""
