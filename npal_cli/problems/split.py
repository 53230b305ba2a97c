"""How the rows of a data set are split for each run (section 4, B.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval
from jaxtyping import Float, Int

from npal_cli.errors import DataError
from npal_cli.objectives import Setting, class_weights, is_imbalanced, is_natural, trains_weighted
from npal_cli.problems.dataset import Dataset
from npal_cli.problems.problem import Rows
from npal_cli.randomness import Run, draw_seed, stream

MIN_DISCARDED = 200
"""Discarded points of a class from which on they, and not the pool's, are the held-out points of the class."""


@dataclass(frozen=True)
class SplitOptions:
    """How a data set is split; the defaults are the paper's for UCI data."""

    test: Annotated[int, Interval(ge=2, le=100_000_000)] | None = 200
    """Points in the test set; None for all of the test part that the data come with."""
    reward: Annotated[int, Interval(ge=0, le=100_000_000)] = 100
    """Points in the reward set."""
    annotated: Annotated[int, Interval(ge=4, le=100_000_000)] = 100
    """Points in the initial annotated set."""
    pool: Annotated[int, Interval(ge=1, le=100_000_000)] | None = None
    """Points in the pool; None for all that are left."""
    held_out: Annotated[int, Interval(ge=2, le=100_000_000)] | None = None
    """Held-out points of data with a test part; None for all that are left of it."""
    imbalance: Annotated[int, Interval(ge=2, le=1_000_000)] = 10
    """How many times rarer the rare classes are in imbalanced settings."""
    rare_class: Literal["first", "last"] = "first"
    """Which classes are rare: the even-numbered (``first``: class 0 of two) or the odd-numbered (``last``)."""


@dataclass(frozen=True)
class PrepareOptions(SplitOptions):
    """How problems of features are made."""

    standardise: Literal["overall", "per_feature"] | None = None
    """One mean and one deviation over all entries, or one of each per feature; None for the data set's default."""


@dataclass(frozen=True)
class ImagePrepareOptions(SplitOptions):
    """How problems of images are made, with the paper's defaults (B.1): no reward set, and all of the test part."""

    test: Annotated[int, Interval(ge=2, le=100_000_000)] | None = None
    reward: Annotated[int, Interval(ge=0, le=100_000_000)] = 0
    annotated: Annotated[int, Interval(ge=4, le=100_000_000)] = 1000


@dataclass(frozen=True)
class Split:
    """The rows of one run; all but ``annotated`` are sorted."""

    annotated: Rows
    pool: Rows
    reward: Rows
    test: Rows
    held_out: Rows


def rarest(counts: Int[np.ndarray, " class"]) -> Int[np.ndarray, " rare"]:
    """The classes that are rare by nature: of fewer points than others have on average, or all, where they are even.

    >>> rarest(np.array([90, 10, 20])).tolist(), rarest(np.array([5, 5])).tolist()
    ([1, 2], [0, 1])
    """
    rare = np.flatnonzero(counts < counts.mean())
    return rare if len(rare) else np.arange(len(counts))


def rare_classes(n_classes: int, rare_class: Literal["first", "last"]) -> Int[np.ndarray, " rare"]:
    """The classes that imbalanced settings undersample.

    >>> rare_classes(2, "first").tolist(), rare_classes(10, "last").tolist()
    ([0], [1, 3, 5, 7, 9])
    """
    return np.arange(0 if rare_class == "first" else 1, n_classes, 2)


def kept_counts(
    labels: Int[np.ndarray, " row"], n_classes: int, setting: Setting, options: SplitOptions
) -> Int[np.ndarray, " class"]:
    """How many points of each class stay: as many as the smallest class has, a tenth of that for rare classes.

    In the natural setting, all of them.

    >>> labels = np.repeat([0, 1], [3353, 1647])
    >>> kept_counts(labels, 2, "imbalanced", PrepareOptions()).tolist()
    [164, 1647]
    """
    found = np.bincount(labels, minlength=n_classes)
    if is_natural(setting):
        return found
    counts = np.full(n_classes, found.min())
    if is_imbalanced(setting):
        counts[rare_classes(n_classes, options.rare_class)] //= options.imbalance
    return counts


