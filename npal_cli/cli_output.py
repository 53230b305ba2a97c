"""What a command prints: a table and the paths of artifacts, or JSON."""

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from npal_cli.pipeline.build import Built
    from npal_cli.pipeline.context import Experiment


def row_of(
    experiment: "Experiment", built: "Built[Any]", shown: dict[str, Any], *, by_classifier: bool = True
) -> dict[str, Any]:
    """A row of the table: which experiment, what the stage says of it, and where its artifact is."""
    named = {"data": experiment.data, "setting": experiment.setting}
    if by_classifier:
        named["classifier"] = experiment.classifier
    runs = {"runs": len(built.record.runs)}
    return {**named, **runs, **shown, "seconds": round(built.seconds, 1), "artifact": str(built.path)}


def show(results: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print the rows."""
    if as_json:
        typer.echo(json.dumps(results, indent=2))
        return
    from tabulate import tabulate

    hidden = ("artifact", "seconds", "columns")
    for row in results:
        if row.get("columns"):
            typer.echo(f"{tabulate(row['columns'], headers='keys', maxcolwidths=[30, None, None, 80])}\n")
    rows = [{key: value for key, value in row.items() if key not in hidden} for row in results]
    typer.echo(tabulate(rows, headers="keys", floatfmt=".4g", missingval="-"))
    typer.echo()
    for row in results:
        typer.echo(row["artifact"])
