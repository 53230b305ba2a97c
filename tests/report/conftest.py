"""Made-up results: nine runs of any strategy in any setting."""

import numpy as np

from npal_cli.artifacts import run_columns
from npal_cli.objectives import auac
from npal_cli.randomness import Run, stream
from npal_cli.records import AcquiredRecord
from npal_cli.report.results import ExperimentResults

NINE = [Run(d, s) for d in (1, 2, 3) for s in (1, 2, 3)]


def acquired(strategy: str, setting: str = "balanced", runs=NINE, steps: int = 10, level: float = 0.8):
    draws = stream("made up", strategy, setting)
    score = level + 0.02 * np.arange(steps + 1) + draws.normal(scale=0.01, size=(len(runs), steps + 1))
    recall = np.stack([score - 0.1, score + 0.1], axis=-1)
    epochs = 5 if strategy == "np" else 0
    return AcquiredRecord(
        **run_columns(runs),
        chosen=np.zeros((len(runs), steps, 1), dtype=np.int64),
        chosen_scores=np.zeros((len(runs), steps, 1)),
        score=score,
        auac=auac(score),
        class_precision=recall,
        class_recall=recall,
        test_predictions=np.zeros((len(runs), steps + 1, 3), dtype=np.int16),
        loss=draws.normal(size=(len(runs), steps, epochs)),
    )


def experiment(setting="balanced", data="waveform", classifier="logistic", **records) -> ExperimentResults:
    return ExperimentResults(data, setting, classifier, 0, records)


def everything(data="waveform", settings=("balanced", "imbalanced", "imbalanced_weighted")):
    names = ("oracle", "uncsamp", "kcgrdy", "haluni", "haluni_reference", "halgau", "cbal", "random", "np")
    return [experiment(s, data, **{name: acquired(name, s) for name in names}) for s in settings]
