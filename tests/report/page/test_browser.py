"""The page in a real browser: everything is drawn, everything answers, nothing is asked of the network."""

from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from npal_cli.report.build import build
from npal_cli.report.missing import Missing
from tests.browser import browser, needs_browser
from tests.report.conftest import QUICK, acquired, everything, experiment

__all__ = ["browser"]

pytestmark = needs_browser


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    results = [*everything(), *everything("adult"), *everything("waveform", classifier="svm")]
    build(folder, results, [Missing("mushrooms", "balanced", "svm", ("np",), whole=False)], options=QUICK)
    return folder / "index.html"


class Tab:
    """A tab that remembers what it complained of and asked for."""

    def __init__(self, browser, path: Path, address: str = "", **settings):
        self.said, self.asked = [], []
        self.page = browser.new_context(**settings).new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(f"{path.as_uri()}#{address}" if address else path.as_uri())
        self.settle()

    def settle(self):
        self.page.wait_for_function("document.documentElement.dataset.state === 'ready'")

    def choose(self, title: str):
        """Show an experiment."""
        self.page.select_option("#experiment", label=title)
        is_shown = "title => document.querySelector('.experiment:not([hidden]) h2 span').textContent === title"
        self.page.wait_for_function(is_shown, arg=title)
        self.settle()

    def rows(self, plot: str) -> int:
        return int(self.page.locator(f".experiment:not([hidden]) [data-plot={plot}]").get_attribute("data-rows"))

    def marks(self) -> dict[str, int]:
        """How many marks each visible plot has."""
        count = "all => all.map(each => [each.dataset.plot, each.querySelectorAll('svg path, svg text').length])"
        return dict(self.page.locator(".canvas:visible").evaluate_all(count))

    def column(self, number: int) -> list[str]:
        return self.page.locator(f"table.sortable:visible tbody tr:visible > :nth-child({number})").all_inner_texts()


@pytest.fixture
def tab(browser, report):
    opened = Tab(browser, report)
    yield opened
    opened.page.context.close()


def test_every_plot_is_drawn_without_a_complaint_or_a_request(tab, report):
    tab.choose("waveform, imbalanced, logistic regression")
    marks = tab.marks()
    assert set(marks) == {
        "forest",
        "curves", "ranks", "pairs", "rare", "balance", "map", "loss", "prediction", "calibration", "gains", "distances",
    }  # fmt: skip
    assert min(marks.values()) > 10
    assert tab.said == []
    assert tab.asked == [report.as_uri()]


def test_the_evaluation_switches_curves_and_table(tab):
    before, curve = tab.column(2), "[data-plot=curves] svg"
    drawn = tab.page.locator(curve).first.inner_html()
    assert "on the held-out points" in tab.page.locator("[data-plot=curves] >> xpath=..").first.inner_text()
    tab.page.check("input[value=test]")
    tab.settle()
    assert tab.column(2) != before
    assert tab.page.locator(curve).first.inner_html() != drawn
    assert "on the test set" in tab.page.locator("[data-plot=curves] >> xpath=..").first.inner_text()


def test_baselines_metrics_and_strategies_can_be_switched(tab):
    tab.choose("waveform, imbalanced, logistic regression")
    lines, curves = tab.rows("curves"), ".experiment:visible [data-plot=curves] svg"
    tab.page.uncheck("#strategies input[value=kcgrdy]")
    tab.settle()
    assert tab.rows("curves") == lines - 11
    for control, value in (("#baseline", "al_average"), ("#baseline", "nothing"), ("#quantity", "rare_recall")):
        drawn = tab.page.locator(curves).inner_html()
        tab.page.select_option(control, value)
        tab.settle()
        assert tab.page.locator(curves).inner_html() != drawn
    assert tab.said == []


def test_variants_and_controls_are_there_to_be_added(tab):
    tab.choose("waveform, imbalanced weighted, logistic regression")
    lines = tab.rows("curves")
    for name in ("haluni_reference", "random_train_on_reward"):
        tab.page.check(f"#strategies input[value={name}]")
        tab.settle()
    assert tab.rows("curves") == lines + 22


