"""Which strategy to use in an experiment, and how sure that is: in a sentence, and in numbers for other tools."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from npal_cli.report.names import is_competitor
from npal_cli.report.results import Evaluation
from npal_cli.report.statistics import FEWEST_RUNS
from npal_cli.report.tables import interval, runs_of

LEVEL = 0.05
"""Of the tests that tell strategies apart."""
NAMED = 5
"""Strategies that are not told apart from the best, of which more are counted, not named."""


@dataclass(frozen=True)
class Verdict:
    """The competitor with the largest mean AUAC, beside Random."""

    strategy: str
    label: str
    runs: int
    splits: int
    gain: float
    low: float
    high: float
    """Its gain in AUAC over Random, and the 95 % interval; NaN without Random, and for too few runs."""
    wins: float
    """Runs better than Random, a tie being half."""
    level: tuple[str, ...]
    """The labels of competitors whose difference to it may be chance, but Random's ..."""
    unknown: tuple[str, ...] = ()
    """... and of those with too few runs to tell."""

    def __str__(self) -> str:
        """In a sentence."""
        rests_on = runs_of(self.runs, self.splits)
        if self.strategy == "random":
            return f"No strategy has a larger mean AUAC than Random ({rests_on}){self._apart()}"
        if np.isnan(self.gain):
            return f"{self.label} has the largest mean AUAC ({rests_on}; Random was not run){self._apart()}"
        wins = f"{self.wins:g} of {self.runs} runs"
        splits = f"{self.splits} split{'s' * (self.splits > 1)}"
        gained = f"{interval(self.gain, self.low, self.high, 2)} AUAC over Random"
        return f"{self.label}: {gained}, better in {wins}, {splits}{self._apart()}"

    def _apart(self) -> str:
        if self.runs < FEWEST_RUNS:
            return ": too few runs to tell."
        parts = [f"not told apart from {_named(self.level)}"] if self.level else []
        parts += [f"too few runs of {_named(self.unknown)} to tell"] if self.unknown else []
        return "".join(f"; {part}" for part in parts) + "."


def _named(labels: Sequence[str]) -> str:
    beyond = len(labels) - NAMED
    more = f" and {beyond} other{'s' if beyond > 1 else ''}" if beyond > 0 else ""
    return f"{', '.join(labels[:NAMED])}{more}"


def verdict(cells: pd.DataFrame, evaluation: Evaluation) -> Verdict | None:
    """Of the cells of one experiment; None if no competitor was run."""
    rows = cells[(cells["metric"] == "auac") & (cells["evaluation"] == evaluation)]
    best = rows[rows["best"].eq(True)]
    if best.empty:
        return None
    row = best.iloc[0]
    level = rows[(rows["best_p_holm"] >= LEVEL) & (rows["strategy"] != "random")]
    untold = rows[rows["best_p_holm"].isna() & ~rows["best"].eq(True)]
    runs = row["runs"] if np.isnan(row["random_runs"]) else row["random_runs"]
    return Verdict(
        strategy=row["strategy"],
        label=row["label"],
        runs=int(runs),
        splits=int(row["splits"]),
        gain=float(row["random_mean"]),
        low=float(row["random_low"]),
        high=float(row["random_high"]),
        wins=float(row["random_wins"] * runs),
        level=tuple(level["label"]),
        unknown=tuple(
            label
            for name, label in zip(untold["strategy"], untold["label"], strict=True)
            if is_competitor(name) and name != "random"
        ),
    )


def verdicts(cells: pd.DataFrame, evaluation: Evaluation) -> Iterator[tuple[tuple[str, str, str], Verdict]]:
    """Of each experiment: its data, classifier and setting, and what is said of it."""
    for key, own in cells.groupby(["data", "classifier", "setting"], sort=True):
        found = verdict(own, evaluation)
        if found is not None:
            data, classifier, setting = map(str, key)
            yield (data, classifier, setting), found


def write_metrics(folder: Path, cells: pd.DataFrame) -> None:
    """A file for each experiment, on held-out points: ``dvc metrics show`` makes a row of each."""
    folder.mkdir()
    for (data, classifier, setting), found in verdicts(cells, "held_out"):
        told = asdict(found)
        numbers = {name: round(told[name], 4) for name in ("gain", "low", "high") if np.isfinite(told[name])}
        content = {"best": found.label, **numbers, "runs": found.runs}
        (folder / f"{data}_{classifier}_{setting}.json").write_text(
            json.dumps(content, indent=2) + "\n", encoding="utf-8"
        )
