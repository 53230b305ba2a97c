"""States that are learned from: nothing in them is the truth, and what is learned of them is."""

import numpy as np
import pytest
import torch

from npal_cli.artifacts import Provenance, read, write
from npal_cli.pretraining.batches import Batches
from npal_cli.pretraining.lessons import Lessons, packed
from npal_cli.pretraining.options import LearningOptions
from npal_cli.pretraining.problems import Mix
from npal_cli.pretraining.states import Lesson, lessons
from npal_cli.pretraining.training import learn
from npal_cli.randomness import Run

RUN = Run(1, 0)


def _lessons(seed: int, steps: int = 2) -> list[Lesson]:
    return list(lessons(np.random.default_rng(seed), Mix(several=0), steps))


@pytest.fixture(scope="module")
def found() -> Lessons:
    return packed([_lessons(seed) for seed in (0, 2, 3)], RUN)


def test_the_same_draws_give_the_same_lessons(found):
    again = packed([_lessons(seed) for seed in (0, 2, 3)], RUN)
    for name, values in vars(found).items():
        np.testing.assert_array_equal(values, getattr(again, name), err_msg=name)


def test_what_is_told_does_not_hang_on_the_truth(found, monkeypatch):
    """Though all labels that nobody has heard yet are others."""
    from npal_cli.pretraining import states

    drawn = states.draw_problem

    def relabelled(*given):
        one = drawn(*given)
        unknown = np.concatenate([one.problem.pool, one.problem.test])
        one.problem.labels[unknown] = 1 - one.problem.labels[unknown]
        one.probabilities[unknown] = one.probabilities[unknown][:, ::-1]
        return one

    monkeypatch.setattr(states, "draw_problem", relabelled)
    first = packed([_lessons(seed, steps=1) for seed in (0, 2, 3)], RUN)
    monkeypatch.undo()
    true = packed([_lessons(seed, steps=1) for seed in (0, 2, 3)], RUN)
    for name in ("candidates", "classes", "neighbours", "state", "rivals"):
        np.testing.assert_array_equal(getattr(first, name), getattr(true, name), err_msg=name)
    assert not np.allclose(first.worth, true.worth, equal_nan=True)


def test_lessons_are_read_as_they_were_written(found, tmp_path):
    write(tmp_path / "some.zarr", found, Provenance({}, {}), tmp_path)
    again = read(tmp_path / "some.zarr", Lessons)[0]
    twice = Lessons.joined([found, again])
    assert len(twice) == 2 * len(found)
    np.testing.assert_array_equal(twice.candidates[len(found.candidates) :], found.candidates)


def test_a_batch_is_the_candidates_of_its_states(found):
    taught = Batches(found, torch.device("cpu")).taught(np.array([1, 0]), 10**6)
    size, before = found.sizes[1], found.sizes[0]
    own = taught.batch.candidates[0, :size].numpy()
    np.testing.assert_array_equal(own, found.candidates[before : before + size].astype(np.float32))
    own = taught.batch.classes[0, :size].numpy().reshape(2 * size, -1)
    np.testing.assert_array_equal(own, found.classes[2 * before : 2 * (before + size)].astype(np.float32))
    assert taught.batch.is_candidate.sum(dim=1).tolist() == [size, before]
    worth = taught.worth[0, :size, 0].numpy()
    assert worth.mean() == pytest.approx(0, abs=1e-5)
    assert worth.std() == pytest.approx(1, abs=1e-4)


def test_a_network_learns_what_it_is_shown(found):
    losses: list[float] = []
    options = LearningOptions(width=16, epochs=30, batch=4)
    learn(found, options, 1, torch.device("cpu"), losses.append)
    assert losses[-1] < losses[0] - 0.1
