"""The command line's shared options: declared once, given to every command.

A command takes them as its first parameter, ``options: Options``; :func:`with_options` puts their fields in its
place, so that Typer sees one signature.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from functools import wraps
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any

import typer

from npal_cli.seeds import parse_seeds


class Device(StrEnum):
    """Where torch works: it trains networks, and makes refits with ``--refits torch``."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Refits(StrEnum):
    """Which implementation of refits runs."""

    numba = "numba"
    sequential = "sequential"
    torch = "torch"


class Variant(StrEnum):
    """Whose version of a strategy runs."""

    method = "method"
    reference = "reference"


Names = list[str] | None
Seeds = list[range] | None


def print_version(requested: bool) -> None:
    """Print the version and stop, if that is ``requested``."""
    if requested:
        typer.echo(f"npal {installed_version('npal')}")
        raise typer.Exit


MOST_SEEDS = 1_000_000
"""That one range may name: more is a slip of the finger."""


def _seeds(text: str) -> range:
    """The seeds that an option names; refuses what an artifact cannot hold."""
    try:
        seeds = parse_seeds(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: expected a whole number, or a range such as 1..50") from error
    if seeds.start < 0 or seeds.stop > 2**63:
        raise typer.BadParameter(f"{text!r}: expected seeds from 0 to 2**63 - 1")
    if seeds.stop - seeds.start > MOST_SEEDS:
        raise typer.BadParameter(f"{text!r}: expected at most {MOST_SEEDS:,} seeds")
    return seeds


def _option(*names: str, default: Any = None, **settings: Any) -> Any:
    return field(default=default, metadata={"option": typer.Option(*names, **settings)})


@dataclass(frozen=True)
class Options:
    """The options that all commands share."""

    data: Names = _option("--data", help="Data set; repeatable. (default: params.yaml)")
    setting: Names = _option(
        "--setting", help="balanced, imbalanced or imbalanced_weighted; repeatable. (default: params.yaml)"
    )
    classifier: Names = _option(
        "--classifier",
        help="logistic, svm, teacher, resnet18 (images), or an import path; repeatable. (default: params.yaml)",
    )
    data_seed: Seeds = _option(
        "--data-seed",
        parser=_seeds,
        metavar="SEEDS",
        help="Draws the splits: a number or a range (1..50); repeatable. (default: params.yaml)",
    )
    seed: Seeds = _option(
        "--seed",
        parser=_seeds,
        metavar="SEEDS",
        help="Draws everything else: a number or a range; repeatable. (default: params.yaml)",
    )
    params: Path | None = _option("--params", help="Parameter file. (default: params.yaml, if there is one)")
    root: Path = _option("--root", default=Path("data"), envvar="NPAL_ROOT", help="Folder of the artifacts.")
    workers: int | None = _option("--workers", min=1, help="Processes. (default: one per core)")
    device: Device = _option("--device", default=Device.auto, help="Where torch works.")
    refits: Refits = _option("--refits", default=Refits.numba, help="How refits are computed.")
    force: bool = _option("--force", default=False, help="Redo what this command makes, up to date or not.")
    no_build: bool = _option("--no-build", default=False, help="Refuse if an input is missing; do not make it.")
    json: bool = _option("--json", default=False, help="Print the result as JSON.")
    quiet: bool = _option("--quiet", default=False, help="No progress, no messages but warnings.")
    debug: bool = _option("--debug", default=False, help="Show the traceback of an error.")
    version: bool = _option(
        "--version", default=False, callback=print_version, is_eager=True, help="Print the version and exit."
    )


StepOption = Annotated[
    int | None, typer.Option("--step", min=1, help="Start from the state before this acquisition step ...")
]
StepStrategyOption = Annotated[str, typer.Option("--strategy", help="... of what this strategy acquired.")]


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the ``options`` parameter of ``command`` by the fields of :class:`Options`."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if each.default is MISSING else each.default,
            annotation=Annotated[each.type, each.metadata["option"]],
        )
        for each in fields(Options)
    ]
    names = {each.name for each in shared}

    @wraps(command)
    def run(**given: Any) -> None:
        options = Options(**{name: given.pop(name) for name in names})
        command(options, **given)

    parameters = [*shared, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions take attributes
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
