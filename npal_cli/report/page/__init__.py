"""The web page of a report: one file that holds its data, its plots and the library that draws them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from npal_cli.report.baselines import BASELINES
from npal_cli.report.data import data_table
from npal_cli.report.missing import Missing
from npal_cli.report.names import EVALUATION_TITLES, FIRST_SHOWN, is_aside, position_of
from npal_cli.report.page import rows, sections
from npal_cli.report.page.plots import CELL_PLOTS, EXPERIMENT_PLOTS, OVERVIEW_PLOTS
from npal_cli.report.page.plots.base import Json, OverviewSource, Plot, Source, baselines_of
from npal_cli.report.paper import ROW, against_the_paper
from npal_cli.report.results import EVALUATIONS, Evaluation, ExperimentResults, grouped
from npal_cli.report.tables import number, plus_minus
from npal_cli.report.verdicts import verdict


@dataclass(frozen=True)
class Picture:
    """A static figure that is shown for one way of evaluation."""

    title: str
    evaluation: Evaluation
    path: Path
    """Its SVG file."""

    @property
    def source(self) -> str:
        """The figure itself, as an address."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.path.read_bytes()).decode()


def render(
    results: Sequence[ExperimentResults],
    table: pd.DataFrame,
    missing: Sequence[Missing],
    lacking: pd.DataFrame,
    pictures: Sequence[Picture],
) -> str:
    """The page as HTML: ``results``, their cells, what study and paper have beyond them, overviews, the data."""
    ordered = [result for group in grouped(results).values() for result in group]
    titles = {(result.data, str(result.setting), result.classifier): sections.title_of(result) for result in ordered}
    against, data = against_the_paper(table), data_table(results)
    environment = Environment(
        loader=PackageLoader("npal_cli.report.page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(duration=sections.duration, sortable=rows.sortable, plus_minus=plus_minus, number=number)
    library = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub forgets that all has defaults
    return environment.get_template("index.html.j2").render(
        library=Markup(library.replace("</script", "<\\/script")),  # noqa: S704  # Vega's own
        specifications=_specifications(CELL_PLOTS)
        | _specifications(EXPERIMENT_PLOTS)
        | _specifications(OVERVIEW_PLOTS),
        evaluations=EVALUATION_TITLES,
        first_shown=FIRST_SHOWN,
        headings=rows.HEADINGS,
        rare_headings=rows.RARE_HEADINGS,
        experiments=[_experiment(i, result, table) for i, result in enumerate(ordered)],
        overview=_drawn(OVERVIEW_PLOTS, OverviewSource(table, titles, against), _shown(table), []),
        against=against.to_dict("records"),
        not_run=lacking.to_dict("records"),
        not_run_seconds=float(lacking.drop_duplicates(list(ROW))["seconds"].sum()),
        missing=missing,
        pictures=pictures,
        data_columns=[column.replace("_", " ") for column in data.columns],
        data_rows=data.to_numpy().tolist(),
    )


def _experiment(i: int, result: ExperimentResults, table: pd.DataFrame) -> dict[str, Any]:
    own = (table["data"] == result.data) & (table["setting"] == result.setting)
    own &= table["classifier"] == result.classifier
    aside = rows.asides(table[own])
    above = _drawn(CELL_PLOTS, table[own], [], [])
    drawn = _drawn(EXPERIMENT_PLOTS, result, result.ordered, baselines_of(result), aside)
    return {
        "id": f"experiment-{i}",
        "title": sections.title_of(result),
        "rests_on": sections.rests_on(result),
        "verdicts": {each: verdict(table[own], each) for each in EVALUATIONS},
        "rows": rows.experiment_rows(table[own]),
        "facts": sections.facts_of(result),
        "predictions": sections.prediction_facts(result),
        "sources": sections.sources_of(result),
        "digests": sections.digests_of(result),
        "plots": [*above["plots"], *drawn["plots"]],
        "payload": drawn["payload"]
        | {"tables": above["payload"]["tables"] | drawn["payload"]["tables"], "rare": result.has_rare},
    }


def _shown(table: pd.DataFrame) -> list[str]:
    """All strategies, and those that others stand for."""
    names = set(table["strategy"])
    return sorted(names | {baseline.stands_for(name) for baseline in BASELINES for name in names}, key=position_of)


def _specifications(plots: Sequence[Plot[Source]]) -> dict[str, Json]:
    return {plot.name: plot.specification() for plot in plots}


def _drawn(
    plots: Sequence[Plot[Source]],
    source: Source,
    strategies: Sequence[str],
    baselines: Sequence[str],
    aside: set[str] | None = None,
) -> dict[str, Any]:
    """The plots that have something to show, and what they and the controls are drawn from."""
    tables = {plot.name: table for plot in plots if (table := plot.table(source)) is not None}
    aside = {name for name in strategies if is_aside(name)} if aside is None else aside
    styles = {name: sections.style_of(name, aside) for name in (*strategies, *baselines)}
    return {
        "plots": [plot for plot in plots if plot.name in tables],
        "payload": {
            "strategies": [styles[name] for name in strategies],
            "baselines": [styles[name] for name in baselines],
            "tables": tables,
            "rare": True,
        },
    }
