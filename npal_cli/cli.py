"""The command line. Heavy imports stay inside the commands, so that ``npal --help`` answers at once."""

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npal_cli import __version__
from npal_cli.errors import NpalError, UsageError

if TYPE_CHECKING:
    from npal_cli.stages.base import At, Context, Experiment, Made

app = typer.Typer(
    name="npal",
    help="Learn which data point to label next. Stages: prepare, simulate, oracle, train-np, acquire, report.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
log = logging.getLogger("npal")


class Device(StrEnum):
    """Where networks are trained."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Variant(StrEnum):
    """Whose version of a strategy runs."""

    method = "method"
    reference = "reference"


DataOption = Annotated[list[str] | None, typer.Option("--data", help="Data set; repeatable. [default: params.yaml]")]
SettingOption = Annotated[
    list[str] | None,
    typer.Option("--setting", help="balanced, imbalanced or imbalanced_weighted; repeatable. [default: all]"),
]
ClassifierOption = Annotated[
    list[str] | None, typer.Option("--classifier", help="logistic or svm; repeatable. [default: params.yaml]")
]
DataSeedOption = Annotated[list[int] | None, typer.Option("--data-seed", min=0, help="Draws the splits; repeatable.")]
SeedOption = Annotated[list[int] | None, typer.Option("--seed", min=0, help="Draws everything else; repeatable.")]
ParamsOption = Annotated[Path | None, typer.Option("--params", help="Parameter file. [default: params.yaml]")]
RootOption = Annotated[Path, typer.Option("--root", envvar="NPAL_ROOT", help="Folder of the artifacts.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="Processes. [default: one per core]")]
DeviceOption = Annotated[Device, typer.Option("--device", help="Where networks are trained.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Redo this stage though it is up to date.")]
NoBuildOption = Annotated[bool, typer.Option("--no-build", help="Refuse if an input is missing, do not make it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress, no messages but warnings.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
StepOption = Annotated[
    int | None, typer.Option("--step", min=1, help="Start from the state before this acquisition step.")
]
StepStrategyOption = Annotated[str, typer.Option("--strategy", help="With --step: whose acquired runs to start from.")]


@dataclass(frozen=True)
class Options:
    """The options that all commands share."""

    data: list[str] | None
    setting: list[str] | None
    classifier: list[str] | None
    data_seed: list[int] | None
    seed: list[int] | None
    params: Path | None
    root: Path
    workers: int | None
    device: Device
    force: bool
    no_build: bool
    json: bool
    quiet: bool
    debug: bool


@app.callback()
def common(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    """Learn which data point to label next. Stages: prepare, simulate, oracle, train-np, acquire, report."""
    if version:
        typer.echo(f"npal {__version__}")
        raise typer.Exit


@app.command()
def prepare(
    data: DataOption = None,
    setting: SettingOption = None,
    classifier: ClassifierOption = None,
    data_seed: DataSeedOption = None,
    seed: SeedOption = None,
    params: ParamsOption = None,
    root: RootOption = Path("data"),
    workers: WorkersOption = None,
    device: DeviceOption = Device.auto,
    source: Annotated[Path | None, typer.Option("--source", help="A local copy of the data set's file.")] = None,
    allow_unverified: Annotated[bool, typer.Option("--allow-unverified", help="Take it whatever its hash.")] = False,
    target: Annotated[str | None, typer.Option("--target", help="With --data FILE.csv: the label column.")] = None,
    force: ForceOption = False,
    no_build: NoBuildOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Read a data set and split it into annotated set, pool, reward set and test set, for each run."""
    options = Options(
        data, setting, classifier, data_seed, seed, params, root, workers, device, force, no_build, as_json, quiet, debug
    )
    with _one_line_errors(debug):
        from npal_cli.stages import prepare as stage

        context = _context(options)
        names = stage.take_sources(
            context, data or context.settings.defaults.data, target, source, verify=not allow_unverified
        )
        results = []
        for experiment in _experiments(context, replace(options, data=names), by_classifier=False):
            made = stage.prepare(context, experiment, asked=True)
            results.append(_result(experiment, made, stage.describe(made.record)))
        _show(results, options)


@app.command()
def simulate(
    data: DataOption = None,
    setting: SettingOption = None,
    classifier: ClassifierOption = None,
    data_seed: DataSeedOption = None,
    seed: SeedOption = None,
    step: StepOption = None,
    strategy: StepStrategyOption = "np",
    params: ParamsOption = None,
    root: RootOption = Path("data"),
    workers: WorkersOption = None,
    device: DeviceOption = Device.auto,
    force: ForceOption = False,
    no_build: NoBuildOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Split the annotated set into simulated problems (Algorithm 1)."""
    options = Options(
        data, setting, classifier, data_seed, seed, params, root, workers, device, force, no_build, as_json, quiet, debug
    )
    with _one_line_errors(debug):
        from npal_cli.stages import simulate as stage

        context = _context(options)
        results = []
        for experiment in _experiments(context, options, by_classifier=step is not None):
            made = stage.simulate(context, experiment, _at(step, strategy), asked=True)
            results.append(_result(experiment, made, stage.describe(made.record)))
        _show(results, options)


@app.command()
def oracle(
    data: DataOption = None,
    setting: SettingOption = None,
    classifier: ClassifierOption = None,
    data_seed: DataSeedOption = None,
    seed: SeedOption = None,
    step: StepOption = None,
    strategy: StepStrategyOption = "np",
    params: ParamsOption = None,
    root: RootOption = Path("data"),
    workers: WorkersOption = None,
    device: DeviceOption = Device.auto,
    force: ForceOption = False,
    no_build: NoBuildOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Compute how much each simulated pool point improves the score after a refit (Algorithm 2)."""
    options = Options(
        data, setting, classifier, data_seed, seed, params, root, workers, device, force, no_build, as_json, quiet, debug
    )
    with _one_line_errors(debug):
        from npal_cli.stages import oracle as stage

        context = _context(options)
        results = []
        for experiment in _experiments(context, options):
            made = stage.oracle(context, experiment, _at(step, strategy), asked=True)
            results.append(_result(experiment, made, stage.describe(made)))
        _show(results, options)


@app.command()
def train_np(
    data: DataOption = None,
    setting: SettingOption = None,
    classifier: ClassifierOption = None,
    data_seed: DataSeedOption = None,
    seed: SeedOption = None,
    step: StepOption = None,
    strategy: StepStrategyOption = "np",
    params: ParamsOption = None,
    root: RootOption = Path("data"),
    workers: WorkersOption = None,
    device: DeviceOption = Device.auto,
    force: ForceOption = False,
    no_build: NoBuildOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Train the neural process to predict improvements (section 5)."""
    options = Options(
        data, setting, classifier, data_seed, seed, params, root, workers, device, force, no_build, as_json, quiet, debug
    )
    with _one_line_errors(debug):
        from npal_cli.stages import train_np as stage

        context = _context(options)
        results = []
        for experiment in _experiments(context, options):
            made = stage.train_np(context, experiment, _at(step, strategy), asked=True)
            results.append(_result(experiment, made, stage.describe(made.record)))
        _show(results, options)


@app.command()
def acquire(
    data: DataOption = None,
    setting: SettingOption = None,
    classifier: ClassifierOption = None,
    data_seed: DataSeedOption = None,
    seed: SeedOption = None,
    strategy: Annotated[
        list[str] | None, typer.Option("--strategy", help="Strategy; repeatable. [default: params.yaml]")
    ] = None,
    variant: Annotated[
        Variant, typer.Option("--variant", help="reference: as the published code has it (HAL, CBAL).")
    ] = Variant.method,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Acquisition steps. [default: params.yaml]")] = None,
    params: ParamsOption = None,
    root: RootOption = Path("data"),
    workers: WorkersOption = None,
    device: DeviceOption = Device.auto,
    force: ForceOption = False,
    no_build: NoBuildOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Acquire labels step by step with each strategy, and evaluate on the test set."""
    options = Options(
        data, setting, classifier, data_seed, seed, params, root, workers, device, force, no_build, as_json, quiet, debug
    )
    with _one_line_errors(debug):
        from npal_cli.stages import acquire as stage

        context = _context(options, steps=steps)
        experiments = _experiments(context, options)
        work: list[tuple[Experiment, list[str]]] = []
        for experiment in experiments:
            names = strategy or list(getattr(context.settings.acquire.strategies, experiment.classifier))
            stage.check_strategies(context, experiment, names)
            work.append((experiment, names))
        results = []
        for experiment, names in work:
            for name in names:
                made = stage.acquire_with(context, experiment, name, variant.value)
                shown = {"strategy": stage.artifact_name(name, variant.value), **stage.describe(made.record)}
                results.append(_result(experiment, made, shown))
        _show(results, options)


@app.command()
def report(
    params: ParamsOption = None,
    root: RootOption = Path("data"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Make the paper's tables and figures from what was acquired, beside what the paper reports."""
    with _one_line_errors(debug):
        from npal_cli.stages import report as stage

        _logging(quiet=quiet)
        paths = stage.report(root)
        typer.echo(json.dumps({"paths": [str(path) for path in paths]}) if as_json else "\n".join(map(str, paths)))


def main() -> None:
    """Run the command line."""
    app()


@contextmanager
def _one_line_errors(debug: bool) -> Iterator[None]:
    try:
        yield
    except NpalError as error:
        if debug:
            raise
        typer.echo(f"npal: {error}", err=True)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        typer.echo("npal: interrupted; run the same command again to go on", err=True)
        raise typer.Exit(130) from error


def _logging(*, quiet: bool) -> None:
    logging.basicConfig(format="npal: %(message)s", level=logging.WARNING, stream=sys.stderr, force=True)
    log.setLevel(logging.WARNING if quiet else logging.INFO)


def _context(options: Options, steps: int | None = None) -> "Context":
    import os

    from npal_cli.engine import Engine
    from npal_cli.problems.sources import sources_from_environment
    from npal_cli.settings import read_settings
    from npal_cli.stages.base import Context

    _logging(quiet=options.quiet)
    settings = read_settings(options.params)
    if steps is not None:
        settings = replace(settings, acquire=replace(settings.acquire, steps=steps))
    show = not options.quiet and sys.stderr.isatty()
    return Context(
        root=options.root,
        settings=settings,
        engine=Engine(options.workers or os.cpu_count() or 1, progress=show),
        sources=sources_from_environment(options.root / "raw", progress=show),
        device=options.device.value,
        build=not options.no_build,
        force=options.force,
    )


def _experiments(context: "Context", options: Options, *, by_classifier: bool = True) -> "list[Experiment]":
    from npal_cli.errors import unknown
    from npal_cli.objectives import SETTINGS
    from npal_cli.problems.datasets import known_datasets
    from npal_cli.problems.tables import is_table
    from npal_cli.randomness import Run
    from npal_cli.stages.base import Experiment

    defaults = context.settings.defaults
    runs = tuple(
        Run(data_seed, seed)
        for data_seed in sorted(set(options.data_seed or defaults.data_seed))
        for seed in sorted(set(options.seed or defaults.seed))
    )
    data = _distinct(options.data or defaults.data)
    settings = _distinct(options.setting or defaults.setting)
    classifiers = _distinct(options.classifier or defaults.classifier)
    for name in data:
        if is_table(name):
            raise UsageError(f"--data {name}: take the table in first with: npal prepare --data {name} --target COLUMN")
        if name not in (known := known_datasets(context.sources)):
            raise unknown("data set", name, known)
    for setting in settings:
        if setting not in SETTINGS:
            raise unknown("setting", setting, SETTINGS)
    for classifier in classifiers:
        context.classifier(classifier)
    return [
        Experiment(name, setting, classifier, runs)
        for name in data
        for setting in SETTINGS
        if setting in settings
        for classifier in (classifiers if by_classifier else classifiers[:1])
    ]


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _at(step: int | None, strategy: str) -> "At | None":
    from npal_cli.stages.base import At

    return At(step, strategy) if step is not None else None


def _result(experiment: "Experiment", made: "Made[Any]", shown: dict[str, Any]) -> dict[str, Any]:
    runs = made.record.runs
    named = {"data": experiment.data, "setting": experiment.setting, "classifier": experiment.classifier}
    return {**named, "runs": len(runs), **shown, "seconds": round(made.seconds, 1), "artifact": str(made.path)}


def _show(results: list[dict[str, Any]], options: Options) -> None:
    if options.json:
        typer.echo(json.dumps(results, indent=2))
        return
    from tabulate import tabulate

    rows = [{key: value for key, value in row.items() if key not in ("artifact", "seconds")} for row in results]
    typer.echo(tabulate(rows, headers="keys", floatfmt=".4g", missingval="-"))
    typer.echo()
    for row in results:
        typer.echo(row["artifact"])


