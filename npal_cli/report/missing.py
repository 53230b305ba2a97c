"""What a study lacks, and the commands that fill it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from npal_cli.randomness import Run
from npal_cli.report.results import ExperimentResults


@dataclass(frozen=True)
class Planned:
    """An experiment of the study, with the strategies that it compares."""

    data: str
    setting: str
    classifier: str
    strategies: Sequence[str]
    runs: Sequence[Run]


@dataclass(frozen=True)
class Missing:
    """The strategies that an experiment lacks, or lacks runs of."""

    data: str
    setting: str
    classifier: str
    strategies: Sequence[str]
    whole: bool
    """Whether all that the study plans lack runs."""

    @property
    def command(self) -> str:
        """What makes them."""
        options = ["--data", self.data, "--setting", self.setting, "--classifier", self.classifier]
        named = ["--compare"] if self.whole else [part for name in self.strategies for part in ("--strategy", name)]
        return shlex.join(["npal", "acquire", *options, *named])


def missing_of(planned: Sequence[Planned], results: Sequence[ExperimentResults]) -> list[Missing]:
    """The planned experiments that lack runs."""
    there = {(result.data, str(result.setting), result.classifier): result.acquired for result in results}
    lacking = []
    for one in planned:
        present = {name: record.runs for name, record in there.get((one.data, one.setting, one.classifier), {}).items()}
        absent = [name for name in one.strategies if not set(one.runs) <= set(present.get(name, ()))]
        if absent:
            whole = len(absent) == len(one.strategies)
            lacking.append(Missing(one.data, one.setting, one.classifier, absent, whole))
    return lacking
