"""Every marker that a strategy may have is drawn: in plots, in the page's swatches, in figures."""

import re
from importlib.resources import files
from typing import get_args

from npal_cli.report.build import build
from npal_cli.report.comparisons import MARKERS
from npal_cli.strategies.looks import Marker
from npal_cli.strategies.registry import STRATEGIES
from tests.browser import browser, needs_browser
from tests.report.conftest import QUICK, acquired, experiment
from tests.report.page.test_browser import Tab

__all__ = ["browser"]


def test_figures_and_swatches_have_every_marker():
    page = (files("npal_cli.report.page") / "templates" / "index.html.j2").read_text()
    assert set(re.findall('<symbol id="([^"]+)"', page)) == set(MARKERS) == set(get_args(Marker))


@needs_browser
def test_the_plots_draw_every_marker_without_a_complaint(browser, tmp_path):
    of_marker = {kind.look.marker: name for name, kind in STRATEGIES.items() if kind.look is not None}
    assert set(of_marker) == set(get_args(Marker))
    names = {"random", *of_marker.values()}
    build(tmp_path / "report", [experiment(**{name: acquired(name) for name in names})], [], options=QUICK)
    tab = Tab(browser, tmp_path / "report" / "index.html")
    assert tab.said == []
    assert min(tab.marks().values()) > 10
