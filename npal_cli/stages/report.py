"""``npal report``: tables, figures and the page of every acquired artifact under the root."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from npal_cli.classifiers import takes_images
from npal_cli.commit import building_place, commit
from npal_cli.errors import MissingArtifactError, write_errors
from npal_cli.params import Plan
from npal_cli.pipeline.build import log
from npal_cli.pipeline.collect import Selection, collect
from npal_cli.pipeline.context import Context
from npal_cli.pipeline.locks import locked
from npal_cli.randomness import Run
from npal_cli.report.build import build
from npal_cli.report.missing import Planned, missing_of
from npal_cli.report.results import ExperimentResults


def report(context: Context, selection: Selection) -> list[Path]:
    """Write ``report/`` anew from what was acquired of ``selection``, and return the files of it.

    Without any results at all, the page says what is missing and how to make it.

    Raises:
        MissingArtifactError: if ``selection`` fits nothing that was acquired.
    """
    results = collect(context.root, selection)
    if not results and selection != Selection():
        there = sorted({"/".join(path.parts[-3:]) for path in (context.root / "acquired").glob("*/*/*")})
        raise MissingArtifactError(
            f"{context.root / 'acquired'}: nothing there is of the data, settings, classifiers and seeds asked for; "
            f"there is {', '.join(there) or 'nothing'}; the report is left as it was"
        )
    target = context.root / "report"
    building = building_place(target, context.root)
    log.info("making %s: %d experiments", target, len(results))
    if not results:
        log.warning("%s: nothing to report yet; make something with: npal acquire", context.root / "acquired")
    with (
        locked(context.root / ".work" / "report"),
        write_errors(target),
        threadpool_limits(limits=1),  # the same bytes whatever the cores
    ):
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        build(building, results, missing_of(_planned(context, selection, results), results), selection.takes)
        commit(target, context.root)
    stores = list(target.rglob("*.zarr"))
    inside = {path for store in stores for path in store.rglob("*")}
    return sorted([*stores, *(path for path in target.rglob("*") if path.is_file() and path not in inside)])


def _planned(context: Context, selection: Selection, results: Sequence[ExperimentResults]) -> Sequence[Planned]:
    """The study, as far as it is selected; the image study once something of it was acquired, alone if nothing else."""
    params, study = context.params, context.params.study
    images = sorted({result.classifier for result in results if takes_images(result.classifier)})
    others = study.classifier if not results or any(not takes_images(r.classifier) for r in results) else ()
    parts = [(study.data, others, study.setting), (params.images.data, images, params.images.setting)]
    return [
        Planned(data, setting, classifier, params.acquire.compared_for(classifier), runs)
        for every_data, classifiers, every_setting in parts
        for data in every_data
        for classifier in classifiers
        for setting in every_setting
        if selection.takes(data, setting, classifier)
        and (runs := [run for run in _runs(params.plan(classifier)) if selection.takes_run(run)])
    ]


def _runs(plan: Plan) -> list[Run]:
    return [Run(data_seed, seed) for data_seed in plan.data_seed for seed in plan.seed]
