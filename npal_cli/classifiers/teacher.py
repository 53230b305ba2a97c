"""The teacher as task model: a control that says what the strategies which ask one owe to a better model."""

from typing import Any, final

import numpy as np
from jaxtyping import Float, Int

from npal_cli.classifiers.base import Ability, Classifier, FitServices
from npal_cli.randomness import stream
from npal_cli.teachers import Teacher, TeacherOptions, teach


@final
class TeacherModel:
    """A teacher that is fitted to the annotated set, and predicts by itself.

    >>> features, labels = np.array([[-1.0], [-0.5], [0.5], [1.0]]), np.array([0, 0, 1, 1])
    >>> TeacherModel().fit(features, labels, np.ones(2)).predict(np.array([[-2.0], [2.0]])).tolist()
    [0, 1]
    """

    name = "teacher"
    label = "teacher"
    Options = TeacherOptions
    abilities: frozenset[Ability] = frozenset(("probabilities",))

    def __init__(self, options: TeacherOptions | None = None) -> None:
        self.options = options or TeacherOptions()

    @classmethod
    def make(cls, options: Any, services: FitServices | None = None) -> Classifier:  # noqa: ARG003  # needs none
        """With its options."""
        return cls(options)

    def fit(
        self,
        features: Float[np.ndarray, "point feature"],
        labels: Int[np.ndarray, " point"],
        class_weights: Float[np.ndarray, " class"],
    ) -> "FittedTeacher":
        """See :meth:`npal_cli.classifiers.base.Classifier.fit`; what is weighted are its probabilities."""
        if len(np.unique(labels)) < 2:
            raise ValueError("a teacher needs two classes")
        teacher = teach(features, labels, len(class_weights), self.options, stream("teacher as task model"))
        return FittedTeacher(teacher, class_weights)


@final
class FittedTeacher:
    """A fitted teacher, whose probabilities count as much as their class weighs."""

    def __init__(self, teacher: Teacher, class_weights: Float[np.ndarray, " class"]) -> None:
        self._teacher = teacher
        self._class_weights = class_weights

    def predict(self, features: Float[np.ndarray, "point feature"]) -> Int[np.ndarray, " point"]:
        """The class with the largest weighted probability."""
        return np.asarray(self.probabilities(features).argmax(axis=1))

    def probabilities(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """Class probabilities times class weights, as shares: those of classes that are as frequent as they weigh."""
        weighted = self._teacher.probabilities(features) * self._class_weights
        return np.asarray(weighted / weighted.sum(axis=1, keepdims=True))

    def soft_predictions(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point class"]:
        """The probabilities."""
        return self.probabilities(features)

    def boundary_distances(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, " point"]:
        """The difference between the two largest logarithms of probabilities."""
        ordered = np.sort(np.log(self.probabilities(features)), axis=1)
        return ordered[:, -1] - ordered[:, -2]

    def represent(self, features: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, "point feature"]:
        """The features themselves."""
        return features
