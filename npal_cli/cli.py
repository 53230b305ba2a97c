"""The command line. Heavy imports stay inside the commands, so that ``npal --help`` answers at once."""

import json
import os
import sys
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npal_cli import cli_rows, cli_serve
from npal_cli.cli_context import context_of, one_line_errors
from npal_cli.cli_experiments import classifiers_of, experiments_of, seeds_of, step_of
from npal_cli.cli_help import Command, Group, examples
from npal_cli.cli_options import (
    BasicOptions,
    BatchOptions,
    Names,
    Options,
    StepOption,
    StepStrategyOption,
    StudyOptions,
    TableOptions,
    print_version,
    with_options,
)
from npal_cli.cli_output import gain_of, row_of, show
from npal_cli.cli_plan import show_plan, tell_plan
from npal_cli.cli_signals import end_on_signals
from npal_cli.cli_values import Variant
from npal_cli.errors import UsageError

if TYPE_CHECKING:
    from npal_cli.tables.kept import KeptTable

app = typer.Typer(name="npal", cls=Group, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def npal(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Learn which data point to label next.

    The stages are prepare, simulate, oracle, train-np, acquire and report; each makes its missing inputs.
    """


@app.command(
    cls=Command,
    epilog=examples("npal prepare --data waveform", "npal prepare --data leads.csv --target churned --id customer"),
)
@with_options
def prepare(
    options: Options,
    table: TableOptions,
    source: Annotated[
        Path | None, typer.Option("--source", metavar="FILE", help="A local copy of the data set's file.")
    ] = None,
    allow_unverified: Annotated[bool, typer.Option("--allow-unverified", help="Take it whatever its hash.")] = False,
) -> None:
    """Read a data set and split it for each run; or take in a table of your own (--data FILE --target COLUMN)."""
    with one_line_errors(options):
        from npal_cli.labelling.journal import check_rows
        from npal_cli.stages import prepare as stage

        context = context_of(options)
        data = options.data or context.params.plan(classifiers_of(context, options)[0]).data

        def check(taken: "KeptTable") -> None:
            check_rows(context.root, taken, stage.kept_before(context, taken.name))

        intake = cli_rows.intake_of(table)
        taken = stage.take_sources(context, data, intake, source, verify=not allow_unverified, check=check)
        results = [stage.describe_table(context, each) for each in taken.tables]
        to_label = {each.name for each in taken.tables if not each.is_complete}
        studied = [name for name in taken.names if name not in to_label]
        options = replace(options, data=studied if options.data else None)
        for each in experiments_of(context, options, by_classifier=False) if studied else ():
            built = stage.prepare(each)
            results.append(row_of(each.experiment, built, stage.describe(built.record), by_classifier=False))
        show(results, as_json=options.json)


@app.command(cls=Command, epilog=examples("npal simulate --data waveform --data-seed 1..3 --seed 1"))
@with_options
def simulate(options: Options, step: StepOption = None, strategy: StepStrategyOption = "np") -> None:
    """Split the annotated set into simulated problems (Algorithm 1)."""
    with one_line_errors(options):
        from npal_cli.stages import simulate as stage

        context = context_of(options)
        by_classifier = step is not None
        results = []
        for each in experiments_of(context, options, step_of(step, strategy), by_classifier=by_classifier):
            built = stage.simulate(each, requested=True)
            results.append(row_of(each.experiment, built, stage.describe(built.record), by_classifier=by_classifier))
        show(results, as_json=options.json)


@app.command(
    cls=Command,
    epilog=examples(
        "npal oracle --data waveform", "npal oracle --data waveform --classifier svm --step 5 --strategy np"
    ),
)
@with_options
def oracle(options: Options, step: StepOption = None, strategy: StepStrategyOption = "np") -> None:
    """Compute how much each simulated pool point improves the score after a refit (Algorithm 2)."""
    with one_line_errors(options):
        from npal_cli.stages import oracle as stage

        context = context_of(options)
        results = []
        for each in experiments_of(context, options, step_of(step, strategy)):
            built = stage.oracle(each, requested=True)
            results.append(row_of(each.experiment, built, stage.describe(built)))
        show(results, as_json=options.json)


@app.command(cls=Command, epilog=examples("npal train-np --data waveform --setting imbalanced --seed 1"))
@with_options
def train_np(options: Options, step: StepOption = None, strategy: StepStrategyOption = "np") -> None:
    """Train the neural process to predict improvements (section 5)."""
    with one_line_errors(options):
        from npal_cli.stages import train_np as stage

        context = context_of(options)
        results = []
        for each in experiments_of(context, options, step_of(step, strategy)):
            built = stage.train_np(each, requested=True)
            results.append(row_of(each.experiment, built, stage.describe(built.record)))
        show(results, as_json=options.json)


@app.command(
    cls=Command,
    epilog=examples(
        "npal acquire --data waveform --strategy random --strategy blend --seed 1",
        "npal acquire --data waveform --compare --data-seed 1..50",
        "npal acquire --data leads --batch 8",
    ),
)
@with_options
def acquire(
    options: Options,
    batch: BatchOptions,
    strategy: Annotated[
        Names,
        typer.Option(
            "--strategy", metavar="NAME", help="Name (see README) or import path; repeatable. (default: params.yaml)"
        ),
    ] = None,
    compare: Annotated[bool, typer.Option("--compare", help="All strategies that params.yaml compares.")] = False,
    variant: Annotated[
        Variant,
        typer.Option(
            "--variant",
            help="reference: HAL and CBAL as the paper's published code has them; also --strategy haluni_reference.",
        ),
    ] = Variant.method,
    train_on_reward: Annotated[
        bool, typer.Option("--train-on-reward", help="A control: the reward set's labels are spent on training.")
    ] = False,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, metavar="COUNT", help="Acquisition steps. (default: params.yaml)")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is to be done, and what like runs took here; acquire nothing.")
    ] = False,
) -> None:
    """Acquire labels step by step with each strategy, and evaluate on the test set; or choose your next --batch."""
    with one_line_errors(options):
        if cli_rows.is_next_batch(batch):
            of_a_study = {"--compare": compare, "--train-on-reward": train_on_reward, "--dry-run": dry_run}
            cli_rows.ask(options, batch, strategy, {**of_a_study, "--steps": steps is not None})
            return
        from npal_cli.strategies.naming import select

        context = context_of(options, steps=steps)
        how = {"compare": compare, "train_on_reward": train_on_reward}
        for name in strategy or ():
            select(name, variant.value, train_on_reward=train_on_reward)  # a typo is told at once
        experiments = experiments_of(context, options)

        from npal_cli.pipeline.selection import check_strategies, select_strategies
        from npal_cli.stages import acquire as stage

        work = [(each, select_strategies(each, strategy, variant.value, **how)) for each in experiments]
        check_strategies(work)
        if dry_run:
            show_plan(work, as_json=options.json)
            return
        tell_plan(work)
        results = []
        while work:  # so that the problems of an experiment that is done need no memory
            each, strategies = work.pop(0)
            built = {selected.name: stage.acquire_with(each, selected) for selected in strategies}
            curves = {name: one.record.held_out_score for name, one in built.items()}
            for name, one in built.items():
                shown = {"strategy": name, **stage.describe(one.record), **gain_of(name, curves)}
                results.append(row_of(each.experiment, one, shown))
        show(results, as_json=options.json)


@app.command(cls=Command, epilog=examples("npal report --open", "npal report --data waveform --classifier svm"))
@with_options
def report(
    options: Options,
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Make a web page, tables and figures from what was acquired, beside what the paper reports.

    Shows all that was acquired, or the data, settings, classifiers and seeds that are named.
    """
    with one_line_errors(options):
        from npal_cli.pipeline.collect import Selection
        from npal_cli.stages import report as stage

        if options.part is not None:
            raise UsageError("--part: a report is of all runs; gather them with the command that made the parts")
        seeds = {name: each and seeds_of(each, ()) for name, each in vars(options).items() if name.endswith("seed")}
        context = context_of(options)
        written = stage.report(context, Selection(options.data, options.setting, options.classifier, **seeds))
        if show:
            webbrowser.open((context.root / "report" / "index.html").resolve().as_uri())
        paths = [str(path) for path in written]
        typer.echo(json.dumps({"artifacts": paths}, indent=2) if options.json else "\n".join(paths))


@app.command(cls=Command, epilog=examples("npal pretrain", "npal pretrain --params mine.yaml --output mine.npz"))
@with_options
def pretrain(
    options: StudyOptions,
    data: Annotated[
        Names,
        typer.Option(
            "--data",
            metavar="NAME",
            help="Data set that half of the problems are of; repeatable. (default: params.yaml)",
        ),
    ] = None,
    classifier: Annotated[
        Names,
        typer.Option(
            "--classifier", metavar="NAME", help="Task model: name or import path; repeatable. (default: params.yaml)"
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="A copy of the weights.")] = None,
) -> None:
    """Learn once what np_pretrained chooses by, from problems that are drawn or of tables whose labels you know."""
    with one_line_errors(options):
        from npal_cli.stages import pretrain as stage

        context = context_of(options)
        told = context.params.pretrain
        named = replace(told, tables=tuple(data or told.tables), classifiers=tuple(classifier or told.classifiers))
        made = stage.pretrain(replace(context, params=replace(context.params, pretrain=named)), output)
        show([{**stage.describe(made), "artifact": str(made.path)}], as_json=options.json)


@app.command(cls=Command, epilog=examples("npal verify", "npal verify data/acquired/waveform --json"))
@with_options
def verify(
    options: BasicOptions,
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help="Only what is there. (default: all)")] = None,
) -> None:
    """Read all artifacts, tables and answers that are kept, and say how to have again what is damaged."""
    with one_line_errors(options):
        from npal_cli.verify import check_whole, verify

        checked = verify(context_of(options), path)
        if options.json:
            typer.echo(json.dumps([each.as_json() for each in checked], indent=2))
        else:
            damaged = [each.sentence() for each in checked if each.damage is not None]
            typer.echo("\n".join(damaged) or f"All {len(checked)} are whole.")
        check_whole(checked)


cli_rows.add_to(app)
cli_serve.add_to(app)


def main() -> None:
    """Run the command line, with all text in UTF-8: names of files, rows and columns are of any alphabet."""
    if sys.getfilesystemencoding() != "utf-8":  # an odd locale
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "npal_cli", *sys.argv[1:]])  # noqa: S606  itself
    end_on_signals()
    app()
