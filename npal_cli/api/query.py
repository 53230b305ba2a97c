"""Which rows to label next."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Int
from threadpoolctl import threadpool_limits

from npal_cli.api.rows import ClassWeight, RowLabels, features_of, problem_of, run_of, weights_of
from npal_cli.classifiers import Classifier, FittedClassifier, make_classifier
from npal_cli.classifiers.scikit import ScikitKind, ScikitOptions
from npal_cli.engine import Engine
from npal_cli.errors import UsageError
from npal_cli.experiments.acquisition import state_of
from npal_cli.objectives import Objective
from npal_cli.params import Params, params_of
from npal_cli.problems.problem import Problem
from npal_cli.randomness import Run
from npal_cli.strategies.base import Choice
from npal_cli.strategies.naming import Selected, select
from npal_cli.strategies.parameters import Parameters, Task
from npal_cli.strategies.refusals import check_served, check_task
from npal_cli.strategies.services import Services


def query(
    X: Any,
    y: Any,
    batch_size: int = 1,
    *,
    strategy: str = "blend",
    classifier: Any = "logistic",
    objective: str | Objective = "accuracy",
    class_weight: ClassWeight = None,
    candidates: Sequence[int] | Int[np.ndarray, " candidate"] | None = None,
    random_state: int | Run = 0,
    missing_label: Any = None,
    standardise: bool = True,
    params: Mapping[str, Any] | None = None,
    return_utilities: bool = False,
) -> Any:
    """The rows to label next, best first.

    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.where(np.arange(60) < 20, X[:, 0] > 0, np.nan)
    >>> len(query(X, y, 3, strategy="uncsamp"))
    3

    Args:
        X: All rows, labelled or not: an array of numbers, a sparse matrix, or a data frame with columns of any kind.
        y: The label of each row; NaN, None or ``missing_label`` where it is not known.
        batch_size: How many rows to choose; all that there are, with a warning, if there are fewer.
        strategy: Its name (``npal acquire --strategy``), or an import path.
        classifier: The task model: a name, an import path, or an estimator of scikit-learn's.
        objective: What is to be improved: its name, or an ``Objective`` with costs.
        class_weight: What each class weighs, in fits and in the objective: equally, ``"balanced"``, or a mapping.
        candidates: Positions of the rows that may be chosen; None for all without a label. A row's utility does not
            depend on which others are candidates.
        random_state: Seeds every draw; the same seed gives the same rows.
        missing_label: Stands for a label that is not known, besides NaN and None.
        standardise: Whether to give each feature mean 0 and deviation 1.
        params: What differs from the defaults of ``params.yaml``, as in ``{"guided": {"candidates": 50}}``.
        return_utilities: Whether to return the utility of each row, too.

    Returns:
        Positions of the chosen rows; and each row's utility when the first was chosen, NaN where it has a label.

    Raises:
        ValueError: if a name is unknown, or rows and labels are not what the strategy needs.
    """
    rows, labels = features_of(X, standardise=standardise), RowLabels.of(y, missing_label)
    if len(rows) != len(labels.codes):
        raise UsageError(f"X has {len(rows)} rows and y {len(labels.codes)} labels; give one label (or NaN) a row")
    annotated = np.flatnonzero(labels.codes >= 0)
    weights = weights_of(class_weight, labels.classes, labels.codes[annotated])
    problem = problem_of(rows, labels.codes, annotated, weights, run_of(random_state))
    setup = QuerySetup(strategy, classifier, objective, params_of(dict(params or {})))
    choice = setup.choose(problem, batch_size, among=candidates)
    chosen = problem.pool[choice.chosen]
    if not return_utilities:
        return chosen
    utilities = np.full(len(rows), np.nan)
    utilities[problem.pool] = choice.scores
    return chosen, utilities


@dataclass(frozen=True)
class QuerySetup:
    """A strategy with what it works with."""

    strategy: str = "blend"
    classifier: Any = "logistic"
    objective: str | Objective = "accuracy"
    params: Params = field(default_factory=Params)
    engine: Engine = field(default_factory=Engine)

    def choose(
        self,
        problem: Problem,
        batch_size: int,
        step: int = 1,
        among: Sequence[int] | Int[np.ndarray, " candidate"] | None = None,
        fitted: FittedClassifier | None = None,
    ) -> Choice:
        """What ``npal acquire`` would choose before ``step`` of this problem, to the bit.

        With ``fitted`` the task model is taken as it is, and is fitted for refits only.

        Raises:
            UsageError: if the strategy cannot be asked about the problem.
        """
        size = _batch_size(batch_size, problem, allowed := _allowed(problem, among))
        params = self._params()
        task_model = self.task_model(params)
        seen = len(np.unique(problem.labels[problem.annotated]))
        if seen < 2:
            raise UsageError(
                f"labels of {seen} classes are known; expected two or more: label some rows first, chosen at random"
            )
        selected, parameters = self.check(size, problem.n_classes)
        made = selected.kind.make(Services(task_model, parameters, self.engine, selected.variant))
        with threadpool_limits(limits=1):  # the same bytes whatever the cores
            state = state_of(problem, made.task_model(task_model), step, made, allowed)
            return made.query([state if fitted is None else replace(state, classifier=fitted)], size)[0]

    def check(self, batch_size: int, n_classes: int) -> tuple[Selected, Parameters]:
        """Refuse a strategy that cannot be asked for such a batch; what it is, and what it is configured by.

        Raises:
            UsageError: saying why.
        """
        selected, params = select(self.strategy), self._params()
        parameters = params.parameters(selected.kind)
        if selected.kind.sees not in ("annotated", "reward_set"):
            raise UsageError(f"strategy {self.strategy!r} needs labels that are not known here")
        check_served(selected, self.task_model(params), n_classes)
        check_task(selected, Task(selected.name, batch_size, reward=0), parameters)
        for each in selected.kind.objectives(parameters):
            each.check(n_classes)
        return selected, parameters

    def ranks(self) -> bool:
        """Whether a batch is simply the best by score."""
        kind = select(self.strategy).kind
        return kind.ranks(self._params().parameters(kind))

    def task_model(self, params: Params | None = None) -> Classifier:
        """The task model, before any fit."""
        given = self.classifier
        if isinstance(given, str):
            return make_classifier(given, (params or self._params()).options_of(given))
        if isinstance(given, Classifier) and not hasattr(given, "get_params"):
            return given
        if not hasattr(given, "get_params"):
            raise UsageError(f"classifier={given!r}: expected a name, an import path or an estimator of scikit-learn's")
        kind = ScikitKind(f"{type(given).__module__}:{type(given).__qualname__}")
        return kind.make(ScikitOptions(kind.path, given.get_params(deep=False)))

    def objective_of(self) -> Objective:
        """What is to be improved."""
        return self._params().objective

    def _params(self) -> Params:
        objective = self.objective
        if isinstance(objective, str) and objective != self.params.objective.name:
            objective = params_of({"objective": {"name": objective}}).objective
        return self.params if isinstance(objective, str) else replace(self.params, objective=objective)


def _batch_size(size: Any, problem: Problem, allowed: Bool[np.ndarray, " pool"] | None) -> int:
    if not isinstance(size, int | np.integer) or isinstance(size, bool):
        raise TypeError(f"batch_size={size!r}: expected a whole number")
    if size < 1:
        raise UsageError(f"batch_size={size}: expected 1 or more")
    there = len(problem.pool) if allowed is None else int(allowed.sum())
    if there == 0:
        raise UsageError("no row without a label may be chosen")
    if size > there:
        warnings.warn(f"batch_size={size}: only {there} rows may be chosen; taking them all", stacklevel=4)
    return min(int(size), there)


def _allowed(problem: Problem, among: Any) -> Bool[np.ndarray, " pool"] | None:
    if among is None:
        return None
    rows = np.asarray(among)
    if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer):
        raise UsageError(f"candidates: {among!r}; expected positions of rows")
    strange = rows[~np.isin(rows, problem.pool)]
    if len(strange):
        raise UsageError(f"candidates: row {strange[0]} is not there, or has a label; expected rows without one")
    return np.isin(problem.pool, rows)
