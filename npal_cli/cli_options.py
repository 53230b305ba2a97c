"""The command line's shared options: declared once, given to every command.

A command takes them as a parameter, ``options: Options``; :func:`with_options` puts their fields in its place, so that
Typer sees one signature.
"""

import inspect
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields, is_dataclass
from functools import wraps
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any

import typer

from npal_cli.cli_values import Device, Refits, Workers, part, seeds
from npal_cli.parts import Part

Names = list[str] | None
Seeds = list[range] | None


def print_version(requested: bool) -> None:
    """Print the version and stop, if that is ``requested``."""
    if requested:
        typer.echo(f"npal {installed_version('npal')}")
        raise typer.Exit


SCHEDULER = "DASK_SCHEDULER_ADDRESS"
"""The variable of the environment by which Dask's own commands are told, too."""
WHICH, FILES, HOW, OUTPUT = "Which experiments", "Files", "How it is computed", "What is printed"
"""Groups of options in the help."""


def _option(*names: str, default: Any = None, **settings: Any) -> Any:
    return field(default=default, metadata={"option": typer.Option(*names, **settings)})


@dataclass(frozen=True)
class BasicOptions:
    """The options that all commands share."""

    params: Path | None = _option(
        "--params",
        help="Parameter file. (default: params.yaml, if there is one)",
        metavar="FILE",
        rich_help_panel=FILES,
    )
    root: Path = _option(
        "--root",
        default=Path("data"),
        envvar="NPAL_ROOT",
        help="Folder of the artifacts.",
        metavar="FOLDER",
        rich_help_panel=FILES,
    )
    workers: int | None = _option(
        "--workers", min=1, help="Processes. (default: one per core)", metavar="COUNT", rich_help_panel=HOW
    )
    device: Device = _option("--device", default=Device.auto, help="Where torch works.", rich_help_panel=HOW)
    refits: Refits | None = _option(
        "--refits",
        help="How refits are computed. (default: numba; auto for the next batch of your own rows)",
        rich_help_panel=HOW,
    )
    json: bool = _option("--json", default=False, help="Print the result as JSON.", rich_help_panel=OUTPUT)
    quiet: bool = _option(
        "--quiet", default=False, help="No progress, no messages but warnings.", rich_help_panel=OUTPUT
    )
    debug: bool = _option("--debug", default=False, help="Show the traceback of an error.", rich_help_panel=OUTPUT)
    version: bool = _option(
        "--version",
        default=False,
        callback=print_version,
        is_eager=True,
        help="Print the version and exit.",
        rich_help_panel=OUTPUT,
    )


@dataclass(frozen=True)
class StudyOptions(BasicOptions):
    """Those of commands whose work can be shared out among machines."""

    engine: Workers = _option(
        "--engine",
        default=Workers.local,
        help="Who does the work: processes here, or the workers of a Dask cluster.",
        rich_help_panel=HOW,
    )
    scheduler: str | None = _option(
        "--scheduler",
        metavar="ADDRESS",
        envvar=SCHEDULER,
        help="Of the Dask cluster, as tcp://10.0.0.1:8786.",
        rich_help_panel=HOW,
    )


@dataclass(frozen=True)
class Options(StudyOptions):
    """Those of the stages: which experiments, and what to do if an artifact is there or is not."""

    data: Names = _option(
        "--data",
        metavar="NAME",
        help="Data set, keel:NAME, openml:NUMBER, or the file of a table; repeatable. (default: params.yaml)",
        rich_help_panel=WHICH,
    )
    setting: Names = _option(
        "--setting",
        help="balanced, imbalanced, imbalanced_weighted or natural; repeatable. "
        "(default: params.yaml; natural for your own tables)",
        metavar="NAME",
        rich_help_panel=WHICH,
    )
    classifier: Names = _option(
        "--classifier",
        help="logistic, svm, teacher, resnet18 (images), or an import path; repeatable. (default: params.yaml)",
        metavar="NAME",
        rich_help_panel=WHICH,
    )
    data_seed: Seeds = _option(
        "--data-seed",
        parser=seeds,
        metavar="SEEDS",
        help="Draws the splits: a number or a range (1..50); repeatable. (default: params.yaml)",
        rich_help_panel=WHICH,
    )
    seed: Seeds = _option(
        "--seed",
        parser=seeds,
        metavar="SEEDS",
        help="Draws everything else: a number or a range; repeatable. (default: params.yaml)",
        rich_help_panel=WHICH,
    )
    part: Part | None = _option(
        "--part",
        parser=part,
        metavar="NUMBER/COUNT",
        help="Only this share of the runs, as 3/40; the same command without it gathers all.",
        rich_help_panel=HOW,
    )
    force: bool = _option(
        "--force", default=False, help="Redo what this command makes, up to date or not.", rich_help_panel=HOW
    )
    no_build: bool = _option(
        "--no-build", default=False, help="Refuse if an input is missing; do not make it.", rich_help_panel=HOW
    )


