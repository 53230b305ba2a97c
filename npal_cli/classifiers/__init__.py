"""The task models, by name."""

from npal_cli.classifiers.base import Classifier, ClassifierOptions, FittedClassifier
from npal_cli.classifiers.logistic import Logistic
from npal_cli.classifiers.svm import SVM
from npal_cli.errors import unknown

CLASSIFIERS: dict[str, type[Logistic] | type[SVM]] = {"logistic": Logistic, "svm": SVM}

__all__ = [
    "CLASSIFIERS",
    "SVM",
    "Classifier",
    "ClassifierOptions",
    "FittedClassifier",
    "Logistic",
    "make_classifier",
]


def make_classifier(name: str, options: ClassifierOptions) -> Classifier:
    """The classifier ``name`` with ``options``.

    Raises:
        UsageError: if there is no such classifier.
    """
    if name not in CLASSIFIERS:
        raise unknown("classifier", name, CLASSIFIERS)
    return CLASSIFIERS[name](options)
