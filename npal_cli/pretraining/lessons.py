"""Many states and what their candidates are worth, in flat arrays: as they are kept, joined and learned from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from npal_cli.commit import replacing
from npal_cli.pretraining.states import POLICY_NAMES, Lesson


@dataclass(frozen=True)
class Lessons:
    """States one after another; float16, for what is told is squashed and what is learned is scaled."""

    sizes: Int[np.ndarray, " state"]
    """Candidates of each state."""
    n_classes: Int[np.ndarray, " state"]
    candidates: Float[np.ndarray, "candidate candidate_input"]
    """Of all states, one after another."""
    classes: Float[np.ndarray, "candidate_class class_input"]
    """Of each candidate, one after another, under each class."""
    neighbours: Float[np.ndarray, "candidate neighbour neighbour_input"]
    state: Float[np.ndarray, "state state_input"]
    worth: Float[np.ndarray, "candidate worth"]
    """Improvements, as float32: of the objective, of soft accuracy, of the objective once others are annotated too
    (NaN where that was not asked)."""
    rivals: Float[np.ndarray, "candidate rival"]
    """What Blend and margin sampling make of them, as float32."""
    svm: Bool[np.ndarray, " state"]
    n_annotated: Int[np.ndarray, " state"]
    policy: Int[np.ndarray, " state"]
    """Of :data:`POLICY_NAMES`: by what the state was met."""

    def __len__(self) -> int:
        """How many states there are."""
        return len(self.sizes)

    def save(self, path: Path) -> None:
        """Write a file, whole or not at all."""
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(file, **vars(self))

    @classmethod
    def read(cls, path: Path) -> "Lessons":
        """A file that :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as content:
            return cls(**{each.name: content[each.name] for each in fields(cls)})

    @classmethod
    def joined(cls, parts: Iterable["Lessons"]) -> "Lessons":
        """All states of the parts."""
        found = list(parts)
        return cls(**{each.name: np.concatenate([getattr(p, each.name) for p in found]) for each in fields(cls)})


def packed(found: Sequence[Lesson]) -> Lessons:
    """Lessons in flat arrays."""
    half = np.float16
    return Lessons(
        np.array([len(each.hard) for each in found], dtype=np.int32),
        np.array([each.inputs.classes.shape[1] for each in found], dtype=np.int8),
        np.concatenate([each.inputs.candidates for each in found]).astype(half),
        np.concatenate([each.inputs.classes.reshape(-1, each.inputs.classes.shape[2]) for each in found]).astype(half),
        np.concatenate([each.inputs.neighbours for each in found]).astype(half),
        np.stack([each.inputs.state for each in found]).astype(half),
        np.concatenate([np.column_stack([each.hard, each.soft, each.later]) for each in found]).astype(np.float32),
        np.concatenate([np.column_stack([each.blend, each.margin]) for each in found]).astype(np.float32),
        np.array([each.svm for each in found]),
        np.array([each.n_annotated for each in found], dtype=np.int32),
        np.array([POLICY_NAMES.index(each.policy) for each in found], dtype=np.int8),
    )
