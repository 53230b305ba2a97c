"""Reports of little: whatever is there makes a page, and nothing on it is undefined or empty."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from npal_cli.report import figures
from npal_cli.report.build import build
from npal_cli.report.names import is_competitor
from npal_cli.report.page.plots import EXPERIMENT_PLOTS, OVERVIEW_PLOTS
from tests.report.conftest import NINE, QUICK, acquired, experiment

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

    def spy(figure, folder: Path, name: str, also):
        drawn.extend((name, axes) for axes in figure.axes)
        return save(figure, folder, name, also)

    monkeypatch.setattr(figures, "save", spy)
    build(tmp_path, ODD[case], [], options=QUICK)
    assert [name for name, axes in drawn if is_empty(axes)] == []
    texts = {path.name: path.read_text() for path in tmp_path.rglob("*.[cmtj]*") if path.is_file()}
    texts |= {"index.html": LIBRARY.sub("", (tmp_path / "index.html").read_text())}
    assert {"report.md", "metrics.json"} < set(texts)
    undefined = re.compile(r"\bnan\b", re.IGNORECASE)
    assert {name: found[0] for name, text in texts.items() if (found := undefined.search(text))} == {}
    check_plots(texts["index.html"])


def check_plots(page: str) -> None:
    """A plot is on the page where there is something to show in it."""
    payloads = [json.loads(found) for found in DATA.findall(page)]
    sections = re.split(r'<section (?:class="experiment"|id="overview")', page)[1:]
    overview = re.findall(r'id="overview-data">(.*?)</script>', page, re.DOTALL)
    for section, payload in zip(sections, [*payloads, *map(json.loads, overview)], strict=True):
        assert sorted(re.findall(r'data-plot="(\w+)"', section)) == sorted(payload["tables"])
        for plot in (plot for plot in (*EXPERIMENT_PLOTS, *OVERVIEW_PLOTS) if plot.name in payload["tables"]):
            columns = payload["tables"][plot.name]["columns"]
            shown = [np.array(columns[name]["values"], dtype=object) for name in plot.defined if name in columns]
            assert np.logical_and.reduce([values != np.array(None) for values in shown] or [True]).any(), plot.name
        if "curves" in payload["tables"]:
            assert {"curves", "map"} <= set(payload["tables"])
            several = len({name for name in payload["tables"]["curves"]["axes"]["strategy"] if is_competitor(name)}) > 1
            assert several or "ranks" not in payload["tables"]
