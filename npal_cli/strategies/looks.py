"""How a strategy is drawn: in one colour in every figure, and where many are compared, with a marker and a dash.

Any two colours of this package's strategies are at least 15 apart (CIE 1976, CIELAB), also as seen with deuteranopia
(Machado et al., 2009), and have a contrast of at least 3:1 to the paper (WCAG 2.2, 1.4.11), light and dark.
"""

import re
from typing import Literal, NamedTuple, get_args

Marker = Literal[
    "circle", "square", "diamond", "cross", "star", "triangle-up", "triangle-down", "triangle-left", "triangle-right"
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

    def wrong(self) -> str:
        """What is wrong with it, and what was expected; nothing if it can be drawn.

        >>> Look("#7A1FA2", "#C792EA", "blot").wrong()[:34]
        "marker 'blot'; expected one of cir"
        """
        for name, value in (("light", self.light), ("dark", self.dark)):
            if not re.fullmatch("#[0-9A-Fa-f]{6}", value):
                return f"{name} {value!r}; expected a colour as in #7A1FA2"
        for name, value, known in (("marker", self.marker, Marker), ("dash", self.dash, Dash)):
            if value not in get_args(known):
                return f"{name} {value!r}; expected one of {', '.join(get_args(known))}"
        return ""


SPARE = (Look("#00005A", "#0069E1", "triangle-left", "dotted"),)
"""Of strategies that have no look of their own."""
UNKNOWN = Look("#666666", "#999999")
"""Of strategies that are not known here."""
