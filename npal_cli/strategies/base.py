"""What a strategy sees, what it says about itself, and the one thing it does: choose pool points to label."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from jaxtyping import Float, Int

from npal_cli.classifiers.base import Ability, Classifier
from npal_cli.errors import UsageError
from npal_cli.objectives import Objective
from npal_cli.problems.problem import Sight
from npal_cli.states import AcquisitionState, Prediction
from npal_cli.strategies.looks import Look
from npal_cli.strategies.parameters import Parameters, SharedName, Task

if TYPE_CHECKING:
    import npal_cli.strategies.services

Variant = Literal["method", "reference"]
"""``method``: as its publication defines it; ``reference``: as the paper's published code computes it."""


@dataclass(frozen=True)
class Choice:
    """What a strategy chose in one run."""

    chosen: Int[np.ndarray, " batch"]
    """Positions in the pool, in order of choice, no point twice."""
    scores: Float[np.ndarray, " pool"]
    """The utility of each pool point when the first was chosen: the larger the better."""
    loss: Float[np.ndarray, " epoch"] | None = None
    """The loss curve of what was trained to choose, if anything was."""
    prediction: Prediction | None = None
    """What it predicts, if it predicts improvements."""
    reasons: Mapping[str, Float[np.ndarray, " pool"]] = field(default_factory=dict)
    """What the scores are made of, by name, for who asks why; NaN where it was not computed."""


class Strategy(ABC):
    """Chooses pool points, for all runs of an experiment at once.

    A strategy says everything about itself here, and is found by :mod:`npal_cli.strategies.registry`: nothing else in
    the package names it.
    """

    name: ClassVar[str]
    """On the command line and in file names."""
    label: ClassVar[str]
    """In tables and figures: the paper's name."""
    order: ClassVar[int] = 1000
    """Where it stands in tables and legends: the paper's strategies come first."""
    look: ClassVar[Look | None] = None
    """How it is drawn in figures; None for one of the spare looks."""
    Options: ClassVar[type[Any] | None] = None
    """A frozen dataclass: its section of ``params.yaml``, under ``strategies``."""
    section: ClassVar[str]
    """The name of that section: its own name, unless a family shares one."""
    uses: ClassVar[tuple[SharedName, ...]] = ()
    """The shared sections of ``params.yaml`` that its choices depend on."""
    needs: ClassVar[frozenset[Ability]] = frozenset()
    """What the classifier must be able to do."""
    sees: ClassVar[Sight] = "annotated"
    """Whose labels it is told. The pool's and the test set's are for bounds and controls only."""
    needs_reward: ClassVar[bool] = False
    """Whether it scores on the reward set, whose labels can then not be spent on training."""
    max_classes: ClassVar[int | None] = None
    """The largest number of classes it is defined for, if there is one."""
    subsamples: ClassVar[bool] = False
    """Whether it chooses from a random part of the pool, as its publication does (Caramalau et al., 2021; B.1)."""
    has_reference: ClassVar[bool] = False
    """Whether the paper's published code departs from the method, so that both are on offer."""

    def __init_subclass__(cls, **more: Any) -> None:
        """A strategy has a section of its own name, unless a family, which has no name, gives it one."""
        super().__init_subclass__(**more)
        given = next((kind for kind in cls.__mro__ if "section" in vars(kind)), None)
        if "name" in vars(cls) and (given is None or (given is not cls and "name" in vars(given))):
            cls.section = cls.name

    @classmethod
    def make(cls, services: "npal_cli.strategies.services.Services") -> "Strategy":  # noqa: ARG003  # most need none
        """The strategy, made from what an experiment has to offer."""
        return cls()

    @classmethod
    def parameters(cls, given: Parameters) -> dict[str, Any]:
        """What its choices depend on, as its artifacts record it; but the task model, and how many are chosen."""
        own = {cls.section: asdict(given.options)} if cls.Options is not None else {}
        return {name: asdict(getattr(given.shared, name)) for name in cls.uses} | own

    @classmethod
    def objectives(cls, given: Parameters) -> list[Objective]:
        """What it measures improvements or errors in."""
        return [given.shared.objective] if "objective" in cls.uses else []

    @classmethod
    def ranks(cls, given: Parameters) -> bool:  # noqa: ARG003  # most do or do not, whatever they are configured by
        """Whether a batch is the best by score, however alike, so that it may be spread over more of the best."""
        return False

    @classmethod  # noqa: B027  # most refuse nothing of their own
    def check(cls, task: Task, given: Parameters) -> None:  # what is common to all is checked elsewhere
        """Refuse a task that this strategy alone cannot do, before anything is made.

        Raises:
            UsageError: saying why, and what to change.
        """

    def task_model(self, classifier: Classifier) -> Classifier:
        """The task model to fit when this strategy chooses: ``classifier``, unless the two are trained together."""
        return classifier

    @abstractmethod
    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """Choose ``batch_size`` pool points in each run.

        Needs ``batch_size`` to be at most the size of each pool.
        """


class ScoringStrategy(Strategy):
    """A strategy that scores every pool point by itself and takes the best."""

    @classmethod
    def ranks(cls, given: Parameters) -> bool:  # noqa: ARG003
        """It does."""
        return True

    @abstractmethod
    def scores(self, state: AcquisitionState) -> Float[np.ndarray, " pool"]:
        """A score for each pool point: the larger the better."""

    def query(self, states: Sequence[AcquisitionState], batch_size: int) -> list[Choice]:
        """The ``batch_size`` points with the largest scores, ties broken at random."""
        scores = [self.scores(state) for state in states]
        return [Choice(state.best(s, batch_size), s) for s, state in zip(scores, states, strict=True)]


def check_tried(name: str, tried: int | None, batch_size: int, option: str) -> None:
    """Refuse a batch of more points than are tried by refitting.

    Raises:
        UsageError: if ``tried`` is fewer than ``batch_size``.
    """
    if tried is not None and tried < batch_size:
        raise UsageError(
            f"strategy {name!r} chooses from {tried} pool points and {batch_size} are to be acquired at each step; "
            f"set {option} or acquire.batch_size in params.yaml"
        )


def others_as_worst(values: Float[np.ndarray, " pool"]) -> Float[np.ndarray, " pool"]:
    """Scores of all pool points, where those that are NaN, for they were not tried, are no better than any other.

    >>> others_as_worst(np.array([1.0, 3.0, np.nan])).tolist()
    [1.0, 3.0, 1.0]
    """
    return np.where(np.isnan(values), np.nanmin(values), values)


def best(scores: Float[np.ndarray, " pool"], order: Int[np.ndarray, " pool"]) -> int:
    """The position of the largest score; of equal ones, of that which comes first in ``order``.

    Picks one after another in O(pool) each, where ``order`` is a random permutation that is drawn once.

    >>> best(np.array([2.0, 0.0, 2.0]), np.array([1, 2, 0]))
    2
    """
    return int(order[scores[order].argmax()])
