"""``python -m benchmarks.learned``: what a network that is learned from drawn problems is worth, one label ahead.

The peers are Blend and margin sampling on the same states of problems that nothing was learned from: by how much what
each chooses improves the objective, by the truth that labels are drawn from. Lessons are kept in a folder, and those
that are there already are not made again: ``python -m benchmarks.learned FOLDER BLOCKS``, a hundred states a block.
"""

import sys
import tempfile
import time
from functools import partial
from os import cpu_count
from pathlib import Path

import numpy as np
import torch
from tabulate import tabulate

from npal_cli.engine import Engine
from npal_cli.learned.inputs import Inputs
from npal_cli.learned.network import TARGETS, Ranker
from npal_cli.learned.ranking import predict
from npal_cli.pretraining.lessons import Lessons, packed
from npal_cli.pretraining.states import lessons
from npal_cli.pretraining.training import LearningOptions, learn
from npal_cli.randomness import stream

PROBLEMS, STEPS = 25, 4
"""Of a block."""
SEVERAL = 0.02
"""The share of problems of more than two classes, whose refits take long."""
HELD_OUT = 5
"""One block of so many is not learned from."""


def collect(folder: Path, block: int) -> Path:
    """The lessons of some problems."""
    path = folder / f"{block:05d}.npz"
    if not path.exists():
        draws = (stream("benchmark of learning", block, i) for i in range(PROBLEMS))
        packed([lesson for each in draws for lesson in lessons(each, SEVERAL, STEPS)]).save(path)
    return path


def predicted(network: Ranker, of: Lessons) -> np.ndarray:
    """What the network predicts of each candidate (candidate, target)."""
    ends, rows = np.cumsum(of.sizes), np.cumsum(of.sizes.astype(int) * of.n_classes)
    found = []
    for i, (end, row) in enumerate(zip(ends, rows, strict=True)):
        size, classes = int(of.sizes[i]), int(of.n_classes[i])
        where, of_class = slice(end - size, end), of.classes[row - size * classes : row]
        parts = of.candidates[where], of_class.reshape(size, classes, -1), of.neighbours[where], of.state[i]
        found.append(predict([network], Inputs(*(each.astype(np.float32) for each in parts))))
    return np.concatenate(found)


def improved(of: Lessons, scores: np.ndarray) -> np.ndarray:
    """What the candidate of the largest score improves the objective by, in each state."""
    parts = np.split(np.arange(len(scores)), np.cumsum(of.sizes)[:-1])
    return np.array([of.worth[rows[scores[rows].argmax()], 0] for rows in parts])


def main(folder: Path, blocks: int) -> None:
    """Collect, learn, compare."""
    folder.mkdir(parents=True, exist_ok=True)
    engine, start = Engine(cpu_count() or 1, progress=True), time.perf_counter()
    paths = list(engine.map(partial(collect, folder), range(blocks), label="lessons", unit="block"))
    collected = time.perf_counter()
    known = Lessons.joined(Lessons.read(path) for i, path in enumerate(paths) if i % HELD_OUT)
    asked = Lessons.joined(Lessons.read(path) for path in paths[::HELD_OUT])
    network = learn(known, LearningOptions(), 1, torch.device("cpu"), lambda loss: print(f"loss {loss:.3f}"))
    print(
        f"{len(known)} states to learn from, {len(asked)} to ask about; "
        f"{collected - start:.0f} s to collect, {time.perf_counter() - collected:.0f} s to learn"
    )
    means = predicted(network, asked)
    scores = {"margin": asked.rivals[:, 1], "truth": asked.worth[:, 0], "all targets": means.mean(axis=1)}
    scores |= {target: means[:, i] for i, target in enumerate(TARGETS)}
    blend, rows = improved(asked, asked.rivals[:, 0]), []
    for name, each in scores.items():
        lead = 1000 * (improved(asked, each) - blend)
        halves = [(lead[which].mean(), 2 * _error(lead, which)) for which in (~asked.svm, asked.svm)]
        rows.append([name, *(f"{mean:+.1f} +- {error:.1f}" for mean, error in halves)])
    print("Thousandths of the objective over Blend's choice, 2 standard errors over problems:")
    print(tabulate(rows, headers=["", "logistic", "svm"]))


def _error(lead: np.ndarray, which: np.ndarray) -> float:
    """The standard error of the mean, of states that come in problems of :data:`STEPS`."""
    problem = np.arange(len(lead)) // STEPS
    sums = np.bincount(problem[which], lead[which] - lead[which].mean())
    return float(np.sqrt((sums**2).sum()) / which.sum())


if __name__ == "__main__":
    given = sys.argv[1:]
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(given[0] if given else temporary), int(given[1]) if len(given) > 1 else 20)
