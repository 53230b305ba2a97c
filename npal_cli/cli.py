"""The command line. Heavy imports stay inside the commands, so that ``npal --help`` answers at once."""

import json
import webbrowser
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npal_cli import cli_rows, cli_serve
from npal_cli.cli_context import context_of, one_line_errors
from npal_cli.cli_options import (
    BatchOptions,
    Names,
    Options,
    Seeds,
    StepOption,
    StepStrategyOption,
    TableOptions,
    Variant,
    print_version,
    with_options,
)
from npal_cli.cli_output import row_of, show
from npal_cli.errors import UsageError, unknown

if TYPE_CHECKING:
    from npal_cli.pipeline.context import Context, StepRef
    from npal_cli.pipeline.resolved import ResolvedExperiment
    from npal_cli.tables.kept import KeptTable

app = typer.Typer(name="npal", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def npal(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Learn which data point to label next.

    The stages are prepare, simulate, oracle, train-np, acquire and report; each makes its missing inputs.
    """


@app.command()
@with_options
def prepare(
    options: Options,
    table: TableOptions,
    source: Annotated[Path | None, typer.Option("--source", help="A local copy of the data set's file.")] = None,
    allow_unverified: Annotated[bool, typer.Option("--allow-unverified", help="Take it whatever its hash.")] = False,
) -> None:
    """Read a data set and split it for each run; or take in a table of your own (--data FILE --target COLUMN)."""
    with one_line_errors(options):
        from npal_cli.labelling.journal import check_rows
        from npal_cli.stages import prepare as stage

        context = context_of(options)
        data = options.data or context.params.plan(_classifiers(context, options)[0]).data

        def check(taken: "KeptTable") -> None:
            check_rows(context.root, taken, stage.kept_before(context, taken.name))

        intake = cli_rows.intake_of(table)
        taken = stage.take_sources(context, data, intake, source, verify=not allow_unverified, check=check)
        results = [stage.describe_table(context, each) for each in taken.tables]
        to_label = {each.name for each in taken.tables if not each.is_complete}
        studied = [name for name in taken.names if name not in to_label]
        options = replace(options, data=studied if options.data else None)
        for each in _experiments(context, options, by_classifier=False) if studied else ():
            built = stage.prepare(each)
            results.append(row_of(each.experiment, built, stage.describe(built.record), by_classifier=False))
        show(results, as_json=options.json)


@app.command()
@with_options
def simulate(options: Options, step: StepOption = None, strategy: StepStrategyOption = "np") -> None:
    """Split the annotated set into simulated problems (Algorithm 1)."""
    with one_line_errors(options):
        from npal_cli.stages import simulate as stage

        context = context_of(options)
        by_classifier = step is not None
        results = []
        for each in _experiments(context, options, _at(step, strategy), by_classifier=by_classifier):
            built = stage.simulate(each, requested=True)
            results.append(row_of(each.experiment, built, stage.describe(built.record), by_classifier=by_classifier))
        show(results, as_json=options.json)


@app.command()
@with_options
def oracle(options: Options, step: StepOption = None, strategy: StepStrategyOption = "np") -> None:
    """Compute how much each simulated pool point improves the score after a refit (Algorithm 2)."""
    with one_line_errors(options):
        from npal_cli.stages import oracle as stage

        context = context_of(options)
        results = []
        for each in _experiments(context, options, _at(step, strategy)):
            built = stage.oracle(each, requested=True)
            results.append(row_of(each.experiment, built, stage.describe(built)))
        show(results, as_json=options.json)


@app.command()
@with_options
def train_np(options: Options, step: StepOption = None, strategy: StepStrategyOption = "np") -> None:
    """Train the neural process to predict improvements (section 5)."""
    with one_line_errors(options):
        from npal_cli.stages import train_np as stage

        context = context_of(options)
        results = []
        for each in _experiments(context, options, _at(step, strategy)):
            built = stage.train_np(each, requested=True)
            results.append(row_of(each.experiment, built, stage.describe(built.record)))
        show(results, as_json=options.json)


@app.command()
@with_options
def acquire(
    options: Options,
    batch: BatchOptions,
    strategy: Annotated[
        Names,
        typer.Option("--strategy", help="Name (see README) or import path; repeatable. (default: params.yaml)"),
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
        int | None, typer.Option("--steps", min=1, help="Acquisition steps. (default: params.yaml)")
    ] = None,
) -> None:
    """Acquire labels step by step with each strategy, and evaluate on the test set; or choose your next --batch."""
    with one_line_errors(options):
        if cli_rows.is_next_batch(batch):
            cli_rows.ask(options, batch, strategy)
            return
        from npal_cli.strategies.naming import select

        context = context_of(options, steps=steps)
        how = {"compare": compare, "train_on_reward": train_on_reward}
        for name in strategy or ():
            select(name, variant.value, train_on_reward=train_on_reward)  # a typo is told at once
        experiments = _experiments(context, options)

        from npal_cli.pipeline.selection import check_strategies, select_strategies
        from npal_cli.stages import acquire as stage

        work = [(each, select_strategies(each, strategy, variant.value, **how)) for each in experiments]
        check_strategies(work)
        results = []
        while work:  # so that the problems of an experiment that is done need no memory
            each, strategies = work.pop(0)
            for selected in strategies:
                built = stage.acquire_with(each, selected)
                shown = {"strategy": selected.name, **stage.describe(built.record)}
                results.append(row_of(each.experiment, built, shown))
        show(results, as_json=options.json)


@app.command()
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

        seeds = {name: each and _seeds(each, ()) for name, each in vars(options).items() if name.endswith("seed")}
        context = context_of(options)
        written = stage.report(context, Selection(options.data, options.setting, options.classifier, **seeds))
        if show:
            webbrowser.open((context.root / "report" / "index.html").resolve().as_uri())
        paths = [str(path) for path in written]
        typer.echo(json.dumps({"artifacts": paths}, indent=2) if options.json else "\n".join(paths))


cli_rows.add_to(app)
cli_serve.add_to(app)


def main() -> None:
    """Run the command line."""
    app()


def _experiments(
    context: "Context", options: Options, at: "StepRef | None" = None, *, by_classifier: bool = True
) -> "list[ResolvedExperiment]":
    from npal_cli.classifiers import takes_images
    from npal_cli.objectives import SETTINGS
    from npal_cli.pipeline.context import Experiment
    from npal_cli.problems.datasets import REGISTRY, image_datasets, known_datasets, named
    from npal_cli.randomness import Run
    from npal_cli.tables.files import is_table

    classifiers = _classifiers(context, options)
    if not by_classifier:  # what is prepared for one is prepared for all that work on the same sets
        classifiers = list({takes_images(name): name for name in reversed(classifiers)}.values())
    experiments = []
    for classifier in classifiers:
        plan = context.params.plan(classifier)
        data = _distinct([named(name) for name in options.data or plan.data])
        known, settings = known_datasets(context.sources), _distinct(options.setting or plan.setting)
        settings_of = {name: settings if options.setting or name in REGISTRY else ["natural"] for name in data}
        for name in data:
            if is_table(name):
                raise UsageError(
                    f"--data {name}: take the table in first with: npal prepare --data {name} --target COLUMN"
                )
            if name not in known:
                raise unknown("data set", name, known)
            if takes_images(classifier) and name not in image_datasets():
                able = ", ".join(image_datasets())
                raise UsageError(f"--data {name}: classifier {classifier!r} takes images; use --data {able}")
        for setting in settings:
            if setting not in SETTINGS:
                raise unknown("setting", setting, SETTINGS)
        runs = tuple(
            Run(data_seed, seed)
            for data_seed in _seeds(options.data_seed, plan.data_seed)
            for seed in _seeds(options.seed, plan.seed)
        )
        experiments += [
            Experiment(name, setting, classifier, runs)
            for name in data
            for setting in SETTINGS
            if setting in settings_of[name]
        ]

    from npal_cli.pipeline.resolved import ResolvedExperiment  # slow to import, so names are checked before

    return [ResolvedExperiment(context, each, at) for each in experiments]


def _classifiers(context: "Context", options: Options) -> list[str]:
    """Their names, of those too that are named by import path."""
    from npal_cli.classifiers import CLASSIFIERS

    return _distinct([CLASSIFIERS.find(name).name for name in options.classifier or context.params.defaults.classifier])


def _seeds(given: Seeds, defaults: Sequence[int]) -> list[int]:
    return sorted({seed for each in given for seed in each} if given else set(defaults))


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _at(step: int | None, strategy: str) -> "StepRef | None":
    from npal_cli.pipeline.context import StepRef
    from npal_cli.strategies.naming import select

    if select(strategy).trains_on_reward:
        raise UsageError(f"--strategy {strategy}: no reward set is left after it; use one that does not train on it")
    return StepRef(step, strategy) if step is not None else None