def test_a_table_is_sorted_by_the_column_that_is_clicked(tab):
    heading = tab.page.locator("table.sortable:visible thead th").nth(1)
    tab.page.locator("table.sortable:visible thead button").nth(1).click()
    down = [float(text.split()[0]) for text in tab.column(2)]
    assert down == sorted(down, reverse=True)
    assert heading.get_attribute("aria-sort") == "descending"
    tab.page.locator("table.sortable:visible thead button").nth(1).click()
    assert [float(text.split()[0]) for text in tab.column(2)] == down[::-1]
    tab.page.locator("table.sortable:visible thead button").nth(2).click()
    assert tab.column(3)[-1] == ""  # Random is not compared with itself, and stays last


def test_infinity_is_the_largest_number(tab):
    cell = "[data-evaluation=held_out] table.sortable tbody td:nth-child(7)"
    tab.page.evaluate(f"document.querySelector('{cell}').dataset.value = 'inf'")
    name = tab.page.locator("table.sortable:visible tbody tr:visible th").first.inner_text()
    button = tab.page.locator("table.sortable:visible thead button").nth(6)
    button.click()
    assert tab.column(1)[0] == name
    button.click()
    assert tab.column(1)[0] != name


def test_a_baseline_is_kept_where_an_experiment_lacks_it(tab):
    tab.page.select_option("#baseline", "uncsamp")
    for label, baseline in (
        ("waveform, imbalanced, SVM", "nothing"),
        ("adult, balanced, logistic regression", "uncsamp"),
    ):
        tab.choose(label)
        assert tab.page.input_value("#baseline") == baseline


def test_controls_alone_are_shown(browser, tmp_path):
    build(tmp_path, [experiment(reward_oracle=acquired("r"), random_train_on_reward=acquired("q"))], [], options=QUICK)
    tab = Tab(browser, tmp_path / "index.html")
    assert tab.rows("curves") == 22
    tab.page.context.close()


def test_every_experiment_can_be_shown_by_choice_or_address(tab, report, browser):
    tab.choose("waveform, imbalanced, SVM")
    assert tab.page.locator(".experiment:visible h2 span").all_inner_texts() == ["waveform, imbalanced, SVM"]
    assert min(tab.marks().values()) > 10
    linked = tab.page.url
    assert linked.startswith(f"{report.as_uri()}#experiment-")
    again = browser.new_page()
    again.goto(linked)
    again.wait_for_function("document.documentElement.dataset.state === 'ready'")
    assert again.locator(".experiment:visible h2 span").all_inner_texts() == ["waveform, imbalanced, SVM"]
    again.close()


def test_the_address_holds_the_whole_view(tab, browser, report):
    tab.choose("waveform, imbalanced, logistic regression")
    tab.page.check("input[value=test]")
    tab.page.select_option("#quantity", "rare_recall")
    tab.page.select_option("#baseline", "uncsamp")
    tab.page.uncheck("#strategies input[value=kcgrdy]")
    tab.page.check("#strategies input[value=haluni_reference]")
    tab.page.locator("[data-plot=map] >> xpath=..").locator("select:visible").select_option("cbal")
    tab.page.locator("table.sortable:visible thead button").nth(1).click()
    tab.settle()
    again = Tab(browser, report, address=tab.page.url.partition("#")[2])
    for each in (tab, again):
        assert (
            each.page.locator(".experiment:visible h2 span").inner_text() == "waveform, imbalanced, logistic regression"
        )
        assert each.page.locator("th[aria-sort=descending]:visible").inner_text().startswith("AUAC")
    seen = [(each.marks(), each.column(1), each.column(2), each.page.inner_text("main")) for each in (tab, again)]
    assert seen[0] == seen[1]
    again.page.evaluate("location.hash = '#experiment-0'")
    again.settle()
    assert again.page.locator("th[aria-sort]").count() == 0
    assert again.page.input_value("#baseline") == "random"
    assert again.page.is_checked("input[value=held_out]")
    again.page.context.close()


def test_what_is_as_it_was_is_not_in_the_address(tab):
    before = tab.page.url
    for act in (tab.page.uncheck, tab.page.check):
        act("#strategies input[value=kcgrdy]")
        tab.settle()
    assert tab.page.url.partition("#")[2] in ("experiment-0", before.partition("#")[2])


