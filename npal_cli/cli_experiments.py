"""Which experiments the options of a command name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from npal_cli.cli_options import Options, Seeds
from npal_cli.errors import UsageError, unknown

if TYPE_CHECKING:
    from npal_cli.pipeline.context import Context, StepRef
    from npal_cli.pipeline.resolved import ResolvedExperiment
    from npal_cli.plans import ImagePlan, Plan
    from npal_cli.randomness import Run

MOST_RUNS = 100_000
"""Of an experiment in one command."""


def experiments_of(
    context: "Context", options: Options, at: "StepRef | None" = None, *, by_classifier: bool = True
) -> "list[ResolvedExperiment]":
    """The experiments that options name, or else params.yaml: of a state ``at`` a step, if one is given.

    Raises:
        UsageError: if a name is unknown, or does not fit another.
    """
    from npal_cli.classifiers import takes_images
    from npal_cli.objectives import SETTINGS
    from npal_cli.pipeline.context import Experiment
    from npal_cli.problems.datasets import REGISTRY, image_datasets, known_datasets, named
    from npal_cli.tables.files import is_table

    classifiers = classifiers_of(context, options)
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
        runs = _runs(options, plan)
        experiments += [
            Experiment(name, setting, classifier, runs)
            for name in data
            for setting in SETTINGS
            if runs and setting in settings_of[name]
        ]

    from npal_cli.pipeline.resolved import ResolvedExperiment  # slow to import, so names are checked before

    return [ResolvedExperiment(context, each, at) for each in experiments]


def _runs(options: Options, plan: "Plan | ImagePlan") -> "tuple[Run, ...]":
    """The runs that options name, or this part's share of them."""
    from npal_cli.randomness import Run

    data_seeds, seeds = seeds_of(options.data_seed, plan.data_seed), seeds_of(options.seed, plan.seed)
    if len(data_seeds) * len(seeds) > MOST_RUNS:
        asked = f"{len(data_seeds):,} data seeds with {len(seeds):,} seeds each"
        raise UsageError(f"{asked} are more than {MOST_RUNS:,} runs; ask for fewer, in turns if need be")
    runs = tuple(Run(data_seed, seed) for data_seed in data_seeds for seed in seeds)
    return runs if options.part is None else options.part.share(runs)


def classifiers_of(context: "Context", options: Options) -> list[str]:
    """Their names, of those too that are named by import path."""
    from npal_cli.classifiers import CLASSIFIERS

    return _distinct([CLASSIFIERS.find(name).name for name in options.classifier or context.params.defaults.classifier])


def seeds_of(given: Seeds, defaults: Sequence[int]) -> list[int]:
    """The seeds that an option names, or the defaults."""
    return sorted({seed for each in given for seed in each} if given else set(defaults))


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))


def step_of(step: int | None, strategy: str) -> "StepRef | None":
    """The state that ``--step`` and ``--strategy`` name.

    Raises:
        UsageError: if that strategy leaves no reward set.
    """
    from npal_cli.pipeline.context import StepRef
    from npal_cli.strategies.naming import select

    if select(strategy).trains_on_reward:
        raise UsageError(f"--strategy {strategy}: no reward set is left after it; use one that does not train on it")
    return StepRef(step, strategy) if step is not None else None
