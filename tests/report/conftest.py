"""Made-up results: nine runs of any strategy in any setting, in pools of the paper's sizes."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from npal_cli.arrays import run_columns
from npal_cli.artifacts import Provenance
from npal_cli.params import Params
from npal_cli.randomness import Run, stream
from npal_cli.records import AcquiredRecord, PreparedRecord
from npal_cli.report.names import PUBLISHED_DATA
from npal_cli.report.options import ReportOptions
from npal_cli.report.published import POOLS
from npal_cli.report.results import ExperimentResults
from npal_cli.strategies.gcn import GCNOptions

NINE = [Run(d, s) for d in (1, 2, 3) for s in (1, 2, 3)]
POINTS = 8000
QUICK = ReportOptions(figures=())
"""Figures as SVG only, which is quicker."""


def prepared(runs=NINE, pool: int = 300) -> PreparedRecord:
    draws = stream("made up")
    rows = np.stack([draws.permutation(POINTS) for _ in runs])
    return PreparedRecord(
        **run_columns(runs),
        features=draws.normal(size=(POINTS, 4)),
        labels=np.arange(POINTS) % 2,
        test_part=np.zeros(POINTS, dtype=bool),
        class_weights=np.array([1.0, 1.0]),
        training_weights=np.ones(2),
        rare_classes=np.array([0]),
        annotated=rows[:, :100],
        reward=rows[:, 100:200],
        test=rows[:, 200:400],
        pool=rows[:, 400 : 400 + pool],
        held_out=rows[:, -300:],
    )


def acquired(strategy: str, setting: str = "balanced", runs=NINE, steps: int = 10, level: float = 0.8):
    draws = stream("made up", strategy, setting)
    score = level + 0.02 * np.arange(steps + 1) + draws.normal(scale=0.01, size=(2, len(runs), steps + 1))
    by_class = np.stack([score - 0.1, score + 0.1], axis=-1)
    learned = strategy == "np"
    checked = (len(runs), steps, 50 if learned else 0)
    return AcquiredRecord(
        **run_columns(runs),
        chosen=prepared(runs).pool[:, :steps, None],
        chosen_scores=np.zeros((len(runs), steps, 1)),
        test_score=score[0],
        test_precision=by_class[0],
        test_recall=by_class[0],
        test_predictions=np.zeros((len(runs), steps + 1, 3), dtype=np.int16),
        held_out_score=score[1],
        held_out_precision=by_class[1],
        held_out_recall=by_class[1],
        held_out_points=np.full((len(runs), 2), 250),
        loss=draws.normal(size=(len(runs), steps, 5 if learned else 0)),
        checked=np.zeros(checked, dtype=np.int64),
        predicted=draws.normal(scale=0.01, size=checked),
        sigma=np.full(checked, 0.01),
        improvement=draws.normal(scale=0.01, size=checked),
    )


def experiment(
    setting="balanced", data="waveform", classifier="logistic", timings=None, **records
) -> ExperimentResults:
    runs = sorted({run for record in records.values() for run in record.runs})
    inputs = {str(run): {"prepared": "0123456789abcdef"} for run in runs}
    made_from = {name: Provenance({"strategy": name, "options": {"C": 1.0}}, inputs) for name in records}
    pool = POOLS.get((3, PUBLISHED_DATA.get(data, data)), (300, 300))[setting != "balanced"]
    problems = prepared(runs, min(pool, POINTS - 400))
    return ExperimentResults(data, setting, classifier, problems, records, made_from, timings or {})


@pytest.fixture
def images() -> ExperimentResults:
    """Three runs of three strategies of the image study, with the paper's options."""
    runs, params = [Run(d, 1) for d in (1, 2, 3)], Params()
    records = {
        name: replace(acquired(name, runs=runs), chosen=np.zeros((3, 10, 1000), dtype=np.int64))
        for name in ("margin", "coregcn", "random")
    }
    result = experiment(data="fashion_mnist", classifier="resnet18", **records)
    rows = np.zeros((3, 1000), dtype=np.int64)
    sets = {"annotated": rows, "reward": rows[:, :0], "pool": np.zeros((3, 59_000), dtype=np.int64)}
    sets |= {"test": np.arange(7000, 8000)[None], "held_out": np.arange(7000, 8000)[None]}
    problems = replace(result.problems, **sets, test_part=np.arange(POINTS) >= 7000)
    options = {"strategy": "", "options": asdict(params.classifiers["resnet18"]), "batch_size": 1000}
    more = {"coregcn": {"subsample": 10_000, "gcn": asdict(GCNOptions())}}
    made_from = {name: Provenance({**options, **more.get(name, {})}, result.made_from[name].inputs) for name in records}
    return replace(result, problems=problems, made_from=made_from)


def everything(data="waveform", settings=("balanced", "imbalanced", "imbalanced_weighted"), classifier="logistic"):
    names = ["oracle", "uncsamp", "kcgrdy", "haluni", "haluni_reference", "halgau", "cbal", "random", "np"]
    names += ["random_train_on_reward"]
    if classifier == "svm":
        names = ["oracle", "fscore", "kcgrdy", "random", "np"]
    return [experiment(s, data, classifier, **{name: acquired(name, s) for name in names}) for s in settings]
