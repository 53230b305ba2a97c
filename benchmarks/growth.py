"""``python -m benchmarks.growth ROOT``: what the learned network is worth by what it is learned from, and by its parts.

ROOT is the folder of the artifacts of a run of ``npal pretrain``, whose lessons are read. One block in five is not
learned from; on its states one label is chosen, and the table says by how many thousandths of the objective (by the
known truth) that is better than Blend's choice, with two standard errors over problems: for drawn problems and those of
known tables, and for task models with probabilities and without.

The peer is gradient boosting (scikit-learn's) on the same inputs, those of classes pooled as the network pools them.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingRegressor
from tabulate import tabulate

from npal_cli.artifacts import find
from npal_cli.learned.inputs import BELIEVED, PREDICTED
from npal_cli.pretraining.evaluation import improved, predicted, shown
from npal_cli.pretraining.lessons import Lessons
from npal_cli.pretraining.options import LearningOptions
from npal_cli.pretraining.states import POLICY_NAMES
from npal_cli.pretraining.training import learn

OF_CANDIDATES = ("candidates", "neighbours", "worth", "rivals")
APART = 5
"""One block of so many is asked about."""
FLAT = 400_000
"""Candidates, at most, that the trees learn from."""
Scores = Callable[[Lessons], np.ndarray]
"""Of the candidates of all states."""


def read(root: Path) -> tuple[Lessons, Lessons]:
    """The states to learn from, in random order of blocks, and those to ask about."""
    paths = sorted((root / "pretrained" / "lessons").glob("round*/*.zarr"))
    found = [kept[0] for path in paths if (kept := find(path, Lessons, root)) is not None]
    asked = [i for i in range(len(found)) if i % APART == APART - 1]
    order = [int(i) for i in np.random.default_rng(1).permutation(len(found)) if i not in asked]
    return Lessons.joined(found[i] for i in order), Lessons.joined(found[i] for i in asked)


def some(of: Lessons, states: np.ndarray) -> Lessons:
    """The states of a mask."""
    masks = dict.fromkeys(OF_CANDIDATES, np.repeat(states, of.sizes))
    masks["classes"] = np.repeat(states, of.sizes.astype(int) * of.n_classes)
    names = [each.name for each in fields(Lessons) if len(getattr(of, each.name)) >= len(of)]
    return replace(of, **{name: getattr(of, name)[masks.get(name, states)] for name in names})


def first(of: Lessons, count: int) -> Lessons:
    """The first so many states."""
    return some(of, np.arange(len(of)) < count)


def network(options: LearningOptions, told: Lessons) -> Scores:
    """One network's, the mean of its targets."""
    learned = learn(told, options, 1, torch.device("cpu"), lambda _: None)
    return lambda asked: np.asarray(predicted([learned], asked).mean(axis=1))


def of_target(options: LearningOptions, told: Lessons, target: int) -> Scores:
    """A network's that learns one target only."""
    worth = np.full_like(told.worth, np.nan)
    worth[:, target] = told.worth[:, target]
    learned = learn(replace(told, worth=worth), options, 1, torch.device("cpu"), lambda _: None)
    return lambda asked: np.asarray(predicted([learned], asked)[:, target])


def flat(of: Lessons) -> np.ndarray:
    """A row of inputs for each candidate."""
    state_of = np.repeat(np.arange(len(of)), of.sizes)
    classes = of.n_classes[state_of].astype(int)
    starts = np.cumsum(classes) - classes
    values = of.classes.astype(np.float32)
    pooled = [np.add.reduceat(values * values[:, [which]], starts) for which in (BELIEVED, PREDICTED)]
    pooled.append(np.add.reduceat(values, starts) / classes[:, None])
    return np.concatenate([of.candidates, of.state[state_of], *pooled], axis=1, dtype=np.float32, casting="unsafe")


def boosted(told: Lessons) -> Scores:
    """Trees that predict the mean of the standardised improvements of objective and soft accuracy."""
    state_of = np.repeat(np.arange(len(told)), told.sizes)
    target = np.zeros(len(state_of))
    for column in (0, 1):
        values = told.worth[:, column].astype(float)
        values = values - (np.bincount(state_of, values) / told.sizes)[state_of]
        deviation = np.sqrt(np.bincount(state_of, values**2) / told.sizes)[state_of]
        target += np.divide(values, deviation, out=np.zeros_like(values), where=deviation > 1e-7).clip(-6, 6) / 2
    rows = np.sort(np.random.default_rng(1).permutation(len(target))[:FLAT])
    trees = HistGradientBoostingRegressor(max_iter=400, learning_rate=0.06, l2_regularization=1.0, random_state=1)
    trees.fit(flat(told)[rows], target[rows])
    return lambda asked: np.asarray(trees.predict(flat(asked)))


def variants(told: Lessons, size: int, options: LearningOptions) -> Iterator[tuple[str, Callable[[], Scores]]]:
    """What is compared: its name, and what learns."""
    for count in (*(10**power for power in range(2, 7) if 10**power < len(told)), len(told)):
        yield f"network, {count} states", partial(network, options, first(told, count))
    own = told.policy == POLICY_NAMES.index("own")
    parts = {"drawn problems only": ~told.known, "known tables only": told.known, "no states of its own": ~own}
    size = min(size, *(int(part.sum()) for part in parts.values()))
    yield f"network, {size} states", partial(network, options, first(told, size))
    for name, part in parts.items():
        yield f"... {name}", partial(network, options, first(some(told, part), size))
    for name in ("attends", "compares", "listwise"):
        yield f"... without {name}", partial(network, replace(options, **{name: False}), first(told, size))
    for target, name in enumerate(("of the objective", "of soft accuracy", "with five others annotated")):
        yield f"... one target: {name}", partial(of_target, options, first(told, size), target)
    for count in (1000, size, len(told)):
        if count <= len(told):
            yield f"trees, {count} states", partial(boosted, first(told, count))


def row(name: str, scores: np.ndarray, asked: Lessons, seconds: float) -> list[str]:
    """Leads over Blend."""
    lead = 1000 * (improved(asked, scores) - improved(asked, asked.rivals[:, 0]))
    groups = [np.ones(len(asked), bool), ~asked.known, asked.known, ~asked.svm, asked.svm]
    return [name, *(shown(lead[which], asked.problem[which]) for which in groups), f"{seconds:.0f}"]


def main() -> None:
    """Learn each variant, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--size", type=int, default=10_000, help="states that parts are compared on")
    parser.add_argument("--epochs", type=int, default=LearningOptions().epochs)
    given = parser.parse_args()
    told, asked = read(given.root)
    rows = [row("truth", asked.worth[:, 0], asked, 0), row("margin", asked.rivals[:, 1], asked, 0)]
    for name, learned in variants(told, given.size, LearningOptions(epochs=given.epochs)):
        start = time.perf_counter()
        scores = learned()(asked)
        rows.append(row(name, scores, asked, time.perf_counter() - start))
        print(*rows[-1], sep="  ", flush=True)
    print(f"\n{len(told)} states to learn from, {len(asked)} asked about; thousandths over Blend, 2 standard errors")
    print(tabulate(rows, headers=["", "all", "drawn", "known tables", "with probabilities", "without", "seconds"]))


if __name__ == "__main__":
    main()