@dataclass(frozen=True)
class RowOptions(BasicOptions):
    """Those of commands about rows of one's own."""

    data: str = _option("--data", metavar="NAME", default=..., help="The table that was taken in with npal prepare.")


def _of_batch(*names: str, **settings: Any) -> Any:
    return _option(*names, rich_help_panel="The next batch of your own rows", **settings)


@dataclass(frozen=True)
class GoalOptions:
    """What a table's rows are chosen for; each is remembered from the round before."""

    objective: str | None = _of_batch(
        "--objective", metavar="NAME", help="What labels are to improve; f1:CLASS for one class. (default: params.yaml)"
    )
    cost_matrix: Path | None = _of_batch(
        "--cost-matrix",
        metavar="FILE",
        help="The file of a table: what it costs to predict each class (columns) for each (rows).",
    )
    class_weight: Names = _of_batch(
        "--class-weight",
        metavar="CLASS=WEIGHT",
        help="What a class weighs, in training and in the objective; repeatable. (default: 1)",
    )
    audit: float | None = _of_batch(
        "--audit", metavar="SHARE", help="Share of rows drawn at random, to measure on. (default: 0.2)"
    )


@dataclass(frozen=True)
class BatchOptions(GoalOptions):
    """The next batch of a table's rows."""

    batch: int | None = _of_batch(
        "--batch", metavar="ROWS", min=1, help="Rows of your own table to label next; no label is simulated."
    )
    output: Path | None = _of_batch(
        "--output", metavar="FILE", help="Its file. (default: next/DATA/next_batch.csv in --root)"
    )


ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file, if there is one.")]


def _of_table(*names: str, **settings: Any) -> Any:
    return _option(*names, rich_help_panel="A table of your own", **settings)


@dataclass(frozen=True)
class ReadingOptions:
    """How the text of a table is read."""

    separator: str | None = _of_table("--separator", metavar="TEXT", help="Of cells. (default: found out)")
    decimal: str | None = _of_table("--decimal", metavar="TEXT", help="The decimal mark. (default: found out)")
    encoding: str | None = _of_table("--encoding", metavar="NAME", help="Of the text. (default: found out)")


@dataclass(frozen=True)
class TableOptions(ReadingOptions):
    """How a table of one's own is taken in."""

    target: str | None = _of_table("--target", metavar="COLUMN", help="The label column; an empty cell is no label.")
    name: str | None = _of_table("--name", metavar="NAME", help="What it is called. (default: as its file)")
    id: str | None = _of_table("--id", metavar="COLUMN", help="The column that names the rows. (default: 1, 2, ...)")
    drop: Names = _of_table("--drop", metavar="COLUMN", help="A column to leave out; repeatable.")
    type: Names = _of_table(
        "--type", metavar="COLUMN=KIND", help="What a column is: number, category, text, date or drop; repeatable."
    )
    unlabelled: Names = _of_table(
        "--unlabelled", metavar="TEXT", help="Stands for no label, besides an empty cell; repeatable."
    )
    labels: Path | None = _of_table(
        "--labels", metavar="FILE", help="The file of the labels, where --data names an array."
    )


StepOption = Annotated[
    int | None,
    typer.Option("--step", min=1, metavar="COUNT", help="Start from the state before this acquisition step ..."),
]
StepStrategyOption = Annotated[
    str, typer.Option("--strategy", metavar="NAME", help="... of what this strategy acquired.")
]


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace each parameter of ``command`` that is a class of options by the fields of that class."""
    parameters: list[inspect.Parameter] = []
    groups: dict[str, type[Any]] = {}
    for each in inspect.signature(command, eval_str=True).parameters.values():
        if isinstance(each.annotation, type) and is_dataclass(each.annotation):
            groups[each.name] = each.annotation
            options = fields(each.annotation)
            own = each.annotation.__annotations__
            parameters += [_parameter(option) for option in sorted(options, key=lambda option: option.name not in own)]
        else:
            parameters.append(each.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @wraps(command)
    def run(**given: Any) -> None:
        made = {
            name: kind(**{each.name: given.pop(each.name) for each in fields(kind)}) for name, kind in groups.items()
        }
        command(**made, **given)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions take attributes
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def _parameter(option: "Field[Any]") -> inspect.Parameter:
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=option.default,
        annotation=Annotated[option.type, option.metadata["option"]],
    )
