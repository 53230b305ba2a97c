"""The files of a report: tables, figures, the page, and what other tools read."""

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr

from npal_cli.engine import Engine
from npal_cli.report import latex, page, tables
from npal_cli.report.baselines import BASELINES, RANDOM
from npal_cli.report.cells import cells
from npal_cli.report.data import data_table
from npal_cli.report.drawing import write_figures
from npal_cli.report.missing import Missing
from npal_cli.report.names import (
    ACCURACY_TABLES,
    EVALUATION_TITLES,
    PUBLISHED_DATA,
    RARE_CLASS_TABLES,
    SUFFIXES,
    numbered,
)
from npal_cli.report.options import ReportOptions
from npal_cli.report.paper import Takes, against_the_paper, not_run
from npal_cli.report.results import EVALUATIONS, ExperimentResults, grouped
from npal_cli.report.verdicts import write_metrics

ACCURACY = ("auac", "final_accuracy")
RARE_CLASS = ("rare_precision", "rare_recall")


def build(
    folder: Path,
    results: Sequence[ExperimentResults],
    missing: Sequence[Missing],
    takes: Takes = lambda _data, _setting, _classifier: True,
    options: ReportOptions | None = None,
    engine: Engine | None = None,
) -> None:
    """Write the report of ``results`` into the empty ``folder``; ``takes`` says which experiments were asked for."""
    engine, options = engine or Engine(), options or ReportOptions()
    with engine.bar(4, label="making the report", unit="part") as bar:
        for part in ("tables", "figures", "plots"):
            (folder / part).mkdir(parents=True)
        table, lacking = cells(results), not_run(results, takes)
        bar.update()
        _write_tables(folder, results, table)
        _write_csv(lacking, folder / "tables" / "not_run.csv")
        _write_metrics(folder, results, table)
        write_metrics(folder / "metrics", table)
        bar.update()
        pictures = write_figures(folder / "figures", results, table, options, engine)
        bar.update()
        (folder / "index.html").write_text(page.render(results, table, missing, lacking, pictures), encoding="utf-8")


def _write_tables(folder: Path, results: Sequence[ExperimentResults], table: pd.DataFrame) -> None:
    pages = ["# npal report"]
    for data, classifier in grouped(results):
        published = (PUBLISHED_DATA.get(data, data), classifier)
        own = table[(table["data"] == data) & (table["classifier"] == classifier)]
        for kind, metrics, numbers in (
            ("accuracy", ACCURACY, ACCURACY_TABLES),
            ("rare_class", RARE_CLASS, RARE_CLASS_TABLES),
        ):
            name = numbered("table", numbers.get(published), data, classifier, kind)
            title = tables.caption(data, classifier, metrics, numbers.get(published))
            markdown = tables.to_markdown(tables.wide_table(own, metrics), title)
            _write_csv(own[own["metric"].isin(metrics)], folder / "tables" / f"{name}.csv")
            (folder / "tables" / f"{name}.md").write_text(markdown, encoding="utf-8")
            (folder / "tables" / f"{name}.tex").write_text(
                latex.figures_table(own, metrics, title, name), encoding="utf-8"
            )
            pages.append(f"## {tables.as_text(name)}\n\n{markdown}")
        for evaluation, suffix in SUFFIXES.items():
            name = numbered("table", None, data, classifier, RANDOM.file, *suffix)
            if (in_latex := latex.gains_table(own, evaluation, name)) is not None:
                (folder / "tables" / f"{name}.tex").write_text(in_latex, encoding="utf-8")
    for number, part in data_table(results).groupby("table"):
        name = numbered("table", int(str(number)), "data")
        markdown = tables.plain_markdown(part.drop(columns="table"))
        _write_csv(part, folder / "tables" / f"{name}.csv")
        (folder / "tables" / f"{name}.md").write_text(markdown, encoding="utf-8")
        pages.append(f"## {name}\n\n{markdown}")
    for baseline, evaluation in product((each for each in BASELINES if each.shown), EVALUATIONS):
        gained = tables.gains_table(table, evaluation, baseline)
        if not gained.empty:
            name = numbered("table", None, baseline.file, evaluation)
            legend = f"{baseline.title}, {tables.GAINS_LEGEND} ({EVALUATION_TITLES[evaluation]})."
            markdown = f"{legend}\n\n{tables.plain_markdown(gained)}"
            _write_csv(gained, folder / "tables" / f"{name}.csv")
            (folder / "tables" / f"{name}.md").write_text(markdown, encoding="utf-8")
            pages.append(f"## {name}\n\n{markdown}")
    (folder / "report.md").write_text("\n\n".join(pages) + "\n", encoding="utf-8")
    _write_csv(against_the_paper(table), folder / "tables" / "against_the_paper.csv")
    _write_store(folder / "results.zarr", table.drop(columns=["label", "labels_told", "best"]))


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, float_format="%.10g")


def _write_store(path: Path, table: pd.DataFrame) -> None:
    """The cells as a Zarr group: an array a column, names as codes into the attribute ``names``."""
    columns: dict[str, np.ndarray] = {}
    names: dict[str, list[str]] = {}
    for column in table.columns:
        if pd.api.types.is_numeric_dtype(table[column]):
            columns[column] = table[column].to_numpy()
        else:
            codes, categories = pd.factorize(table[column], sort=True)
            columns[column], names[column] = codes.astype(np.int64), [str(name) for name in categories]
    group = zarr.open_group(path, mode="w", zarr_format=3, attributes={"format": "npal.report/2", "names": names})
    for column, values in columns.items():
        chunks = (max(len(values), 1),)
        group.create_array(column, data=values, chunks=chunks, dimension_names=["cell"])


def _write_metrics(folder: Path, results: Sequence[ExperimentResults], table: pd.DataFrame) -> None:
    metrics: dict[str, Any] = {}
    scores = table[table["metric"] == "auac"]
    shown = {"mean": "mean", "std": "std", "to_random": "random_mean", "z": "z", "optimism": "optimism"}
    for row in scores.to_dict("records"):
        place = metrics
        for key in ("data", "classifier", "setting", "evaluation"):
            place = place.setdefault(row[key], {})
        known = {name: round(row[column], 6) for name, column in shown.items() if np.isfinite(row[column])}
        place[row["strategy"]] = {"runs": row["runs"], **{f"auac_{name}": value for name, value in known.items()}}
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    bars = scores[scores["evaluation"] == "test"]
    experiment = bars["data"] + " " + bars["classifier"] + " " + bars["setting"]
    plotted = pd.DataFrame(
        {"bar": experiment + ": " + bars["label"], "mean": bars["mean"], "to_random": bars["random_mean"]}
    )
    plotted.to_csv(folder / "plots" / "auac.csv", index=False, float_format="%.6g")
    curves = [
        {
            "experiment": f"{result.data} {result.classifier} {result.setting}",
            "strategy": name,
            "step": step,
            **{evaluation: result.curve(name, evaluation).mean(axis=0)[step] for evaluation in EVALUATIONS},
        }
        for result in results
        for name in result.acquired
        for step in range(result.acquired[name].chosen.shape[1] + 1)
    ]
    columns = ["experiment", "strategy", "step", *EVALUATIONS]
    pd.DataFrame(curves, columns=columns).to_csv(folder / "plots" / "curves.csv", index=False, float_format="%.6g")
