"""How a strategy is drawn, the same in every figure: by colour, and for who cannot tell colours, by marker and dash.

Any two colours of this package's strategies are at least 15 apart (CIE 1976, CIELAB), also as seen with deuteranopia
(Machado et al., 2009), and have a contrast of at least 3:1 to the paper (WCAG 2.2, 1.4.11), light and dark.
"""

from typing import Literal, NamedTuple

Marker = Literal[
    "circle", "square", "diamond", "cross", "triangle-up", "triangle-down", "triangle-left", "triangle-right"
]
Dash = Literal["solid", "dashed", "dotted"]


class Look(NamedTuple):
    """How a strategy is drawn."""

    light: str
    """Its colour on light paper, as ``#RRGGBB`` ..."""
    dark: str
    """... and on dark paper."""
    marker: Marker = "circle"
    dash: Dash = "solid"


SPARE = (
    Look("#00003C", "#009600", "cross", "dotted"),
    Look("#00005A", "#0069E1", "triangle-left", "dotted"),
)
"""Of strategies that have no look of their own."""
UNKNOWN = Look("#666666", "#999999")
"""Of strategies that are not known here."""