@pytest.mark.parametrize("address", ["nowhere", "experiment-99", "experiment-0&evaluation=x&quantity=%27&sort=9999-up"])
def test_an_odd_address_shows_what_is_there(browser, report, address):
    tab = Tab(browser, report, address=address)
    assert tab.page.locator(".experiment:visible").count() == 1
    assert tab.said == []
    tab.page.context.close()


def test_every_line_has_its_name_at_its_end_and_none_hides_another(tab):
    names = tab.page.locator("#strategies label:has(:checked)").all_inner_texts()
    texts = tab.page.locator(".experiment:visible [data-plot=curves] svg .mark-text.role-mark text")
    assert sorted(texts.all_text_contents()) == sorted(name.strip() for name in names)
    boxes = sorted(
        box["y"] for box in texts.evaluate_all("all => all.map(each => each.getBoundingClientRect().toJSON())")
    )
    assert min(b - a for a, b in pairwise(boxes)) > 10


def test_a_matrix_says_its_figures(tab):
    matrix = tab.page.locator(".experiment:visible [data-plot=pairs]")
    figures = matrix.locator("svg .mark-text.role-mark text").all_text_contents()
    competitors = tab.page.locator("#strategies :checked").count()
    assert len(figures) == competitors * (competitors - 1)
    assert all(figure == "0" or figure[0] in "+\N{MINUS SIGN}" for figure in figures)


def test_without_javascript_all_sentences_and_tables_are_there(browser, report):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(report.as_uri())
    assert page.locator("noscript p:visible").inner_text().startswith("Plots and controls need JavaScript")
    assert page.locator(".experiment:visible").count() == 9
    assert page.locator(".verdict:visible").count() == 18
    assert page.locator("#controls:visible, .canvas:visible").count() == 0
    assert "precision" not in page.locator(".experiment").first.inner_text()  # balanced
    page.context.close()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(browser, report, width, scheme):
    tab = Tab(browser, report, viewport={"width": width, "height": 900}, color_scheme=scheme)
    found = Axe().run(tab.page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []
    tab.page.context.close()


def test_all_experiments_can_be_shown_together(tab):
    tab.page.select_option("#experiment", "all")
    tab.page.wait_for_function("document.querySelectorAll('.experiment:not([hidden])').length === 9")
    tab.settle()
    assert tab.page.locator(".experiment:visible .canvas:not(:has(svg)):visible").count() == 0
    assert tab.said == []


@pytest.mark.parametrize("width", [390, 820, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(browser, report, width, scheme):
    tab = Tab(browser, report, viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.said == []
    tab.page.context.close()


def test_a_dark_page_has_dark_plots(browser, report):
    tab = Tab(browser, report, color_scheme="dark")
    assert tab.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 26)"
    colours = tab.page.locator("[data-plot=curves] svg path").evaluate_all(
        "all => all.map(p => p.getAttribute('stroke'))"
    )
    assert "#000000" not in colours
    tab.page.context.close()


def test_a_printed_page_opens_what_is_folded_and_drops_the_controls(tab):
    tab.page.emulate_media(media="print")
    tab.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.page.locator("#controls:visible").count() == 0
    assert tab.page.locator("details:not([open]):not(.folded)").count() == 0


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\N{SNOWMAN}" * 200])
def test_a_hostile_name_is_text_in_every_plot_and_table(browser, tmp_path, name):
    from npal_cli.report.cells import cells
    from npal_cli.report.page import render
    from npal_cli.report.paper import not_run

    results = [experiment(data=name, random=acquired("random"), **{name: acquired("np")})]
    (tmp_path / "index.html").write_text(render(results, cells(results), [], not_run(results), []))
    tab = Tab(browser, tmp_path / "index.html")
    assert (tab.said, len(tab.asked)) == ([], 1)
    assert name in tab.page.locator("#strategies").inner_text()
    assert tab.page.locator("main img").count() == 0
    tab.page.context.close()


def test_an_empty_page_says_what_is_missing(browser, tmp_path):
    folder = tmp_path / "report"
    folder.mkdir()
    build(folder, [], [Missing("waveform", "balanced", "logistic", ("random",), whole=True)], options=QUICK)
    tab = Tab(browser, folder / "index.html")
    assert tab.said == []
    assert "npal acquire --data waveform --setting balanced" in tab.page.inner_text("#missing")
    tab.page.context.close()