def split(data: Dataset, setting: Setting, run: Run, options: SplitOptions) -> Split:
    """Subsample the classes, then split off test, reward and annotated points, stratified by class.

    The data seed alone decides what is discarded, tested on and rewarded on; the seed draws the annotated set from
    the rest. Both imbalanced settings have the same splits. Data that come with a test part are tested on that part,
    balanced or imbalanced as the training part is.

    The held-out points are, class by class, those that balancing or imbalancing discarded where these are
    :data:`MIN_DISCARDED` or more, else the class's points in the pool; of data with a test part, what is left of that
    part, or the test set itself where it is all of it.

    Raises:
        DataError: if there are too few points for the split that was asked for.
    """
    if options.test is None and not data.test_part:
        raise DataError(f"{data.name} has no test part of its own; say how many test points to take (prepare.test)")
    labels, n_classes = data.labels, len(data.classes)
    rows = np.arange(data.training_rows)
    counts = kept_counts(labels[rows], n_classes, setting, options)
    check_sizes(data, setting, counts, options)
    kept = _subsample(rows, labels, counts, stream("subsample", run.data_seed))
    if data.test_part:
        rest, test, held_out = kept, *_of_test_part(data, setting, run, options)
    else:
        rest, test = _stratified(kept, labels, options.test or 0, stream("test set", run.data_seed))
        held_out = rows[:0]
    rest, reward = _stratified(rest, labels, options.reward, stream("reward set", run.data_seed))
    pool, annotated = _stratified(rest, labels, options.annotated, stream("annotated set", *run))
    if options.pool is not None and options.pool < len(pool):
        pool = _stratified(pool, labels, options.pool, stream("pool", *run))[1]
    if not data.test_part:
        held_out = _discarded_or_pool(labels, np.setdiff1d(rows, kept), pool)
    return Split(annotated, np.sort(pool), np.sort(reward), np.sort(test), np.sort(held_out))


def _subsample(rows: Rows, labels: Rows, counts: Rows, draws: np.random.Generator) -> Rows:
    """``counts[c]`` of the rows of each class c, sorted."""
    of_class = [rows[labels[rows] == c] for c in range(len(counts))]
    chosen = [draws.choice(of_class[c], size=n, replace=False) for c, n in enumerate(counts)]
    return np.sort(np.concatenate(chosen))


def _of_test_part(data: Dataset, setting: Setting, run: Run, options: SplitOptions) -> tuple[Rows, Rows]:
    """The test set and the held-out points of data that come with a test part."""
    part = np.arange(data.training_rows, len(data.labels))
    counts = kept_counts(data.labels[part], len(data.classes), setting, options)
    test = _subsample(part, data.labels, counts, stream("subsample test part", run.data_seed))
    if options.test is None or options.test >= len(test):
        return test, test
    test = _stratified(test, data.labels, options.test, stream("test set", run.data_seed))[1]
    rest = np.setdiff1d(part, test)
    if options.held_out is not None and options.held_out < len(rest):
        rest = _stratified(rest, data.labels, options.held_out, stream("held-out points", run.data_seed))[1]
    for name, rows in (("test", test), ("held_out", rest)):
        absent = np.setdiff1d(np.arange(len(data.classes)), data.labels[rows])
        if len(absent):
            raise DataError(
                f"{data.name}, {setting}: no point of class {data.classes[absent[0]]!r} is among {len(rows)} {name} "
                f"points; ask for more in params.yaml (prepare.{name})"
            )
    return test, rest


def _discarded_or_pool(labels: Rows, discarded: Rows, pool: Rows) -> Rows:
    enough = np.bincount(labels[discarded], minlength=labels.max() + 1) >= MIN_DISCARDED
    return np.concatenate([discarded[enough[labels[discarded]]], pool[~enough[labels[pool]]]])


