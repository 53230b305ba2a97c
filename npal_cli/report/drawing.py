"""All figures of a report: the paper's, those of all that was run, and the overviews."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from npal_cli.engine import Engine
from npal_cli.report import comparisons, figures, overviews
from npal_cli.report.baselines import RANDOM
from npal_cli.report.names import (
    CURVE_FIGURES,
    EVALUATION_TITLES,
    LOSS_FIGURES,
    PUBLISHED_DATA,
    RANK_FIGURES,
    SUFFIXES,
    classifier_title,
    numbered,
)
from npal_cli.report.options import ReportOptions
from npal_cli.report.page import Picture
from npal_cli.report.paper import against_the_paper
from npal_cli.report.published import IMAGES, protocol_of
from npal_cli.report.results import Evaluation, ExperimentResults, grouped

WORTH_SHARING = 20
"""Figures from which on other processes draw some: they take seconds to start."""


@dataclass(frozen=True)
class Drawn:
    """A figure that is to be written."""

    name: str
    figure: Figure
    title: str = ""
    """Of one that the page shows, too, for an evaluation."""
    evaluation: Evaluation | None = None


def write_figures(
    folder: Path,
    results: Sequence[ExperimentResults],
    table: pd.DataFrame,
    options: ReportOptions,
    engine: Engine,
) -> list[Picture]:
    """Write all figures of ``results`` and their cells into ``folder``; return those that the page shows, too."""
    drawn = [*_of_data(results, table), *_overviews(results, table)]
    place = folder.resolve()  # other processes may have another working directory
    engine = replace(engine, workers=1) if len(drawn) < WORTH_SHARING else engine
    work = [(each.figure, place, each.name, options) for each in drawn]
    list(engine.map(_save, work, label="drawing", unit="figure"))
    return [
        Picture(each.title, each.evaluation, folder / "svg" / f"{each.name}.svg")
        for each in drawn
        if each.evaluation is not None
    ]


def _save(work: tuple[Figure, Path, str, ReportOptions]) -> None:
    figure, folder, name, options = work
    figures.save(figure, folder, name, options.figures)


def _of_data(results: Sequence[ExperimentResults], table: pd.DataFrame) -> Iterator[Drawn]:
    """Those of each data set with each classifier."""
    for (data, classifier), group in grouped(results).items():
        published = (PUBLISHED_DATA.get(data, data), classifier)
        own = table[(table["data"] == data) & (table["classifier"] == classifier)]
        curves = figures.acquisition_figure if protocol_of(classifier) is IMAGES else figures.curve_figure
        for evaluation, suffix in SUFFIXES.items():
            end = (data, classifier, *suffix)
            yield from _drawn(numbered("figure", CURVE_FIGURES.get(published), *end), curves(group, evaluation))
            yield from _drawn(numbered("figure", None, RANDOM.file, *end), comparisons.gains_figure(own, evaluation))
            every = comparisons.every_curve_figure(group, evaluation)
            yield from _drawn(numbered("figure", None, "curves", *end), every)
        loss = numbered("figure", LOSS_FIGURES.get(published), data, classifier, "loss")
        yield from _drawn(loss, figures.loss_figure(group))


def _overviews(results: Sequence[ExperimentResults], table: pd.DataFrame) -> Iterator[Drawn]:
    """Those of each classifier, and of all together."""
    tables = [result for result in results if protocol_of(result.classifier) is not IMAGES]
    classifiers = dict.fromkeys(result.classifier for result in results)
    for classifier in classifiers:
        group = [result for result in results if result.classifier == classifier]
        for evaluation, suffix in SUFFIXES.items():
            said = f"{classifier_title(classifier)}, {EVALUATION_TITLES[evaluation]}"
            name = numbered("figure", RANK_FIGURES.get(classifier), "ranks", classifier, *suffix)
            ranks = overviews.rank_figure(group, evaluation)
            yield from _drawn(name, ranks, f"AUAC ranks over data sets: {said}", evaluation)
            name = numbered("figure", None, "critical_difference", classifier, *suffix)
            apart = overviews.critical_difference_figure(group, evaluation)
            yield from _drawn(name, apart, f"Critical differences over experiments: {said}", evaluation)
    if len({result.classifier for result in tables}) > 1:
        for evaluation, suffix in SUFFIXES.items():
            name = numbered("figure", None, "critical_difference", *suffix)
            title = f"Critical differences over all experiments: {EVALUATION_TITLES[evaluation]}"
            yield from _drawn(name, overviews.critical_difference_figure(tables, evaluation), title, evaluation)
    yield from _drawn("figure_against_the_paper", overviews.distance_figure(against_the_paper(table)))


def _drawn(name: str, figure: Figure | None, title: str = "", evaluation: Evaluation | None = None) -> Iterator[Drawn]:
    if figure is not None:
        yield Drawn(name, figure, title, evaluation)
