"""Strategies that are shown together are told apart: by colour, also by who sees fewer, and by marker and dash."""

import re
from itertools import combinations

import numpy as np
import pytest
from colorspacious import cspace_convert

from npal_cli.errors import UsageError
from npal_cli.strategies.base import ScoringStrategy
from npal_cli.strategies.looks import SPARE, UNKNOWN, Look
from npal_cli.strategies.registry import STRATEGIES, checked

LOOKS = {name: kind.look for name, kind in STRATEGIES.items()}
PAPERS = {"light": ("#FFFFFF", "#F6F6F8"), "dark": ("#16161A", "#212127")}
"""Of page and plots, as in the report's page.css."""
DEUTERANOPIA = {"name": "sRGB1+CVD", "cvd_type": "deuteranomaly", "severity": 100}


def channels(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def contrast(one: str, other: str) -> float:
    """Of WCAG 2.2."""

    def luminance(colour: str) -> float:
        values = channels(colour)
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def apart(one: str, other: str, *, deuteranopia: bool) -> float:
    """The CIE 1976 difference."""
    seen = np.stack([channels(one), channels(other)])
    if deuteranopia:
        seen = np.clip(cspace_convert(seen, DEUTERANOPIA, "sRGB1"), 0, 1)
    return float(np.linalg.norm(np.diff(cspace_convert(seen, "sRGB1", "CIELab"), axis=0)))


def test_the_measures_are_the_known_ones():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert apart("#000000", "#FFFFFF", deuteranopia=False) == pytest.approx(100, abs=0.1)
    assert apart("#8C4A70", "#AA3377", deuteranopia=True) == pytest.approx(2.4, abs=0.05)


@pytest.mark.parametrize("deuteranopia", [False, True])
@pytest.mark.parametrize("paper", PAPERS)
def test_any_two_colours_are_told_apart(paper, deuteranopia):
    colours = {name: getattr(look, paper) for name, look in LOOKS.items()}
    found = {
        (one, other): apart(colours[one], colours[other], deuteranopia=deuteranopia)
        for one, other in combinations(colours, 2)
    }
    assert min(found.values()) >= 15, min(found, key=found.get)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_colour_stands_out_from_the_paper(paper):
    for look in (*LOOKS.values(), *SPARE, UNKNOWN):
        for under in PAPERS[paper]:
            assert contrast(getattr(look, paper), under) >= 3


def test_without_colours_markers_and_dashes_tell_them_apart():
    assert len({(look.marker, look.dash) for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize(
    ("look", "wrong"),
    [
        (Look("red", "#FFFFFF"), "light 'red'; expected a colour as in #7A1FA2"),
        (Look("#7A1FA2", "#C792EA", "diamond", "dashdot"), "dash 'dashdot'; expected one of solid, dashed, dotted"),
    ],
)
def test_a_look_that_cannot_be_drawn_is_refused(look, wrong):
    kind = type("Mine", (ScoringStrategy,), {"name": "mine", "label": "Mine", "look": look, "scores": None})
    with pytest.raises(UsageError, match=re.escape(f"strategy 'mine:Mine': its look has {wrong}")):
        checked(kind, "mine:Mine")


def test_the_papers_are_those_of_the_page():
    from importlib.resources import files

    css = (files("npal_cli.report.page") / "templates" / "page.css").read_text().upper()
    for colour in (*PAPERS["light"], *PAPERS["dark"]):
        assert f": {colour};" in css
