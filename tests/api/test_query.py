"""Which rows to label next, from Python."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import npal_cli
from npal_cli.artifacts import read
from npal_cli.objectives import Objective
from npal_cli.records import AcquiredRecord, PreparedRecord
from tests.commands import json_of

GUIDED = {"guided": {"candidates": 20, "evaluation_points": 30}, "teacher": {"models": ["extra_trees"], "trees": 5}}


@pytest.fixture
def rows():
    draws = np.random.default_rng(0)
    X = draws.normal(size=(90, 4))
    y = np.where(X[:, 0] + 0.5 * draws.normal(size=90) > 0, "yes", "no").astype(object)
    y[30:] = None
    return X, y


@pytest.mark.parametrize(("classifier", "strategy"), [("logistic", "blend"), ("svm", "eer"), ("logistic", "kcgrdy")])
def test_what_acquire_chooses_query_and_active_learner_choose_to_the_bit(npal, classifier, strategy):
    params = Path("params.yaml").read_text().replace("reward: 40", "reward: 0")
    more = "\nguided: {candidates: 20, evaluation_points: 30}\nteacher: {models: [extra_trees], trees: 5}\n"
    Path("params.yaml").write_text(params + more)
    only = ("--data-seed", 1, "--seed", 1, "--setting", "balanced", "--classifier", classifier, "--strategy", strategy)
    row = json_of(npal("acquire", *only, "--steps", 2, "--json"))[0]
    record = read(Path(row["artifact"]), AcquiredRecord)[0]
    prepared = read(Path("data/prepared/waveform/balanced.zarr"), PreparedRecord)[0]
    annotated, pool = prepared.annotated[0], prepared.pool[0]
    at = np.concatenate([annotated, pool])
    X, known = prepared.features[at], prepared.labels[at].astype(float)
    y = np.where(np.arange(len(at)) < len(annotated), known, np.nan)
    how = {"strategy": strategy, "classifier": classifier, "standardise": False, "params": GUIDED, "random_state": 1}
    chosen, utilities = npal_cli.query(X, y, return_utilities=True, **how)
    assert at[chosen].tolist() == record.chosen[0, 0].tolist()
    assert utilities[chosen].tobytes() == record.chosen_scores[0, 0].tobytes()
    assert np.isnan(utilities[: len(annotated)]).all()
    learner = npal_cli.ActiveLearner(X, ids=at.tolist(), **how)
    learner.teach(annotated.tolist(), prepared.labels[annotated])
    for step in range(2):
        asked = learner.query(1)
        assert asked == record.chosen[0, step].tolist()
        learner.teach(asked, prepared.labels[asked])


@pytest.mark.parametrize("missing", [None, np.nan, "", "?"])
def test_labels_may_be_of_any_kind_and_lack_in_any_way(rows, missing):
    X, y = rows
    expected = npal_cli.query(X, y, 4, strategy="uncsamp")
    given = np.array([missing if label is None else label for label in y], dtype=object)
    assert npal_cli.query(X, given, 4, strategy="uncsamp", missing_label=missing).tolist() == expected.tolist()
    numbers = [np.nan if label is None else float(label == "yes") for label in y]
    assert npal_cli.query(X, numbers, 4, strategy="uncsamp").tolist() == expected.tolist()


def test_rows_may_be_an_array_a_sparse_matrix_or_a_data_frame(rows):
    X, y = rows
    expected = npal_cli.query(X, y, 4, strategy="uncsamp").tolist()
    assert npal_cli.query(sparse.csr_matrix(X), y, 4, strategy="uncsamp").tolist() == expected
    frame = pd.DataFrame(X, index=[f"row {i}" for i in range(len(X))])
    assert npal_cli.query(frame, y, 4, strategy="uncsamp").tolist() == expected
    frame["colour"] = np.where(X[:, 1] > 0, "red", None)
    assert len(npal_cli.query(frame, y, 4, strategy="uncsamp")) == 4


@pytest.mark.parametrize("strategy", ["random", "kcgrdy", "haluni", "halgau", "cbal", "badge", "uncsamp", "blend"])
def test_a_rows_utility_does_not_depend_on_which_others_are_candidates(rows, strategy):
    X, y = rows
    how = {"strategy": strategy, "params": GUIDED, "return_utilities": True}
    _, free = npal_cli.query(X, y, 3, **how)
    among = [70, 31, 50, 88]
    chosen, utilities = npal_cli.query(X, y, 3, candidates=among, **how)
    np.testing.assert_array_equal(utilities, free)
    assert set(chosen) <= set(among)
    assert len(set(chosen)) == 3


@pytest.mark.parametrize("classifier", [DecisionTreeClassifier(max_depth=3), LogisticRegression(C=0.1)])
def test_an_estimator_can_be_the_task_model(rows, classifier):
    X, y = rows
    before = classifier.get_params()
    assert len(npal_cli.query(X, y, 2, classifier=classifier, strategy="margin")) == 2
    assert classifier.get_params() == before
    assert not hasattr(classifier, "classes_")


def test_class_weights_and_objectives_matter(rows):
    X, y = rows
    plain = npal_cli.query(X, y, strategy="expected_error", params=GUIDED, return_utilities=True)[1]
    for more in ({"class_weight": {"yes": 9, "no": 1}}, {"objective": Objective("cost", ((0.0, 5.0), (1.0, 0.0)))}):
        other = npal_cli.query(X, y, strategy="expected_error", params=GUIDED, return_utilities=True, **more)[1]
        assert np.nanmax(np.abs(other - plain)) > 0
    assert len(npal_cli.query(X, y, 2, objective="f1", class_weight="balanced", params=GUIDED)) == 2


def test_the_same_seed_chooses_the_same_rows(rows):
    X, y = rows
    first, again, other = (npal_cli.query(X, y, 5, strategy="random", random_state=s).tolist() for s in (1, 1, 2))
    assert first == again != other


def test_a_batch_of_more_rows_than_there_are_is_all_of_them(rows):
    X, y = rows
    with pytest.warns(UserWarning, match="only 60 rows may be chosen"):
        assert sorted(npal_cli.query(X, y, 100, strategy="random")) == list(range(30, 90))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y": [1]}, "X has 90 rows and y 1 labels"),
        ({"y": [[1.0]]}, "y has shape"),
        ({"y": [None] * 90}, "labels of 0 classes are known; expected two or more"),
        ({"X": [[1.0], [np.nan]]}, "X: column 0 of row 1 is nan"),
        ({"X": [["a"]]}, "could not convert string to float.*give numbers, or a data frame"),
        ({"X": np.zeros((0, 3))}, "X has shape"),
        ({"strategy": "blnd"}, "unknown strategy 'blnd' .did you mean 'blend'"),
        ({"strategy": "oracle"}, "needs labels that are not known here"),
        ({"strategy": "reward_oracle"}, "scores on the reward set, and there is none|needs labels"),
        ({"strategy": "margin", "classifier": "svm"}, "needs probabilities, which classifier 'svm' does not have"),
        ({"strategy": "margin", "classifier": SVC()}, "needs probabilities, which classifier 'SVC' does not have"),
        ({"classifier": "resnet18"}, "a fit takes too long"),
        ({"classifier": 3}, "expected a name, an import path or an estimator"),
        ({"objective": "accurracy"}, "objective.name"),
        ({"class_weight": "even"}, "expected None, 'balanced', or a weight for each class"),
        ({"class_weight": {"yes": 1}}, "has no weight of class 'no'"),
        ({"class_weight": {"yes": 1, "no": 0}}, "expected positive numbers"),
        ({"candidates": [3]}, "row 3 is not there, or has a label"),
        ({"candidates": ["a"]}, "expected positions of rows"),
        ({"candidates": np.array([], dtype=int)}, "no row without a label may be chosen"),
        ({"batch_size": 0}, "expected 1 or more"),
        ({"random_state": -1}, "expected a whole number from 0"),
        ({"random_state": "x"}, "expected a whole number from 0"),
        ({"params": {"guided": {"candidate": 3}}}, "guided.candidate: unknown key"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(rows, change, said):
    given = {"X": rows[0], "y": rows[1], **change}
    with pytest.raises(ValueError, match=said), warnings.catch_warnings():
        npal_cli.query(**given)


def test_a_batch_size_that_is_no_number_is_refused(rows):
    with pytest.raises(TypeError, match=r"batch_size=1\.2: expected a whole number"):
        npal_cli.query(*rows, 1.2)
