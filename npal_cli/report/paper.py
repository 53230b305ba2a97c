"""What the paper reports, ours beside it, and what of it has not been run."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pandas as pd

from npal_cli.report.names import PUBLISHED_DATA, reported_name
from npal_cli.report.published import protocol_of
from npal_cli.report.results import ExperimentResults
from npal_cli.strategies.registry import STRATEGIES

ROW = ("data", "classifier", "strategy", "setting")
CELL = (*ROW, "metric")

Takes = Callable[[str, str, str], bool]
"""Says whether an experiment (data, setting, classifier) was asked for."""


@cache
def reported_results() -> pd.DataFrame:
    """The paper's tables as rows of (table, data, classifier, strategy, setting, metric, mean, std)."""
    return pd.read_csv(Path(__file__).with_name("reported_results.csv"))


def reported(data: str, classifier: str, strategy: str, setting: str, metric: str) -> tuple[float, float] | None:
    """The mean and standard deviation over runs that the paper reports, if it does.

    >>> reported("waveform", "logistic", "random", "balanced", "auac")
    (8.65, 0.23)
    """
    found = _found(data, classifier, strategy, setting, metric)
    return (found[1], found[2]) if found is not None else None


def table_of(data: str, classifier: str, strategy: str, setting: str, metric: str) -> int | None:
    """The number of the paper's table that reports a figure, if one does."""
    found = _found(data, classifier, strategy, setting, metric)
    return found[0] if found is not None else None


def against_the_paper(table: pd.DataFrame) -> pd.DataFrame:
    """Of a table of cells (:func:`npal_cli.report.cells.cells`), those that the paper reports, by its table number."""
    known = table[(table["evaluation"] == "test") & table["reported_mean"].notna()].copy()
    known["table"] = [table_of(*(str(row[key]) for key in CELL)) for row in known.to_dict("records")]
    columns = ["table", *CELL, "label", "runs", "splits", "mean", "std", "reported_mean", "reported_std", "difference"]
    return known[[*columns, "z"]].sort_values("table", kind="stable").reset_index(drop=True)


def not_run(
    results: Sequence[ExperimentResults], takes: Takes = lambda _data, _setting, _classifier: True
) -> pd.DataFrame:
    """The rows of the paper's tables that lack runs: how many are there, what fills them, and what that costs.

    Of the experiments that ``takes`` says were asked for. The cost, in seconds, is the missing runs at what one took
    where the same strategy was run as published with the same classifier; NaN where none was.
    """
    rows = []
    done, cost = _runs_by_row(results), _seconds_a_run(results)
    for each in reported_results()[["table", *ROW]].drop_duplicates().to_dict("records"):
        data, classifier, label, setting = (str(each[key]) for key in ROW)
        runs = done.get((data, classifier, label, setting), 0)
        expected = protocol_of(classifier).runs
        if runs < expected and takes(data, setting, classifier):
            name = _names_by_label().get(label, "")
            options = f"--data {data} --setting {setting} --classifier {classifier} --strategy {name}"
            seconds = (expected - runs) * cost.get((name, classifier), float("nan"))
            rows.append({**each, "runs": runs, "command": f"npal acquire {options}", "seconds": seconds})
    return pd.DataFrame(rows, columns=["table", *ROW, "runs", "command", "seconds"])


def _runs_by_row(results: Sequence[ExperimentResults]) -> dict[tuple[str, ...], int]:
    runs: dict[tuple[str, ...], int] = {}
    for result in results:
        for name in filter(result.as_published, result.acquired):
            row = (PUBLISHED_DATA.get(result.data, result.data), result.classifier, reported_name(name), result.setting)
            runs[row] = max(runs.get(row, 0), len(result.runs(name)))
    return runs


def _seconds_a_run(results: Sequence[ExperimentResults]) -> dict[tuple[str, str], float]:
    """The mean over experiments."""
    times: dict[tuple[str, str], list[float]] = {}
    for result in results:
        for name, timing in result.timings.items():
            if timing.get("runs") and result.as_published(name):
                times.setdefault((name, result.classifier), []).append(timing["seconds"] / timing["runs"])
    return {key: sum(values) / len(values) for key, values in times.items()}


def _found(data: str, classifier: str, strategy: str, setting: str, metric: str) -> tuple[int, float, float] | None:
    return _by_cell().get((PUBLISHED_DATA.get(data, data), classifier, reported_name(strategy), setting, metric))


@cache
def _by_cell() -> dict[tuple[str, ...], tuple[int, float, float]]:
    rows = reported_results().to_dict("records")
    return {
        tuple(str(row[key]) for key in CELL): (int(row["table"]), float(row["mean"]), float(row["std"])) for row in rows
    }


@cache
def _names_by_label() -> dict[str, str]:
    return {strategy.label: name for name, strategy in STRATEGIES.items()}
