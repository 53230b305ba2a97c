"""The files of a report: tables, figures, the page, and what other tools read."""

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr
from matplotlib.figure import Figure

from npal_cli.report import figures, overviews, page, tables
from npal_cli.report.baselines import BASELINES
from npal_cli.report.cells import cells
from npal_cli.report.data import data_table
from npal_cli.report.missing import Missing
from npal_cli.report.names import (
    ACCURACY_TABLES,
    CURVE_FIGURES,
    EVALUATION_TITLES,
    LOSS_FIGURES,
    PUBLISHED_DATA,
    RANK_FIGURES,
    RARE_CLASS_TABLES,
    classifier_title,
    numbered,
)
from npal_cli.report.page import Picture
from npal_cli.report.paper import Takes, against_the_paper, not_run
from npal_cli.report.published import IMAGES, protocol_of
from npal_cli.report.results import EVALUATIONS, Evaluation, ExperimentResults, grouped
from npal_cli.report.verdicts import write_metrics

ACCURACY = ("auac", "final_accuracy")
RARE_CLASS = ("rare_precision", "rare_recall")
SUFFIXES: dict[Evaluation, list[str]] = {"test": [], "held_out": ["held_out"]}
"""How the names of figures end."""


def build(
    folder: Path,
    results: Sequence[ExperimentResults],
    missing: Sequence[Missing],
    takes: Takes = lambda _data, _setting, _classifier: True,
) -> None:
    """Write the report of ``results`` into the empty ``folder``; ``takes`` says which experiments were asked for."""
    for part in ("tables", "figures", "plots"):
        (folder / part).mkdir(parents=True)
    table, lacking = cells(results), not_run(results, takes)
    _write_tables(folder, results, table)
    _write_csv(lacking, folder / "tables" / "not_run.csv")
    pictures = _write_figures(folder / "figures", results, table)
    _write_metrics(folder, results, table)
    write_metrics(folder / "metrics", table)
    (folder / "index.html").write_text(page.render(results, table, missing, lacking, pictures))


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
            (folder / "tables" / f"{name}.md").write_text(markdown)
            (folder / "tables" / f"{name}.tex").write_text(tables.to_latex(own, metrics, title))
            pages.append(f"## {tables.as_text(name)}\n\n{markdown}")
    for number, part in data_table(results).groupby("table"):
        name = numbered("table", int(str(number)), "data")
        markdown = tables.plain_markdown(part.drop(columns="table"))
        _write_csv(part, folder / "tables" / f"{name}.csv")
        (folder / "tables" / f"{name}.md").write_text(markdown)
        pages.append(f"## {name}\n\n{markdown}")
    for baseline, evaluation in product((each for each in BASELINES if each.shown), EVALUATIONS):
        gained = tables.gains_table(table, evaluation, baseline)
        if not gained.empty:
            name = numbered("table", None, baseline.file, evaluation)
            legend = f"{baseline.title}, {tables.GAINS_LEGEND} ({EVALUATION_TITLES[evaluation]})."
            markdown = f"{legend}\n\n{tables.plain_markdown(gained)}"
            _write_csv(gained, folder / "tables" / f"{name}.csv")
            (folder / "tables" / f"{name}.md").write_text(markdown)
            pages.append(f"## {name}\n\n{markdown}")
    (folder / "report.md").write_text("\n\n".join(pages) + "\n")
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


def _write_figures(folder: Path, results: Sequence[ExperimentResults], table: pd.DataFrame) -> list[Picture]:
    """The paper's figures and the overviews; returns the latter, which the page shows too."""
    by_classifier: dict[str, list[ExperimentResults]] = {}
    for (data, classifier), group in grouped(results).items():
        published = (PUBLISHED_DATA.get(data, data), classifier)
        figure = figures.acquisition_figure if protocol_of(classifier) is IMAGES else figures.curve_figure
        for evaluation, suffix in SUFFIXES.items():
            name = numbered("figure", CURVE_FIGURES.get(published), data, classifier, *suffix)
            _save(figure(group, evaluation), folder, name)
        loss = numbered("figure", LOSS_FIGURES.get(published), data, classifier, "loss")
        _save(figures.loss_figure(group), folder, loss)
        by_classifier.setdefault(classifier, []).extend(group)
    pictures = []
    for classifier, group in by_classifier.items():
        for evaluation, suffix in SUFFIXES.items():
            title = f"{classifier_title(classifier)}, {EVALUATION_TITLES[evaluation]}"
            name = numbered("figure", RANK_FIGURES.get(classifier), "ranks", classifier, *suffix)
            files = _save(overviews.rank_figure(group, evaluation), folder, name)
            pictures += [Picture(f"AUAC ranks over data sets: {title}", evaluation, path) for path in files]
            name = numbered("figure", None, "critical_difference", classifier, *suffix)
            files = _save(overviews.critical_difference_figure(group, evaluation), folder, name)
            pictures += [Picture(f"Critical differences over experiments: {title}", evaluation, path) for path in files]
    tables_of_features = [result for result in results if protocol_of(result.classifier) is not IMAGES]
    if len({result.classifier for result in tables_of_features}) > 1:
        for evaluation, suffix in SUFFIXES.items():
            over_all = overviews.critical_difference_figure(tables_of_features, evaluation)
            files = _save(over_all, folder, numbered("figure", None, "critical_difference", *suffix))
            title = f"Critical differences over all experiments: {EVALUATION_TITLES[evaluation]}"
            pictures += [Picture(title, evaluation, path) for path in files]
    _save(overviews.distance_figure(against_the_paper(table)), folder, "figure_against_the_paper")
    return [picture for picture in pictures if picture.path.suffix == ".svg"]


def _save(figure: Figure | None, folder: Path, name: str) -> list[Path]:
    return figures.save(figure, folder, name) if figure is not None else []


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
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
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
