"""scikit-activeml, both ways: what its published tests ask of a pool strategy, and its strategies in our loop."""

from pathlib import Path

import numpy as np
import pytest
from skactiveml.classifier import ParzenWindowClassifier, SklearnClassifier
from skactiveml.exceptions import MappingError
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from npal_cli import query
from npal_cli.errors import UsageError
from npal_cli.scikit_activeml import NpalQueryStrategy
from npal_cli.strategies.registry import STRATEGIES
from npal_cli.testing import check_strategy
from tests.commands import json_of, npal

__all__ = ["npal"]

GUIDED = {"guided": {"candidates": 15, "evaluation_points": 20}, "teacher": {"models": ["extra_trees"], "trees": 3}}
X = np.random.default_rng(0).normal(size=(40, 2))
TRUE = (X[:, 0] > 0).astype(int)
OURS = ["random", "margin", "entropy", "fscore", "kcgrdy", "haluni", "halgau", "cbal", "badge", "qbc"]
OURS += ["expected_error", "eer", "blend"]


def labels(known=12, missing=np.nan, names=(0, 1)):
    kind = object if missing is None else str if isinstance(names[0], str) else float
    y = np.array([names[c] for c in TRUE], dtype=kind)
    y[known:] = missing
    return y


def classifier(missing=np.nan, names=(0, 1)):
    return SklearnClassifier(LogisticRegression(), classes=list(names), missing_label=missing)


def strategy(name="margin", **options):
    return NpalQueryStrategy(name, params=GUIDED, random_state=0, **options)


@pytest.mark.parametrize("name", OURS)
class TestEveryStrategy:
    def test_repeated_calls_are_the_same_and_mutate_nothing(self, name):
        clf, ours = classifier(), strategy(name)
        before = clf.get_params()
        first, again = (ours.query(X, labels(), clf=clf, batch_size=3, return_utilities=True) for _ in range(2))
        np.testing.assert_array_equal(first[0], again[0])
        np.testing.assert_array_equal(first[1], again[1])
        assert clf.get_params().keys() == before.keys()
        assert not hasattr(clf, "classes_")

    def test_utilities_are_batch_by_samples_and_nan_where_labelled_or_chosen(self, name):
        chosen, utilities = strategy(name).query(X, labels(), clf=classifier(), batch_size=3, return_utilities=True)
        assert utilities.shape == (3, 40)
        assert np.isnan(utilities[:, :12]).all()
        assert np.isfinite(utilities[0, 12:]).all()
        assert np.isnan(utilities[2, chosen[:2]]).all()
        assert len(set(chosen)) == 3

    def test_a_candidates_utility_does_not_depend_on_the_others(self, name):
        ours = strategy(name)
        every = ours.query(X, labels(), clf=classifier(), return_utilities=True)[1]
        indices = ours.query(X, labels(), clf=classifier(), candidates=np.arange(12, 40), return_utilities=True)[1]
        np.testing.assert_array_equal(every, indices)
        few = ours.query(X, labels(), clf=classifier(), candidates=[15, 39, 20], return_utilities=True)
        np.testing.assert_array_equal(few[1][:, [15, 20, 39]], every[:, [15, 20, 39]])
        assert few[0][0] in (15, 20, 39)

    @pytest.mark.parametrize("known", [0, 1, 39])
    def test_any_number_of_labels_will_do(self, name, known):
        chosen = strategy(name).query(X, labels(known), clf=classifier())
        assert known <= chosen[0] < 40


@pytest.mark.parametrize(
    ("missing", "names"), [(np.nan, (0, 1)), (0, (1, 2)), (None, ("a", "b")), ("", ("a", "b")), (None, (0, 1))]
)
def test_labels_may_be_missing_in_any_of_their_ways(missing, names):
    ours = strategy("blend", missing_label=missing)
    found = ours.query(X, labels(missing=missing, names=names), clf=classifier(missing, names), batch_size=3)
    expected = strategy("blend").query(X, labels(), clf=classifier(), batch_size=3)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("seed", [np.nan, "one"])
def test_init_param_random_state(seed):
    with pytest.raises(ValueError, match="cannot be used to seed"):
        NpalQueryStrategy("margin", random_state=seed).query(X, labels(), clf=classifier())


def test_a_random_state_object_is_not_used_up():
    ours = NpalQueryStrategy("random", random_state=np.random.RandomState(3))
    first, again = (ours.query(X, labels(), clf=classifier(), batch_size=5).tolist() for _ in range(2))
    assert first == again


