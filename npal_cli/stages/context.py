"""What a command is about: where artifacts are, how to work, and which experiment."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from npal_cli.classifiers import CLASSIFIERS, Classifier, FitServices, make_classifier
from npal_cli.engine import Engine
from npal_cli.objectives import Setting
from npal_cli.problems.problem import Problem
from npal_cli.problems.sources import Sources
from npal_cli.randomness import Run
from npal_cli.seeds import format_seeds
from npal_cli.settings import Settings


@dataclass(frozen=True)
class Context:
    """What a command was told, for all stages that it calls."""

    root: Path
    settings: Settings
    engine: Engine
    sources: Sources
    build: bool = True
    """Build missing inputs; otherwise refuse and name the command that would."""
    force: bool = False
    """Redo what the command itself makes, up to date or not."""

    def classifier(self, name: str) -> Classifier:
        """The classifier ``name`` with its options, to be refitted with candidates.

        Raises:
            UsageError: if it is none that refits are made of.
        """
        return make_classifier(name, self.settings.options_of(name))

    def task_model(self, experiment: "Experiment", problem: Problem, work: Path) -> Classifier:
        """What is fitted at each step of a run; networks keep their fits in ``work``, the first where all find it."""
        name = experiment.classifier
        own, shared = work / "fits", self.root / ".work" / "fits" / f"{experiment.data}_{experiment.setting}_{name}"
        services = FitServices(
            data=experiment.data,
            run=problem.run,
            known=lambda: problem.features[np.concatenate([problem.annotated, problem.pool, problem.reward])],
            initial=len(problem.annotated),
            device=self.engine.torch_device,
            shared_fits=own if self.force else shared,
            own_fits=own,
        )
        return CLASSIFIERS.find(name).make(self.settings.options_of(name), services)


@dataclass(frozen=True)
class Experiment:
    """Data x setting x classifier, over ``runs``."""

    data: str
    setting: Setting
    classifier: str
    runs: tuple[Run, ...]

    @property
    def command_options(self) -> str:
        """The options that name this experiment on the command line."""
        seeds = {"--data-seed": {run.data_seed for run in self.runs}, "--seed": {run.seed for run in self.runs}}
        named = " ".join(f"{option} {text}" for option, values in seeds.items() for text in format_seeds(values))
        return f"--data {self.data} --setting {self.setting} --classifier {self.classifier} {named}"


@dataclass(frozen=True)
class At:
    """The state before acquisition step ``step`` of the runs that ``strategy`` acquired."""

    step: int
    strategy: str

    @property
    def name(self) -> str:
        """The name of the artifact of this state."""
        return f"{self.strategy}_step{self.step:02d}"
