"""What a command is about: where artifacts are, how to work, and which experiment."""

from dataclasses import dataclass
from pathlib import Path

from npal_cli.engine import Engine
from npal_cli.objectives import Setting
from npal_cli.params import Params
from npal_cli.problems.sources import Sources
from npal_cli.randomness import Run
from npal_cli.seeds import format_seeds


@dataclass(frozen=True)
class Context:
    """What a command was told, for all stages that it calls."""

    root: Path
    """The folder of all artifacts."""
    params: Params
    engine: Engine
    sources: Sources
    build: bool = True
    """Build missing inputs; otherwise refuse and name the command that would."""
    force: bool = False
    """Redo what the command itself makes, up to date or not."""


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
class StepRef:
    """The moment before acquisition step ``step`` of the runs that ``strategy`` acquired."""

    step: int
    strategy: str

    @property
    def name(self) -> str:
        """The name of artifacts of that moment."""
        return f"{self.strategy}_step{self.step:02d}"

    @property
    def command_options(self) -> str:
        """The options that name it on the command line."""
        return f"--step {self.step} --strategy {self.strategy}"
