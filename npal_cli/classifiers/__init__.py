"""The task models: what each says about itself, in a file of its own, and how they are found."""

from npal_cli.classifiers.base import Classifier, ClassifierKind, ClassifierOptions, FitServices, FittedClassifier
from npal_cli.classifiers.registry import CLASSIFIERS
from npal_cli.errors import UsageError

__all__ = [
    "CLASSIFIERS",
    "Classifier",
    "ClassifierKind",
    "ClassifierOptions",
    "FitServices",
    "FittedClassifier",
    "make_classifier",
    "takes_images",
]


def make_classifier(name: str, options: object = None) -> Classifier:
    """The task model ``name`` with ``options``, its defaults if there are none; for those that can be refitted.

    Raises:
        UsageError: if there is no such classifier, or a fit of it takes too long to be repeated for every candidate.
    """
    kind = CLASSIFIERS.find(name)
    if "refits" not in kind.abilities:
        raise UsageError(f"classifier {name!r}: a fit takes too long to try every candidate; use logistic or svm")
    return kind.make(options if options is not None else kind.Options())


def takes_images(classifier: str) -> bool:
    """Whether the classifier of this name works on images, not on vectors of features.

    >>> takes_images("resnet18"), takes_images("svm")
    (True, False)
    """
    return classifier in CLASSIFIERS and "images" in CLASSIFIERS[classifier].abilities
