"""``python -m benchmarks.report``: how long a large report takes to build and to open, and how large its page is."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from npal_cli.arrays import digests_of, run_columns, run_digest
from npal_cli.artifacts import Provenance, write
from npal_cli.objectives import SETTINGS
from npal_cli.randomness import Run, stream
from npal_cli.records import AcquiredRecord, PreparedRecord
from npal_cli.strategies.naming import strategy_names

DATA = {"waveform": (5000, 21), "mushrooms": (8124, 22), "adult": (1605, 119)}
"""Points and features of data made up in the sizes of the paper's."""
CLASSIFIERS = ("logistic", "svm")
STRATEGIES = ("random", *strategy_names()[:14])
RUNS = [Run(data_seed, 1) for data_seed in range(1, 101)]
STEPS, TEST, CHECKED, EPOCHS = 10, 200, 50, 100


def main() -> None:
    """Make up 24 experiments of 15 strategies and 100 runs, report them, and open the page."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for data in DATA:
            for setting in SETTINGS:
                _make_up(root, data, setting)
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "npal_cli", "report", "--root", folder, "--quiet"], check=True)
        page = root / "report" / "index.html"
        measured = {"build: seconds": time.perf_counter() - start, "page: MB": page.stat().st_size / 1e6, **_open(page)}
    print(json.dumps({name: round(value, 2) for name, value in measured.items()}, indent=2))


def _make_up(root: Path, data: str, setting: str) -> None:
    points, features = DATA[data]
    draws, runs = stream("made up", data, setting), len(RUNS)
    order = np.stack([draws.permutation(points) for _ in RUNS])
    parts = np.split(order, np.cumsum([100, 100, TEST, points // 2]), axis=1)
    annotated, reward, test, pool, held_out = parts
    prepared = PreparedRecord(
        **run_columns(RUNS),
        features=draws.normal(size=(points, features)),
        labels=draws.integers(2, size=points),
        test_part=np.zeros(points, dtype=bool),
        class_weights=np.ones(2),
        training_weights=np.ones(2),
        rare_classes=np.array([0]),
        annotated=annotated,
        pool=pool,
        reward=reward,
        test=test,
        held_out=held_out,
    )
    write(root / "prepared" / data / f"{setting}.zarr", prepared, Provenance({}, {}), root)
    inputs = {str(run): {"prepared": run_digest(prepared, run, digests_of(prepared))} for run in RUNS}
    for classifier in CLASSIFIERS:
        levels = draws.normal(0.8, 0.02, size=(runs, 1))
        for name in STRATEGIES:
            parameters = {"strategy": name, "classifier": classifier, "options": {"C": 1.0}, "batch_size": 1}
            record = _acquired(draws, pool, levels, predicts=name == "oracle")
            path = root / "acquired" / data / setting / classifier / f"{name}.zarr"
            write(path, record, Provenance(parameters, inputs), root)


def _acquired(draws: np.random.Generator, pool: np.ndarray, levels: np.ndarray, *, predicts: bool) -> AcquiredRecord:
    runs = len(RUNS)
    scores = levels + 0.005 * np.arange(STEPS + 1) + draws.normal(0, 0.01, size=(2, runs, STEPS + 1))
    by_class = scores[..., None] + draws.normal(0, 0.01, size=(2, runs, STEPS + 1, 2))
    checked = (runs, STEPS, CHECKED if predicts else 0)
    return AcquiredRecord(
        **run_columns(RUNS),
        chosen=pool[:, :STEPS, None],
        chosen_scores=np.zeros((runs, STEPS, 1)),
        test_score=scores[0],
        test_precision=by_class[0],
        test_recall=by_class[0],
        test_predictions=draws.integers(2, size=(runs, STEPS + 1, TEST)).astype(np.int16),
        held_out_score=scores[1],
        held_out_precision=by_class[1],
        held_out_recall=by_class[1],
        held_out_points=np.full((runs, 2), 1000),
        loss=draws.normal(size=(runs, STEPS, EPOCHS if predicts else 0)),
        checked=np.zeros(checked, dtype=np.int64),
        predicted=draws.normal(0, 0.01, size=checked),
        sigma=np.full(checked, 0.01),
        improvement=draws.normal(0, 0.01, size=checked),
    )


def _open(page: Path) -> dict[str, Any]:
    """Seconds until everything that is shown at first is drawn; nothing where there is no Chromium."""
    browser = os.environ.get("NPAL_CHROMIUM", "/usr/bin/chromium")
    if not Path(browser).exists():
        return {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = chromium.new_page()
        start = time.perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_selector("html[data-state=ready]")
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        tab.check("input[name=evaluation][value=held_out]")
        tab.wait_for_selector("html[data-state=ready]")
        switching = time.perf_counter() - start
        chromium.close()
    return {"open: seconds": seconds, "switch evaluation: seconds": switching}


if __name__ == "__main__":
    main()
