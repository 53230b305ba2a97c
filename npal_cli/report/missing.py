"""What a study lacks, and the commands that fill it."""

from collections.abc import Sequence
from dataclasses import dataclass

from npal_cli.report.results import ExperimentResults


@dataclass(frozen=True)
class Wanted:
    """An experiment of the study, with the strategies that it compares."""

    data: str
    setting: str
    classifier: str
    strategies: Sequence[str]


@dataclass(frozen=True)
class Missing:
    """The strategies that an experiment lacks."""

    data: str
    setting: str
    classifier: str
    strategies: Sequence[str]
    whole: bool
    """Whether it lacks all that are wanted."""

    @property
    def command(self) -> str:
        """What makes them."""
        named = "" if self.whole else "".join(f" --strategy {name}" for name in self.strategies)
        return f"npal acquire --data {self.data} --setting {self.setting} --classifier {self.classifier}{named}"


def missing_of(wanted: Sequence[Wanted], results: Sequence[ExperimentResults]) -> list[Missing]:
    """What of the wanted experiments has no runs."""
    there = {(result.data, str(result.setting), result.classifier): result.acquired for result in results}
    lacking = []
    for one in wanted:
        present = there.get((one.data, one.setting, one.classifier), {})
        absent = [name for name in one.strategies if name not in present]
        if absent:
            whole = len(absent) == len(one.strategies)
            lacking.append(Missing(one.data, one.setting, one.classifier, absent, whole))
    return lacking
