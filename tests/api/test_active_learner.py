"""A loop of one's own."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from npal_cli import ActiveLearner
from npal_cli.api.active_learner import Taught

X = np.random.default_rng(0).normal(size=(80, 3))
TRUE = np.where(X[:, 0] > 0, "pos", "neg")


def taught(**options):
    learner = ActiveLearner(X, strategy="margin", **options)
    learner.teach(range(12), TRUE[:12])
    return learner


def test_it_learns_by_what_it_asks_for():
    learner = taught()
    before = np.mean(np.array(learner.predict()) == TRUE)
    for _ in range(8):
        asked = learner.query(3)
        assert not set(asked) & set(learner.labels)
        learner.teach(asked, TRUE[asked])
    assert len(learner.labels) == 12 + 24
    assert len(learner.history) == 9
    assert learner.history[0] == Taught(list(range(12)), TRUE[:12].tolist())
    after = np.mean(np.array(learner.predict()) == TRUE)
    assert after > max(before, 0.95)
    proba = learner.predict_proba()
    assert learner.classes == ["neg", "pos"]
    assert (np.array(learner.classes)[proba.argmax(axis=1)] == learner.predict()).all()


def test_rows_have_the_names_of_a_data_frame():
    frame = pd.DataFrame(X, index=[f"patient {i}" for i in range(80)])
    learner = ActiveLearner(frame, strategy="margin")
    learner.teach(frame.index[:12], TRUE[:12])
    plain = taught().query(2)
    assert learner.query(2) == [f"patient {i}" for i in plain]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda learner: pickle.loads(pickle.dumps(learner))])
def test_a_copy_goes_its_own_way(again):
    learner = taught()
    other = again(learner)
    assert other.query(3) == learner.query(3)
    other.teach([40], ["pos"])
    assert 40 not in learner.labels
    assert len(learner.history) == 1


def test_a_label_can_be_corrected():
    learner = taught()
    learner.teach([3], ["pos" if TRUE[3] == "neg" else "neg"])
    assert learner.labels[3] != TRUE[3]
    assert len(learner.labels) == 12


@pytest.mark.parametrize(
    ("ids", "labels", "said"),
    [
        ([1, 2], ["pos"], "2 rows and 1 labels"),
        ([80], ["pos"], "there is no row 80"),
        ([20, 99], ["pos", "neg"], "there is no row 99"),
        ([20], ["other"], "is none of the classes"),
    ],
)
def test_what_cannot_be_taught_changes_nothing(ids, labels, said):
    learner = taught(classes=["neg", "pos"])
    with pytest.raises(ValueError, match=said):
        learner.teach(ids, labels)
    assert len(learner.labels) == 12
    assert len(learner.history) == 1


def test_names_must_be_one_a_row_and_differ():
    with pytest.raises(ValueError, match="2 names of 80 rows"):
        ActiveLearner(X, ids=["a", "b"])
    with pytest.raises(ValueError, match="two rows have the same name"):
        ActiveLearner(X, ids=["a"] * 80)


def test_nothing_can_be_asked_before_two_classes_are_known():
    learner = ActiveLearner(X)
    for _ in range(2):
        with pytest.raises(ValueError, match="expected two or more"):
            learner.query()
        learner.teach([0], ["pos"])
