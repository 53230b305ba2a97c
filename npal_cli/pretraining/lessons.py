"""Many states and what their candidates are worth, in flat arrays: as they are kept, joined and learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from npal_cli.arrays import array, run_columns
from npal_cli.pretraining.of_problems import OfProblems
from npal_cli.pretraining.states import POLICY_NAMES, Lesson
from npal_cli.randomness import Run


@dataclass(frozen=True)
class Lessons(OfProblems):
    """States one after another; inputs are float16, for they are squashed."""

    FORMAT: ClassVar[str] = "npal.lessons/1"

    sizes: np.ndarray = array("state")
    """Candidates of each state."""
    n_classes: np.ndarray = array("state")
    candidates: np.ndarray = array("candidate", "candidate_input")
    """Of all states, one after another."""
    classes: np.ndarray = array("candidate_class", "class_input")
    """Of each candidate, one after another, under each class."""
    neighbours: np.ndarray = array("candidate", "neighbour", "neighbour_input")
    state: np.ndarray = array("state", "state_input")
    worth: np.ndarray = array("candidate", "worth")
    """Improvements, as float32: of the objective, of soft accuracy, of the objective once others are annotated too
    (NaN where that was not asked)."""
    rivals: np.ndarray = array("candidate", "rival")
    """What Blend and margin sampling make of them, as float32."""
    problem: np.ndarray = array("state")
    """Which states are of one problem."""
    svm: np.ndarray = array("state")
    """bool: whether the task model has no probabilities."""
    known: np.ndarray = array("state")
    """bool: whether the problem is of a known table, not of a drawn one."""
    n_annotated: np.ndarray = array("state")
    policy: np.ndarray = array("state")
    """Of :data:`~npal_cli.pretraining.states.POLICY_NAMES`: by what the state was met."""

    def __len__(self) -> int:
        """How many states there are."""
        return len(self.sizes)


def packed(problems: Sequence[Sequence[Lesson]], run: Run) -> Lessons:
    """The lessons of some problems in flat arrays."""
    half, found = np.float16, [lesson for lessons in problems for lesson in lessons]
    return Lessons(
        **run_columns([run]),
        sizes=np.array([len(each.hard) for each in found], dtype=np.int32),
        n_classes=np.array([each.inputs.classes.shape[1] for each in found], dtype=np.int8),
        candidates=np.concatenate([each.inputs.candidates for each in found]).astype(half),
        classes=np.concatenate(
            [each.inputs.classes.reshape(-1, each.inputs.classes.shape[2]) for each in found]
        ).astype(half),
        neighbours=np.concatenate([each.inputs.neighbours for each in found]).astype(half),
        state=np.stack([each.inputs.state for each in found]).astype(half),
        worth=np.concatenate([np.column_stack([each.hard, each.soft, each.later]) for each in found]).astype(
            np.float32
        ),
        rivals=np.concatenate([np.column_stack([each.blend, each.margin]) for each in found]).astype(np.float32),
        problem=np.repeat(np.arange(len(problems)), [len(each) for each in problems]).astype(np.int32),
        svm=np.array([each.svm for each in found]),
        known=np.array([each.known for each in found]),
        n_annotated=np.array([each.n_annotated for each in found], dtype=np.int32),
        policy=np.array([POLICY_NAMES.index(each.policy) for each in found], dtype=np.int8),
    )
