"""``npal report``: tables, figures and the page of every acquired artifact under the root."""

import hashlib
import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from npal_cli.classifiers import takes_images
from npal_cli.commit import building_place, commit
from npal_cli.errors import ArtifactError, DamageError, MissingArtifactError, write_errors
from npal_cli.pipeline.build import log
from npal_cli.pipeline.collect import Selection, collect
from npal_cli.pipeline.context import Context
from npal_cli.pipeline.locks import locked
from npal_cli.plans import Plan
from npal_cli.randomness import Run
from npal_cli.report.build import build
from npal_cli.report.missing import Planned, missing_of
from npal_cli.report.options import ReportOptions
from npal_cli.report.results import ExperimentResults
from npal_cli.tables.shelf import digest_of

MADE_FROM = "made_from.json"
"""What the report was made from, and the digest of each of its files."""


def report(context: Context, selection: Selection) -> list[Path]:
    """Write ``report/`` from what was acquired of ``selection``, unless it is made from just that; return its files.

    Without any results at all, the page says what is missing and how to make it.

    Raises:
        MissingArtifactError: if ``selection`` fits nothing that was acquired.
        DamageError: once the report is made, if what is damaged had to be left out of it.
    """
    results, damaged = collect(context.root, selection)
    if not results and selection != Selection():
        there = sorted({"/".join(path.parts[-3:]) for path in (context.root / "acquired").glob("*/*/*")})
        raise MissingArtifactError(
            f"{context.root / 'acquired'}: nothing there is of the data, settings, classifiers and seeds asked for; "
            f"there is {', '.join(there) or 'nothing'}; the report is left as it was"
        )
    target, planned = context.root / "report", _planned(context, selection, results)
    made_from = _made_from(results, planned, selection, context.params.report)
    if not context.force and _is_of(target, made_from):
        log.info("%s is up to date", target)
    else:
        _make(context, target, results, planned, selection, made_from)
    if damaged:
        raise DamageError(f"{target} lacks {len(damaged)} damaged artifacts; npal verify says how to make them anew")
    return _files(target)


def _make(
    context: Context,
    target: Path,
    results: Sequence[ExperimentResults],
    planned: Sequence[Planned],
    selection: Selection,
    made_from: str,
) -> None:
    """Write the report."""
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
        missing = missing_of(planned, results)
        build(building, results, missing, selection.takes, context.params.report, context.engine)
        files = {str(path.relative_to(building)): digest_of(path) for path in _files(building)}
        (building / MADE_FROM).write_text(
            json.dumps({"made_from": made_from, "files": files}, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
        commit(target, context.root)


def check_report(folder: Path) -> None:
    """Compare the files of a report with what they were.

    Raises:
        ArtifactError: if one is not what it was, or the report is of an earlier version of npal.
    """
    try:
        files = dict(json.loads((folder / MADE_FROM).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{folder / MADE_FROM}: not readable ({error}); make it anew with --force") from error
    for name, digest in files.items():
        if not (folder / name).exists() or digest_of(folder / name) != digest:
            raise ArtifactError(f"{folder / name}: gone or changed; make it anew with --force")


def _files(folder: Path) -> list[Path]:
    """The files of a report, a store as one."""
    stores = list(folder.rglob("*.zarr"))
    inside = {path for store in stores for path in store.rglob("*")}
    return sorted([*stores, *(path for path in folder.rglob("*") if path.is_file() and path not in inside)])


def _made_from(
    results: Sequence[ExperimentResults], planned: Sequence[Planned], selection: Selection, options: ReportOptions
) -> str:
    """A digest of all that a report is made from, npal's version included."""
    told: list[Any] = [version("npal"), asdict(options), asdict(selection), [asdict(each) for each in planned]]
    for result in results:
        told.append([result.data, result.setting, result.classifier])
        for name in sorted(result.acquired):
            provenance = result.made_from[name]
            told.append([name, provenance.parameters, provenance.inputs, provenance.digests, result.timings[name]])
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, Collection) else str(value)


def _is_of(target: Path, made_from: str) -> bool:
    """Whether a whole report is there that was made from just that."""
    try:
        there = json.loads((target / MADE_FROM).read_text(encoding="utf-8"))
        return bool(there["made_from"] == made_from) and all((target / name).exists() for name in there["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


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
