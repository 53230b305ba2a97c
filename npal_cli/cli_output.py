"""What a command prints: a table that fits a terminal and the paths of artifacts, or JSON."""

import json
import math
import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    import numpy as np

    from npal_cli.pipeline.build import Built
    from npal_cli.pipeline.context import Experiment

WIDTH = 80
"""Of the narrowest terminal that tables fit."""
EXPERIMENT = ("data", "setting", "classifier")
HIDDEN = ("artifact", "seconds", "columns")
"""Of a row, what its table does not show."""
FIGURES = {
    "to_make": ("runs to\nmake", "{:,.0f}"),
    "estimate": ("seconds,\nabout", "{:,.0f}"),
    "refits": ("refits", "{:,.0f}"),
    "refits_per_second": ("a second", "{:,.0f}"),
    "negative": ("worse", "{:.0%}"),
    "zero": ("equal", "{:.0%}"),
    "positive": ("better", "{:.0%}"),
    "largest": ("largest", "{:.4f}"),
    "redrawn": ("drawn again", "{:.0%}"),
    "auac": ("test\nAUAC", "{:.2f}"),
    "auac_std": ("", " ± {:.2f}"),
    "held_out_auac": ("held-out\nAUAC", "{:.2f}"),
    "gain": ("held-out, less\nRandom [95 %]", "{:+.2f}"),
    "gain_low": ("", " [{:+.2f}, "),
    "gain_high": ("", "{:+.2f}]"),
    "final_accuracy": ("final\nscore", "{:.3f}"),
}
"""How figures are called and written, those without a name after the one before; others as they are, to four digits."""


def row_of(
    experiment: "Experiment", built: "Built[Any]", shown: dict[str, Any], *, by_classifier: bool = True
) -> dict[str, Any]:
    """A row of the table: which experiment, what the stage says of it, and where its artifact is."""
    named = {"data": experiment.data, "setting": experiment.setting}
    if by_classifier:
        named["classifier"] = experiment.classifier
    runs = {"runs": len(built.record.runs)}
    return {**named, **runs, **shown, "seconds": round(built.seconds, 1), "artifact": str(built.path)}


def gain_of(strategy: str, curves: "Mapping[str, np.ndarray]") -> dict[str, float | None]:
    """What a strategy gains over Random in AUAC, run by run, with its 95 % interval.

    ``curves`` has a row for each run, the same runs for all strategies. Nothing where Random is not there, or was
    acquired for another number of steps.
    """
    if strategy == "random" or "random" not in curves or curves[strategy].shape != curves["random"].shape:
        return {}
    from npal_cli.objectives import auac
    from npal_cli.report.statistics import bootstrap_interval

    differences = auac(curves[strategy] - curves["random"])
    low, high = (None if math.isnan(end) else end for end in bootstrap_interval(differences))
    return {"gain": float(differences.mean()), "gain_low": low, "gain_high": high}


def show(results: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print the rows: a table of each experiment if several strategies ran, else one of all; of one row, a list."""
    if as_json:
        typer.echo(json.dumps(results, indent=2))
        return
    from tabulate import tabulate

    for row in results:
        if row.get("columns"):
            typer.echo(f"{tabulate(row['columns'], headers='keys', maxcolwidths=[24, None, None, 30])}\n")
    by_experiment = len({row.get("strategy") for row in results}) > 1
    for _, group in groupby(results, key=_experiment if by_experiment else lambda _: None):
        for table in _fitting(list(group)):
            typer.echo(f"{table}\n")
    for row in results:
        if "artifact" in row:
            typer.echo(row["artifact"])


def table_of(results: Sequence[dict[str, Any]]) -> str:
    """What all rows share in a sentence, then a table of what differs; of one row, a list.

    >>> print(table_of([{"data": "a", "runs": 2, "gain": 0.5}, {"data": "a", "runs": 2, "gain": -0.25}]))
    data: a; runs: 2
    <BLANKLINE>
      held-out, less
       Random [95 %]
    ----------------
               +0.50
               -0.25
    """
    from tabulate import tabulate

    rows = [_titled(row) for row in results]
    if len(rows) == 1:
        return tabulate([(" ".join(title.split()), text) for title, text in rows[0].items()], tablefmt="plain")
    titles = list(dict.fromkeys(title for row in rows for title in row))
    figures = {title for title, _ in FIGURES.values()}
    shared = [title for title in titles if title not in figures and len({row.get(title) for row in rows}) == 1]
    varying = [title for title in titles if title not in shared] or shared[:1]
    said = "; ".join(f"{title}: {rows[0][title]}" for title in shared if title not in varying)
    table = [[row.get(title, "-") for title in varying] for row in rows]
    right = ["left" if _is_word(results, title) else "right" for title in varying]
    parts = [textwrap.fill(said, WIDTH)] if said else []
    return "\n\n".join([*parts, tabulate(table, varying, disable_numparse=True, colalign=right)])


def _fitting(rows: list[dict[str, Any]]) -> list[str]:
    """A table of all rows, or one for each data set, setting or classifier where it would be too wide."""
    table = table_of(rows)
    differs = [name for name in EXPERIMENT if len({row.get(name) for row in rows}) > 1]
    if max(map(len, table.splitlines())) <= WIDTH or not differs:
        return [table]
    return [part for _, some in groupby(rows, key=lambda row: row.get(differs[0])) for part in _fitting(list(some))]


def _experiment(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in EXPERIMENT)


def _titled(row: dict[str, Any]) -> dict[str, str]:
    """What the table shows of a row."""
    shown: dict[str, str] = {}
    for name, value in row.items():
        if name in HIDDEN:
            continue
        title = _title(name)
        if title:
            shown[title] = _text(name, value)
        elif value is not None:
            shown[list(shown)[-1]] += _text(name, value)
    return shown


def _title(name: str) -> str:
    return FIGURES[name][0] if name in FIGURES else name.replace("_", " ")


def _text(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name in FIGURES:
        return FIGURES[name][1].format(value)
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _is_word(results: Sequence[dict[str, Any]], title: str) -> bool:
    return any(isinstance(value, str) for row in results for name, value in row.items() if _title(name) == title)
