"""Reports of little: whatever is there makes a page, and nothing on it is undefined or empty."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from npal_cli.report import figures
from npal_cli.report.build import build
from tests.report.conftest import NINE, acquired, experiment

DATA = re.compile(r'<script type="application/json" id="experiment-\d+-data">(.*?)</script>', re.DOTALL)
LIBRARY = re.compile(r"<script>.*?</script>", re.DOTALL)


def of(*names, classifier="logistic", runs=NINE):
    return experiment(classifier=classifier, **{name: acquired(name, runs=runs) for name in names})


def undefined_precision():
    """Nobody ever predicts a rare class."""
    never = acquired("random")
    for values in (never.test_precision, never.held_out_precision):
        values[..., 0] = np.nan
    return experiment(random=never)


ODD = {
    "only oracle": [of("oracle")],
    "only random": [of("random")],
    "oracle and random": [of("oracle", "random")],
    "only the reward oracle": [of("reward_oracle")],
    "only a control": [of("random_train_on_reward")],
    "a control and random": [of("random", "random_train_on_reward")],
    "a strategy without random": [of("uncsamp")],
    "two strategies without random": [of("uncsamp", "cbal")],
    "one run": [of("oracle", "uncsamp", "random", "np", runs=NINE[:1])],
    "two runs": [of("oracle", "uncsamp", "random", "np", runs=NINE[:2])],
    "disjoint strategies": [of("uncsamp", "random"), of("fscore", "np", classifier="svm")],
    "random with one classifier": [of("oracle"), of("oracle", "random", classifier="svm")],
    "disjoint runs": [experiment(random=acquired("random", runs=NINE[:4]), uncsamp=acquired("uncsamp", runs=NINE[4:]))],
    "only np": [of("np")],
    "one run of np": [of("np", runs=NINE[:1])],
    "an unknown strategy": [of("of another version")],
    "no rare class predicted": [undefined_precision()],
}


def is_empty(axes: Axes) -> bool:
    lines = [np.asarray(line.get_ydata()) for line in axes.get_lines()]
    if lines:
        return all(np.ptp(values) == 0 for values in lines)
    return not any(len(shown.get_offsets()) for shown in axes.collections)


@pytest.mark.parametrize("case", ODD)
def test_whatever_is_there_makes_a_report(case, tmp_path, monkeypatch):
    drawn = []
    save = figures.save

    def spy(figure, folder: Path, name: str):
        drawn.extend((name, axes) for axes in figure.axes)
        return save(figure, folder, name)

    monkeypatch.setattr(figures, "save", spy)
    build(tmp_path, ODD[case], [])
    assert [name for name, axes in drawn if is_empty(axes)] == []
    texts = {path.name: path.read_text() for path in tmp_path.rglob("*.[cmtj]*") if path.is_file()}
    texts |= {"index.html": LIBRARY.sub("", (tmp_path / "index.html").read_text())}
    assert {"report.md", "metrics.json"} < set(texts)
    undefined = re.compile(r"\bnan\b", re.IGNORECASE)
    assert {name: found[0] for name, text in texts.items() if (found := undefined.search(text))} == {}
    check_plots(texts["index.html"])


def check_plots(page: str) -> None:
    """A plot is on the page where there is something to show in it."""
    sections = re.split(r'<section class="experiment"', page.split('<section id="overview">', maxsplit=1)[0])[1:]
    payloads = [json.loads(found) for found in DATA.findall(page)]
    for section, payload in zip(sections, payloads, strict=True):
        plots = set(re.findall(r'data-plot="(\w+)"', section))
        assert {"curves", "balance", "map"} <= plots
        assert ("ranks" in plots) == (payload["ranks"]["test"]["runs"] > 0)
        assert ("pairs" in plots) == bool(payload["pairs"]["test"])
        rare = [curve[-1] for levels in payload["levels"].values() for curve in levels["rare_precision"]]
        assert ("rare" in plots) == (set(rare) != {None})
        assert ("loss" in plots) == ("prediction" in plots) == bool(payload["loss"])
    overview = page.split('<section id="overview">', maxsplit=1)[1]
    shown = json.loads(re.findall(r'id="overview-data">(.*?)</script>', overview, re.DOTALL)[0])
    assert ('data-plot="gains"' in overview) == any(shown["gains"].values())
    assert ('data-plot="distances"' in overview) == bool(shown["distances"])
