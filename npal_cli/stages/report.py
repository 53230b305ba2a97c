"""``npal report``: tables, figures and metrics from every acquired artifact under the root."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr

from npal_cli.artifacts import write_errors
from npal_cli.errors import MissingArtifactError
from npal_cli.report import figures, tables
from npal_cli.report.names import (
    ACCURACY_TABLES,
    CURVE_FIGURES,
    LOSS_FIGURES,
    PUBLISHED_DATA,
    RANK_FIGURES,
    RARE_CLASS_TABLES,
    numbered,
)
from npal_cli.report.results import ExperimentResults, grouped
from npal_cli.stages.collect import collect
from npal_cli.stages.context import Context
from npal_cli.stages.make import log

ACCURACY = ("auac", "final_accuracy")
RARE_CLASS = ("rare_precision", "rare_recall")


def report(
    context: Context,
    data: Sequence[str] | None = None,
    setting: Sequence[str] | None = None,
    classifier: Sequence[str] | None = None,
) -> list[Path]:
    """Write ``report/`` anew from what was acquired (of the given data, ..., if any), and return the files of it.

    Raises:
        MissingArtifactError: if nothing was acquired.
    """
    wanted = (data, setting, classifier)
    results = [
        result
        for result in collect(context.root)
        if all(
            names is None or name in names
            for names, name in zip(wanted, (result.data, result.setting, result.classifier), strict=True)
        )
    ]
    if not results:
        raise MissingArtifactError(f"{context.root / 'acquired'}: nothing to report; make something with: npal acquire")
    target, building = context.root / "report", context.root / ".work" / "report.building"
    log.info("making %s: %d experiments", target, len(results))
    with write_errors(target):
        shutil.rmtree(building, ignore_errors=True)
        for folder in ("tables", "figures", "plots"):
            (building / folder).mkdir(parents=True)
        _write_tables(building, results)
        _write_figures(building / "figures", results)
        _write_metrics(building, results)
        shutil.rmtree(target, ignore_errors=True)
        building.rename(target)
    stores = list(target.rglob("*.zarr"))
    inside = {path for store in stores for path in store.rglob("*")}
    return sorted([*stores, *(path for path in target.rglob("*") if path.is_file() and path not in inside)])


def _write_tables(folder: Path, results: Sequence[ExperimentResults]) -> None:
    pages, cells = ["# npal report"], []
    for (data, classifier), group in grouped(results).items():
        published = (PUBLISHED_DATA.get(data, data), classifier)
        for kind, metrics, numbers in (
            ("accuracy", ACCURACY, ACCURACY_TABLES),
            ("rare_class", RARE_CLASS, RARE_CLASS_TABLES),
        ):
            number = numbers.get(published)
            name = numbered("table", number, data, classifier, kind)
            long = tables.long_table(group, metrics)
            cells.append(long)
            title = tables.caption(data, classifier, metrics, number)
            markdown = tables.to_markdown(tables.wide_table(long, metrics), title)
            long.to_csv(folder / "tables" / f"{name}.csv", index=False, float_format="%.10g")
            (folder / "tables" / f"{name}.md").write_text(markdown)
            (folder / "tables" / f"{name}.tex").write_text(tables.to_latex(long, title))
            pages.append(f"## {name}\n\n{markdown}")
    (folder / "report.md").write_text("\n\n".join(pages))
    _write_store(folder / "results.zarr", pd.concat(cells, ignore_index=True).drop(columns="label"))


def _write_store(path: Path, table: pd.DataFrame) -> None:
    """The figures of all tables as a Zarr group: an array a column, names as codes into the attribute ``names``."""
    columns: dict[str, np.ndarray] = {}
    names: dict[str, list[str]] = {}
    for column in table.columns:
        if pd.api.types.is_numeric_dtype(table[column]):
            columns[column] = table[column].to_numpy()
        else:
            codes, categories = pd.factorize(table[column], sort=True)
            columns[column], names[column] = codes.astype(np.int64), [str(name) for name in categories]
    group = zarr.open_group(path, mode="w", zarr_format=3, attributes={"format": "npal.report/1", "names": names})
    for column, values in columns.items():
        group.create_array(column, data=values, chunks=values.shape, dimension_names=["cell"])


def _write_figures(folder: Path, results: Sequence[ExperimentResults]) -> None:
    by_classifier: dict[str, list[ExperimentResults]] = {}
    for (data, classifier), group in grouped(results).items():
        published = (PUBLISHED_DATA.get(data, data), classifier)
        curves = figures.curve_figure(group)
        if curves is not None:
            figures.save(curves, folder, numbered("figure", CURVE_FIGURES.get(published), data, classifier))
        losses = figures.loss_figure(group)
        if losses is not None:
            figures.save(losses, folder, numbered("figure", LOSS_FIGURES.get(published), data, classifier, "loss"))
        by_classifier.setdefault(classifier, []).extend(group)
    for classifier, group in by_classifier.items():
        ranks = figures.rank_figure(group)
        if ranks is not None:
            figures.save(ranks, folder, numbered("figure", RANK_FIGURES.get(classifier), "ranks", classifier))


def _write_metrics(folder: Path, results: Sequence[ExperimentResults]) -> None:
    metrics: dict[str, Any] = {}
    scores, curves = [], []
    for result in results:
        table = tables.long_table([result], ACCURACY)
        scores.append(table[table["metric"] == "auac"])
        place = metrics.setdefault(result.data, {}).setdefault(result.classifier, {}).setdefault(result.setting, {})
        for row in scores[-1].to_dict("records"):
            known = {key: row[key] for key in ("mean", "std", "to_random", "to_random_error", "z")}
            place[row["strategy"]] = {
                "runs": row["runs"],
                **{f"auac_{key}": round(value, 6) for key, value in known.items() if np.isfinite(value)},
            }
        for name, record in result.acquired.items():
            experiment = f"{result.data} {result.classifier} {result.setting}"
            curves += [
                {"experiment": experiment, "strategy": name, "step": step, "score": score}
                for step, score in enumerate(record.score.mean(axis=0))
            ]
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    everything = pd.concat(scores, ignore_index=True)
    everything["experiment"] = everything["data"] + " " + everything["classifier"] + " " + everything["setting"]
    everything["bar"] = everything["experiment"] + ": " + everything["label"]
    everything[["bar", "mean", "to_random"]].to_csv(folder / "plots" / "auac.csv", index=False, float_format="%.6g")
    pd.DataFrame(curves).to_csv(folder / "plots" / "curves.csv", index=False, float_format="%.6g")
