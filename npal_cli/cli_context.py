"""What every command does around its work: errors in one line, and what it was told as a context."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from npal_cli.cli_options import SCHEDULER, BasicOptions, Options, StudyOptions
from npal_cli.cli_values import Workers
from npal_cli.errors import NpalError, UsageError

if TYPE_CHECKING:
    from npal_cli.engine import Engine, Refits
    from npal_cli.pipeline.context import Context

log = logging.getLogger("npal")


@contextmanager
def one_line_errors(options: BasicOptions) -> Iterator[None]:
    """What is expected to go wrong is said in one line; with ``--debug`` it is raised.

    Raises:
        typer.Exit: with the code of the error.
    """
    try:
        yield
    except NpalError as error:
        if options.debug:
            raise
        typer.echo(f"npal: {error}", err=True)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        typer.echo("npal: interrupted; run the same command again to go on", err=True)
        raise typer.Exit(130) from error


def context_of(options: BasicOptions, steps: int | None = None, refits: "Refits" = "numba") -> "Context":
    """What a command was told, for the stages that it calls; ``refits`` are those that are made where it was not."""
    from npal_cli.engine import Engine
    from npal_cli.params import read_params
    from npal_cli.pipeline.context import Context
    from npal_cli.problems.sources import sources_from_environment

    logging.basicConfig(format="npal: %(message)s", level=logging.WARNING, stream=sys.stderr, force=True)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # Zarr leaves tasks behind when a store is damaged
    log.setLevel(logging.WARNING if options.quiet else logging.INFO)
    params = read_params(options.params)
    if steps is not None:
        params = params.with_steps(steps)
    show = not options.quiet and sys.stderr.isatty()
    how = options.refits.value if options.refits is not None else refits
    root, of_stages = options.root, {}
    if isinstance(options, Options):
        of_stages = {"build": not options.no_build, "force": options.force}
        root = options.part.root(root) if options.part is not None else root
    engine = Engine(options.workers or os.cpu_count() or 1, show, how, options.device.value)
    return Context(
        root=root,
        params=params,
        engine=_shared_out(options, engine) if isinstance(options, StudyOptions) else engine,
        sources=sources_from_environment(options.root / "raw", progress=show),
        **of_stages,
    )


def _shared_out(options: StudyOptions, engine: "Engine") -> "Engine":
    from npal_cli.engine import engine_on

    if options.engine is not Workers.dask:
        if options.scheduler not in (None, os.environ.get(SCHEDULER)):
            raise UsageError("--scheduler: names a Dask cluster; say --engine dask, too")
        return engine
    if options.scheduler is None:
        raise UsageError("--engine dask: name the cluster, as --scheduler tcp://10.0.0.1:8786")
    if options.workers is not None:
        raise UsageError("--workers: of a Dask cluster it is as many as were started")
    return engine_on(options.scheduler, engine)
