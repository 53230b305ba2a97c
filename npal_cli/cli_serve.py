"""The command that serves a page to label on."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from npal_cli.cli_context import one_line_errors
from npal_cli.cli_goal import changes_of, labelling_of
from npal_cli.cli_help import Command, examples
from npal_cli.cli_options import GoalOptions, RowOptions, with_options
from npal_cli.cli_signals import on_signals


def serve(
    options: RowOptions,
    goal: GoalOptions,
    batch: Annotated[int, typer.Option("--batch", metavar="ROWS", min=1, help="Rows of a round.")] = 10,
    strategy: Annotated[
        str | None, typer.Option("--strategy", metavar="NAME", help="What chooses them. (default: as before)")
    ] = None,
    classifier: Annotated[
        str | None, typer.Option("--classifier", metavar="NAME", help="The task model. (default: as before)")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="NUMBER", help="Draws the rows that are measured on.")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who labels, where several people do.")] = "",
    image: Annotated[
        str | None, typer.Option("--image", metavar="COLUMN", help="A column that names each row's picture ...")
    ] = None,
    images: Annotated[
        Path | None, typer.Option("--images", metavar="FOLDER", help="... in this folder. (default: this one)")
    ] = None,
    pixels: Annotated[
        str | None,
        typer.Option("--pixels", metavar="SIZE", help="The columns are pixels, HEIGHTxWIDTH as in 28x28, or 32x32x3."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="NUMBER", min=0, max=65535, help="Where, on this machine. (default: 8765, if free)"
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,  # noqa: FBT002
) -> None:
    """Serve a page to label rows on, one at a time, by keyboard; the next rows are chosen meanwhile."""
    with one_line_errors(options):
        from npal_cli.serving.following import Following
        from npal_cli.serving.pictures import pictures_of
        from npal_cli.serving.server import serve
        from npal_cli.serving.session import Session
        from npal_cli.serving.shown import Shown

        labelling, changes = labelling_of(options, options.data), changes_of(goal, classifier, seed)
        labelling.check(batch, strategy, changes)
        pictures = pictures_of(labelling.table, image, images, pixels)
        following = Following(labelling, batch, strategy, changes)

        def ready(address: str) -> None:
            typer.echo(json.dumps({"address": address}) if options.json else f"Label at {address}\nStop with Ctrl-C.")

        def stop() -> None:
            os.write(2, f"npal: stopped; every answer is in {labelling.journal}\n".encode())
            os._exit(0)  # a round that is being chosen is not waited for

        on_signals(stop)
        serve(Session(labelling, following, Shown(labelling.table), pictures, by), port, ready, show=show)


EXAMPLES = ("npal serve --data leads --open", "npal serve --data digits --pixels 8x8")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=Command, rich_help_panel="Your own rows", epilog=examples(*EXAMPLES))(with_options(serve))