def weights_of(
    counts: Int[np.ndarray, " class"], setting: Setting
) -> tuple[Float[np.ndarray, " class"], Float[np.ndarray, " class"]]:
    """Class weights for scoring and for training, from the class sizes that the setting fixes."""
    scoring = np.ones(len(counts)) if is_natural(setting) else class_weights(counts)
    return scoring, scoring if trains_weighted(setting) else np.ones(len(counts))


def _stratified(rows: Rows, labels: Rows, size: int, draws: np.random.Generator) -> Sequence[Rows]:
    """The rest, and ``size`` rows with the classes in the same shares: as many of each class, whatever the draws."""
    if size == 0:
        return rows, rows[:0]
    from sklearn.model_selection import train_test_split

    try:
        rest, taken = train_test_split(rows, test_size=size, stratify=labels[rows], random_state=draw_seed(draws))
    except ValueError as error:
        raise DataError(
            f"{len(rows)} points cannot be split into {size} and the rest with every class in both ({error}); "
            "ask for smaller sets in params.yaml (prepare) or take more data"
        ) from error
    present, code = np.unique(labels[rows], return_inverse=True)
    counts = np.bincount(code)
    left, tied = _shared_out(counts, len(rows) - size)
    if not tied:
        return rest, taken
    of_class = [draws.permutation(rows[code == c]) for c in range(len(present))]  # else a draw says who gets one more
    parts = [np.concatenate([each[s] for each, s in zip(of_class, cut, strict=True)]) for cut in _cuts(left)]
    return draws.permutation(parts[0]), draws.permutation(parts[1])


def _cuts(left: Int[np.ndarray, " class"]) -> tuple[list[slice], list[slice]]:
    """Of each class, those that are left and the others."""
    return [slice(int(n)) for n in left], [slice(int(n), None) for n in left]


def _shared_out(counts: Int[np.ndarray, " class"], size: int) -> tuple[Int[np.ndarray, " class"], bool]:
    """How many of each class make ``size`` in the classes' shares, and whether others would as well.

    >>> _shared_out(np.array([30, 30, 40]), 50)
    (array([15, 15, 20]), False)
    >>> _shared_out(np.array([30, 30, 30]), 50)
    (array([17, 17, 16]), True)
    """
    exact = counts / counts.sum() * size
    taken = np.floor(exact).astype(np.int64)
    more = size - int(taken.sum())
    order = np.argsort(taken - exact, kind="stable")
    taken[order[:more]] += 1
    rest = (exact - np.floor(exact))[order]
    return taken, 0 < more < len(counts) and bool(rest[more - 1] == rest[more])


def check_sizes(data: Dataset, setting: Setting, counts: Int[np.ndarray, " class"], options: SplitOptions) -> None:
    """Refuse a split of classes of ``counts`` points that cannot be made.

    Raises:
        DataError: if there are too few points in all, or of a class.
    """
    sizes = {"reward": options.reward, "annotated": options.annotated}
    if not data.test_part:
        sizes = {"test": options.test or 0, **sizes}
    sizes = {name: size for name, size in sizes.items() if size}
    if counts.sum() <= sum(sizes.values()):
        asked = " + ".join(f"{size} {name}" for name, size in sizes.items())
        raise DataError(
            f"{data.name}, {setting}: {counts.sum()} points are left, but "
            f"{asked} points and a pool were asked for; ask for fewer in params.yaml (prepare) or take more data"
        )
    smallest = min(sizes.values()) * counts.min() / counts.sum()
    if smallest < 1:
        raise DataError(
            f"{data.name}, {setting}: class {data.classes[int(counts.argmin())]!r} keeps {counts.min()} of "
            f"{counts.sum()} points, less than one for each of the {' and '.join(sizes)} sets; "
            "ask for larger sets in params.yaml (prepare) or a smaller imbalance"
        )
