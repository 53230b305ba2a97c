"""How labelling stands, as a page and as a picture."""

import re
from pathlib import Path

import pytest

from npal_cli.labelling.page import write
from npal_cli.labelling.page.curve import curve
from npal_cli.labelling.rounds import Labelling
from tests.commands import json_of
from tests.labelling.conftest import batch_of


@pytest.fixture
def labelling(begun) -> Labelling:
    from npal_cli.cli_goal import labelling_of
    from npal_cli.cli_options import RowOptions

    return labelling_of(RowOptions(data="leads", quiet=True), "leads")


def test_the_page_says_what_the_command_says(begun, annotate):
    for _ in range(4):
        annotate(batch_of(begun, 10, "--strategy", "margin"))
    told = json_of(begun("status", "--data", "leads", "--json", "--page", "status.html"))
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", Path("status.html").read_text()))
    assert told["advice"] in page.replace("&#39;", "'")
    for each in told["rounds"]:
        assert f"{each['labels']} {each['score']['value']:.3f} {each['score']['low']:.3f}" in page
    assert "yes {yes}".format(**told["labels"]) in page
    assert page.count(" margin 2 accuracy") == 4


def test_the_page_is_one_file_that_asks_for_nothing(begun, annotate):
    annotate(batch_of(begun))
    begun("status", "--data", "leads", "--page", "status.html")
    page = Path("status.html").read_text()
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href)=["'](?!#)""", page.split("</style>")[1])


def test_the_curve_has_a_point_for_each_score_and_is_empty_without_any(begun, annotate, labelling):
    assert curve(labelling.status()) == ""
    annotate(batch_of(begun))
    annotate(batch_of(begun))
    drawn = curve(labelling.status())
    scored = [each for each in labelling.status().rows() if each["score"] is not None]
    assert drawn.startswith("<svg")
    assert drawn.count('aria-roledescription="point"') == len(scored) > 1


def test_a_page_of_nothing_yet_is_written_too(labelling, tmp_path):
    write(labelling.status(), tmp_path / "status.html")
    assert "no random row has a label yet" in (tmp_path / "status.html").read_text()


def test_names_of_classes_are_no_html(begun):
    begun("label", "--data", "leads", "C100=<b>x</b>", "--new-class", "<b>x</b>")
    begun("status", "--data", "leads", "--page", "status.html")
    assert "<b>x" not in Path("status.html").read_text()


def test_a_page_that_cannot_be_written_is_said(begun):
    result = begun("status", "--data", "leads", "--page", "leads.csv/status.html", code=1)
    assert "leads.csv/status.html" in result.stderr


@pytest.mark.parametrize(("name", "said"), [("leads.csv", "end in .html"), ("mine.html", "is no page of npal status")])
def test_a_page_takes_the_place_of_such_a_page_alone(begun, name, said):
    Path("mine.html").write_text("<p>mine")
    before = Path(name).read_bytes()
    assert said in begun("status", "--data", "leads", "--page", name, code=2).stderr
    assert Path(name).read_bytes() == before
    begun("status", "--data", "leads", "--page", "status.html")
    begun("status", "--data", "leads", "--page", "status.html")
