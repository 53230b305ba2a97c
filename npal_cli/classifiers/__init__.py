"""The task models, by name."""

from npal_cli.classifiers.base import Classifier, ClassifierOptions, FittedClassifier
from npal_cli.classifiers.logistic import Logistic
from npal_cli.classifiers.resnet18 import LossPredictionOptions, ResNet18, ResNetOptions
from npal_cli.classifiers.svm import SVM
from npal_cli.classifiers.teacher import TeacherModel
from npal_cli.errors import UsageError, unknown

CLASSICAL: dict[str, type[Logistic] | type[SVM]] = {"logistic": Logistic, "svm": SVM}
"""Those that are made from options alone, and refitted in no time."""

CLASSIFIERS: dict[str, type[Logistic] | type[SVM] | type[TeacherModel] | type[ResNet18]] = {
    **CLASSICAL,
    "teacher": TeacherModel,
    "resnet18": ResNet18,
}

__all__ = [
    "CLASSICAL",
    "CLASSIFIERS",
    "SVM",
    "Classifier",
    "ClassifierOptions",
    "FittedClassifier",
    "Logistic",
    "LossPredictionOptions",
    "ResNet18",
    "ResNetOptions",
    "TeacherModel",
    "make_classifier",
    "takes_images",
]


def make_classifier(name: str, options: ClassifierOptions) -> Classifier:
    """The classical classifier ``name`` with ``options``.

    Raises:
        UsageError: if there is no such classifier, or a fit of it takes too long to be repeated for every candidate.
    """
    if name not in CLASSIFIERS:
        raise unknown("classifier", name, CLASSIFIERS)
    if name not in CLASSICAL:
        able = " or ".join(CLASSICAL)
        raise UsageError(f"classifier {name!r}: a fit takes too long to try every candidate; use {able}")
    return CLASSICAL[name](options)


def takes_images(classifier: str) -> bool:
    """Whether the classifier of this name works on images, not on vectors of features.

    >>> takes_images("resnet18"), takes_images("svm")
    (True, False)
    """
    return "images" in CLASSIFIERS[classifier].abilities
