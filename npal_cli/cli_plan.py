"""What ``npal acquire`` says of its work before it does it."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from npal_cli.cli_output import show

if TYPE_CHECKING:
    from npal_cli.pipeline.estimates import Estimate
    from npal_cli.pipeline.resolved import ResolvedExperiment
    from npal_cli.strategies.naming import Selected

    Work = Sequence[tuple[ResolvedExperiment, Sequence[Selected]]]
    Estimated = Sequence[tuple[ResolvedExperiment, Selected, Estimate]]

WORTH_TELLING = 60.0
"""Seconds from which on a command says what it will take."""

log = logging.getLogger("npal")


def show_plan(work: "Work", *, as_json: bool) -> None:
    """Print what is to be done."""
    estimated = _estimated(work)
    rows = []
    for resolved, selected, estimate in estimated:
        one = resolved.experiment
        named = {"data": one.data, "setting": one.setting, "classifier": one.classifier, "strategy": selected.name}
        rows.append({**named, **estimate.row()})
    show(rows, as_json=as_json)
    if not as_json:
        typer.echo(_in_all(estimated))


def tell_plan(work: "Work") -> None:
    """Say what is to be done, where it is known to take long."""
    estimated = _estimated(work)
    if sum(each.seconds or 0.0 for _, _, each in estimated) >= WORTH_TELLING:
        log.info("%s", _in_all(estimated))


def _estimated(work: "Work") -> "Estimated":
    from npal_cli.stages.acquire import estimate_with

    return [(resolved, each, estimate_with(resolved, each)) for resolved, strategies in work for each in strategies]


def _in_all(estimated: "Estimated") -> str:
    """The sum of it, and what it lacks.

    >>> from npal_cli.pipeline.estimates import Estimate
    >>> from npal_cli.strategies.naming import select
    >>> known, unknown = Estimate(30, 10, {"seconds": 5400.0}), Estimate(3, 10, None)
    >>> _in_all([(None, select("random"), known), (None, select("np"), unknown)])
    '33 runs to make: about 90 min; np was not run here yet, so one run tells'
    """
    runs = sum(each.runs for _, _, each in estimated)
    seconds = sum(each.seconds or 0.0 for _, _, each in estimated)
    about = f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
    about = about if seconds < 100 * 60 else f"{seconds / 3600:.1f} hours"
    unknown = list(dict.fromkeys(selected.name for _, selected, each in estimated if each.seconds is None))
    lacks = f"; {', '.join(unknown)} {'was' if len(unknown) == 1 else 'were'} not run here yet, so one run tells"
    return f"{runs:,} runs to make: about {about}{lacks if unknown else ''}"