def test_init_stores_parameters_untouched_and_clones():
    given = {"strategy": "blend", "objective": "f1", "class_weight": "balanced", "params": GUIDED, "random_state": 5}
    ours = NpalQueryStrategy(**given)
    assert {name: ours.get_params()[name] for name in given} == given
    assert clone(ours).get_params()["params"] == GUIDED


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"strategy": "blnd"}, "unknown strategy"),
        ({"strategy": "oracle"}, "needs labels that are not known"),
        ({"objective": "accurate"}, "objective.name"),
        ({"class_weight": "even"}, "class_weight='even'"),
        ({"params": {"guided": {"no": 1}}}, "guided.no: unknown key"),
        ({"missing_label": "x"}, "missing"),
    ],
)
def test_init_parameters_are_validated_in_query(options, said):
    ours = NpalQueryStrategy(**{"random_state": 0, **options})
    with pytest.raises((ValueError, TypeError), match=said):
        ours.query(X, labels(), clf=classifier())


@pytest.mark.parametrize("clf", [LogisticRegression(), "logistic", None])
def test_query_param_clf(clf):
    with pytest.raises(TypeError, match="clf"):
        strategy().query(X, labels(), clf=clf)
    assert len(strategy().query(X, labels(), clf=ParzenWindowClassifier(classes=[0, 1]))) == 1


def test_query_param_fit_clf():
    fitted = classifier().fit(X, labels(20))
    for name in ("margin", "blend"):
        assert len(strategy(name).query(X, labels(), clf=fitted, fit_clf=False)) == 1
    as_it_is = strategy().query(X, labels(), clf=fitted, fit_clf=False, return_utilities=True)[1]
    anew = strategy().query(X, labels(), clf=fitted, return_utilities=True)[1]
    assert np.nanmax(np.abs(as_it_is - anew)) > 0
    with pytest.raises(TypeError, match="fit_clf"):
        strategy().query(X, labels(), clf=fitted, fit_clf=1)


def test_query_param_lengths():
    with pytest.raises(ValueError, match="inconsistent"):
        strategy().query(X, labels()[:-1], clf=classifier())


@pytest.mark.parametrize(("size", "error"), [(0, ValueError), (1.2, TypeError)])
def test_query_param_batch_size(size, error):
    with pytest.raises(error):
        strategy().query(X, labels(), clf=classifier(), batch_size=size)
    with pytest.warns(UserWarning, match="batch_size=50"):
        assert sorted(strategy().query(X, labels(), clf=classifier(), batch_size=50)) == list(range(12, 40))


def test_query_param_candidates():
    with pytest.raises(MappingError):
        strategy().query(X, labels(), clf=classifier(), candidates=np.zeros((3, 2)))


def test_query_chooses_the_same_as_ours():
    """The same estimator, from Python without scikit-activeml."""
    theirs = strategy("margin").query(X, labels(), clf=classifier(), batch_size=4)
    ours = query(X, labels(), 4, strategy="margin", classifier=LogisticRegression(), standardise=False)
    np.testing.assert_array_equal(theirs, ours)


THEIRS = [
    "ProbabilisticAL",
    "UncertaintySampling",
    "RandomSampling",
    "QueryByCommittee",
    "CoreSet",
    "TypiClust",
    "Quire",
]


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(STRATEGIES, "_named", {})
    monkeypatch.setattr(STRATEGIES, "_paths", {})


@pytest.mark.filterwarnings("ignore")  # theirs warn of what does not concern us
@pytest.mark.parametrize("name", THEIRS)
def test_theirs_keep_our_contract(name, registry):
    """But for scores: theirs may follow draws, or the order of the rows."""
    check_strategy(f"skactiveml.pool:{name}", random_scores=True)


@pytest.mark.filterwarnings("ignore")
def test_one_of_theirs_in_our_loop_and_report(npal, registry):
    with Path("params.yaml").open("a") as file:
        file.write("strategies: {'skactiveml.pool:UncertaintySampling': {parameters: {method: entropy}}}\n")
    path = "skactiveml.pool:UncertaintySampling"
    rows = json_of(npal("acquire", "--seed", 1, "--strategy", path, "--strategy", "random", "--json"))
    assert [row["strategy"] for row in rows] == ["UncertaintySampling", "random"]
    npal("report")
    assert "UncertaintySampling" in Path("data/report/report.md").read_text()


def test_theirs_for_regression_are_refused(registry):
    with pytest.raises(UsageError, match="asks for 'reg', which no task model here can be"):
        STRATEGIES.find("skactiveml.pool:GreedySamplingTarget")
