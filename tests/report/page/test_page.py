"""The page as text: what it says, and that nothing in it can be taken for markup."""

from html.parser import HTMLParser

import pytest

from npal_cli.report.cells import cells
from npal_cli.report.missing import Missing
from npal_cli.report.page import render
from npal_cli.report.page.plots import CELL_PLOTS, EXPERIMENT_PLOTS, OVERVIEW_PLOTS
from npal_cli.report.page.rows import asides
from npal_cli.report.paper import not_run
from tests.report.conftest import NINE, acquired, everything, experiment

HOSTILE = [
    "<script>alert(1)</script>",
    "../x",
    "\N{SNOWMAN} & \N{LATIN SMALL LETTER E WITH ACUTE}",
    "x" * 200,
    '" onload="x',
]


class Outline(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)


def page_of(results, missing=()):
    return render(results, cells(results), missing, not_run(results), [])


def test_every_experiment_has_its_section_tables_and_data():
    page = Outline(page_of(everything()))
    sections = [attributes["id"] for tag, attributes in page.tags if tag == "section"]
    assert sections == ["experiment-0", "experiment-1", "experiment-2", "overview", "missing"]
    plots = [attributes["data-plot"] for _, attributes in page.tags if "data-plot" in attributes]
    every = {plot.name for plot in (*CELL_PLOTS, *EXPERIMENT_PLOTS, *OVERVIEW_PLOTS)}
    # no strategy but Random trained on the reward set, and no data set has many classes
    assert set(plots) == every - {"equal_budget_gains", "map_by_number"}
    assert "waveform, imbalanced weighted, logistic regression" in page.texts


def test_runs_and_splits_stand_beside_the_title():
    few = experiment(random=acquired("random"), np=acquired("np", runs=NINE[:3]))
    texts = Outline(page_of([few])).texts
    assert "3 to 9 runs on 3 splits" in texts


def test_no_star_is_given_for_a_few_runs():
    for runs, starred in ((NINE, True), (NINE[:4], False)):
        names = ("random", "uncsamp")
        page = page_of([experiment(**{name: acquired(name, runs=runs) for name in names})])
        assert ("no competitor has a larger mean AUAC" in page) == starred


def test_a_variant_that_is_the_best_is_shown_unasked():
    result = experiment(random=acquired("random"), haluni_reference=acquired("haluni", level=0.9))
    assert asides(cells([result])) == set()
    result = experiment(random=acquired("random"), haluni_reference=acquired("haluni", level=0.5))
    assert asides(cells([result])) == {"haluni_reference"}


def test_nothing_comes_from_elsewhere():
    tags = Outline(page_of(everything(settings=["balanced"]))).tags
    addresses = [value for _, attributes in tags for key, value in attributes.items() if key in ("src", "href")]
    assert all(value.startswith(("#", "data:")) for value in addresses)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_as_text(name):
    plain = page_of([experiment(data="mine", random=acquired("random"), other=acquired("x"))])
    hostile = page_of([experiment(data=name, random=acquired("random"), **{name: acquired("x")})])
    one, other = Outline(plain), Outline(hostile)
    assert [tag for tag, _ in one.tags] == [tag for tag, _ in other.tags]
    assert [sorted(attributes) for _, attributes in one.tags] == [sorted(attributes) for _, attributes in other.tags]
    assert any(name in text for text in other.texts)


def test_nothing_acquired_says_what_to_do():
    lacking = [Missing("waveform", "balanced", "logistic", ("random",), whole=True)]
    texts = " ".join(Outline(page_of([], lacking)).texts)
    assert "Nothing has been acquired yet" in texts
    assert "npal acquire --data waveform --setting balanced --classifier logistic --compare\n" in texts


def test_the_same_results_give_the_same_page():
    assert page_of(everything()) == page_of(everything())
