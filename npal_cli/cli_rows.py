"""The commands about rows of one's own: the next batch, labels back, and what follows from them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npal_cli.cli_context import one_line_errors
from npal_cli.cli_goal import changes_of, labelling_of
from npal_cli.cli_help import Command, examples
from npal_cli.cli_options import (
    BasicOptions,
    BatchOptions,
    ForceOption,
    Names,
    Options,
    ReadingOptions,
    RowOptions,
    TableOptions,
    with_options,
)
from npal_cli.cli_output import WIDTH
from npal_cli.cli_values import Workers
from npal_cli.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from npal_cli.tables.intake import Intake

SHOWN = 3
"""Columns of a row that are printed at most; all are in the file."""
TOLD = ("predicted", "probability", "score", "why")
"""What is printed of what npal says of a row."""


def intake_of(options: TableOptions) -> "Intake | None":
    """What is said of a table; None if nothing is."""
    from npal_cli.tables.columns import declare
    from npal_cli.tables.formats import Reading
    from npal_cli.tables.intake import Intake

    if options == TableOptions():
        return None
    declared = declare(options.type or (), options.drop or ())
    reading = Reading(options.separator, options.decimal, options.encoding, options.labels)
    return Intake(options.target, options.name, options.id, declared, tuple(options.unlabelled or ()), reading)


def is_next_batch(options: BatchOptions) -> bool:
    """Whether the next batch is asked for.

    Raises:
        UsageError: if something is said of it, but not how large it is to be.
    """
    if options.batch is None and options != BatchOptions():
        raise UsageError("--objective, --class-weight, --audit and the like are for the next --batch of your own rows")
    return options.batch is not None


def ask(options: Options, batch: BatchOptions, strategy: list[str] | None, of_a_study: Mapping[str, bool]) -> None:
    """``npal acquire --batch``; ``of_a_study`` are options that say nothing about it, and whether they were given."""
    for name, given in (("--data", options.data), ("--strategy", strategy), ("--classifier", options.classifier)):
        if (given is None and name == "--data") or (given is not None and len(given) != 1):
            raise UsageError(f"{name}: name one, for the next --batch of its rows")
    for name, told in (("--part", options.part is not None), ("--engine dask", options.engine is Workers.dask)):
        if told:
            raise UsageError(f"{name}: shares out the runs of a study; the next --batch of your own rows has none")
    for name, told in of_a_study.items():
        if told:
            raise UsageError(f"{name}: is for a study; leave it out for the next --batch of your own rows")
    labelling = labelling_of(options, (options.data or [""])[0])
    classifier = options.classifier[0] if options.classifier else None
    goal = labelling.goal(changes_of(batch, classifier, options.seed[0].start if options.seed else None))
    found, path, note = labelling.ask(batch.batch or 1, strategy[0] if strategy else None, goal, batch.output)
    if options.json:
        _print_json({"batch": str(path), "note": note, "rows": _records(found)})
        return
    if note:
        typer.echo(f"npal: {note}", err=True)
    typer.echo(_short(found))
    typer.echo(f"\n{path}\nFill in the column label, then: npal label --data {labelling.table.name} {path}")


def example() -> None:
    """Write a made-up table to try it on, leads.csv, and the labels of all its rows, leads_truth.csv."""
    with one_line_errors(BasicOptions()):
        from npal_cli.tables.example import write_example

        table, truth = write_example(Path())
        typer.echo(f"{table}: 240 customers, 20 of them labelled\n{truth}: whether each of them left")
        typer.echo(f"Take it in with: npal prepare --data {table} --target churned --id customer")


def label(
    options: RowOptions,
    answers: Annotated[
        list[str],
        typer.Argument(metavar="ANSWERS", help="ID=CLASS ..., or a file: a table, tasks that came back; or -"),
    ],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so, where several people label.")] = "",
    new_class: Annotated[
        Names, typer.Option("--new-class", metavar="NAME", help="A class that no row has yet; repeatable.")
    ] = None,
    change: Annotated[bool, typer.Option("--change", help="Take labels that differ from those before.")] = False,  # noqa: FBT002
) -> None:
    """Give labels back: all are checked before any is taken. "skip" and "unsure" stand in place of a class."""
    with one_line_errors(options):
        from npal_cli.labelling.answers import Permitted
        from npal_cli.labelling.reading import of_file, of_words

        labelling = labelling_of(options, options.data)
        single = len(answers) == 1 and ("=" not in answers[0] or Path(answers[0]).is_file())
        given = of_file(Path(answers[0]), labelling.book(), by) if single else of_words(answers, by)
        taken = labelling.answer(given, Permitted(new_class or (), changes=change))
        if options.json:
            _print_json(taken)
            return
        classes = ", ".join(f"{name} {count}" for name, count in taken["classes"].items())
        aside = ", ".join(f"{taken[word]} {word}" for word in ("skipped", "unsure") if taken[word])
        typer.echo("; ".join(part for part in (f"{taken['labelled']} rows labelled ({classes})", aside) if part))
        strange = taken["not_asked"]
        if strange:
            typer.echo(f"npal: {len(strange)} of them were not asked for ({', '.join(strange[:12])})", err=True)
        if taken["pending"]:
            typer.echo(f"{taken['pending']} of the batch are left")


def undo(options: RowOptions) -> None:
    """Take the last answers back."""
    with one_line_errors(options):
        undone = labelling_of(options, options.data).undo()
        rows = [name for each in undone for name in (*each.labels, *each.skipped, *each.unsure)]
        if options.json:
            _print_json({"undone": rows})
        else:
            typer.echo(f"{len(rows)} answers of {undone[0].at} taken back: {', '.join(rows[:12])}")


def status(
    options: RowOptions,
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="Write it as a page, too: an .html file.")
    ] = None,
) -> None:
    """Say what labels brought, what more are expected to bring, and whether to go on."""
    with one_line_errors(options):
        found = labelling_of(options, options.data).status()
        if page is not None:
            from npal_cli.labelling.page import write

            write(found, page)
        if options.json:
            _print_json(found.as_json())
            return
        from tabulate import tabulate

        typer.echo(tabulate(found.rows(), headers="keys", floatfmt=".3f", missingval="-"))
        typer.echo("\n" + "\n".join(found.sentences()))


def worth(
    options: RowOptions,
    labels: Annotated[
        list[int] | None,
        typer.Option(
            "--labels", metavar="COUNT", min=1, help="Labels more; repeatable. (default: a batch, 20, 50, 100)"
        ),
    ] = None,
) -> None:
    """Forecast what more labels will bring, before anybody gives one: chosen rows, and random ones."""
    with one_line_errors(options):
        found = labelling_of(options, options.data).worth(labels or ())
        if options.json:
            _print_json([each.as_json() for each in found])
            return
        from tabulate import tabulate

        rows = [each.row() for each in found]
        typer.echo(tabulate(rows, headers="keys", disable_numparse=True, stralign="right"))
        typer.echo(
            "\nWhat the score is forecast to change by, and the 90 % interval, by what labels brought elsewhere."
        )


def export(
    options: RowOptions,
    output: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A table (.csv, .parquet), or tasks of Label Studio (.json) or Prodigy (.jsonl)."
        ),
    ],
    force: ForceOption = False,  # noqa: FBT002
) -> None:
    """Write the table with every label that is known by now, or what was asked for as tasks of another tool."""
    with one_line_errors(options):
        from npal_cli.labelling.export import TASKS, check_free, labelled, write_table, write_tasks

        book = labelling_of(options, options.data).book()
        check_free(output, force=force)
        if output.suffix.lower() in TASKS:
            _print_written(options, output, tasks=write_tasks(book, output))
            return
        rows = labelled(book)
        write_table(rows, output)
        _print_written(options, output, rows=len(rows), labelled=len(book.labels))


def predict(
    options: RowOptions,
    reading: ReadingOptions,
    rows: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Other rows with its columns. (default: its own)")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="A file: .csv or .parquet. (default: print)")
    ] = None,
    force: ForceOption = False,  # noqa: FBT002
) -> None:
    """Say the class of each row, and the probability of each class, by the task model trained on all labels."""
    with one_line_errors(options):
        from npal_cli.labelling.export import check_free, write_table
        from npal_cli.labelling.predicting import predictions
        from npal_cli.labelling.sheet import text_of
        from npal_cli.tables.formats import Reading, read

        labelling = labelling_of(options, options.data)
        if output is not None:
            check_free(output, force=force)
        how = Reading(reading.separator, reading.decimal, reading.encoding)
        found = predictions(labelling, read(rows, how, fewest=1) if rows is not None else None)
        if output is not None:
            write_table(found, output)
            _print_written(options, output, rows=len(found))
        elif options.json:
            _print_json(_records(found))
        else:
            typer.echo(text_of(found), nl=False)


EXAMPLES: dict[Callable[..., None], tuple[str, ...]] = {
    example: ("npal example",),
    label: ("npal label --data leads C644=no C976=yes", "npal label --data leads answers.csv --by ann"),
    undo: ("npal undo --data leads",),
    status: ("npal status --data leads", "npal status --data leads --page leads.html"),
    worth: ("npal worth --data leads", "npal worth --data leads --labels 100"),
    export: ("npal export --data leads labelled.csv", "npal export --data leads tasks.json"),
    predict: ("npal predict --data leads --output predictions.csv",),
}
"""The commands, and how they are used."""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command, shown in EXAMPLES.items():
        app.command(cls=Command, rich_help_panel="Your own rows", epilog=examples(*shown))(with_options(command))


def _records(table: "pd.DataFrame") -> list[dict[str, Any]]:
    return [dict(row) for row in json.loads(table.to_json(orient="records", date_format="iso"))]


def _short(table: "pd.DataFrame") -> str:
    """The rows with as many of their first columns as a terminal has room for, and what npal says of them."""
    from tabulate import tabulate

    from npal_cli.labelling.sheet import ID, LABEL, SAID

    own = [name for name in table if name not in (ID, LABEL, *SAID)]
    text = ""
    for count in range(min(SHOWN, len(own)), -1, -1):
        shown = table[[ID, *own[:count], *TOLD]].astype(object)
        rows = shown.where(shown.notna(), None).to_dict("records")
        text = tabulate(rows, headers="keys", floatfmt=".3g", missingval="-", maxcolwidths=24, disable_numparse=[0])
        if max(map(len, text.splitlines())) <= WIDTH:
            break
    return text


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))


def _print_written(options: RowOptions, path: Path, **said: int) -> None:
    if options.json:
        _print_json({"written": str(path), **said})
    else:
        typer.echo(f"{path}: {', '.join(f'{count} {name}' for name, count in said.items())}")
