"""Who makes refits: scikit-learn one by one (the truth), compiled kernels (the default), or batched solves in torch."""

from collections.abc import Sequence

from npal_cli.classifiers import Classifier
from npal_cli.classifiers.logistic import Logistic
from npal_cli.classifiers.svm import SVM
from npal_cli.engine import Engine
from npal_cli.refit.backends.base import Backend
from npal_cli.refit.backends.sklearn import OneByOne
from npal_cli.refit.problem import RefitProblem

FEW = 1_500
"""Refits, of one call, that scikit-learn makes in less time than half a minute, which compiling the kernels takes."""


def is_fast(classifier: Classifier) -> bool:
    """Whether there are fast refits of a classifier; whatever else can be fitted is, one by one, in other processes."""
    return isinstance(classifier, Logistic | SVM)


def backend_of(engine: Engine, problems: Sequence[RefitProblem], classifier: Classifier) -> Backend:
    """What makes the refits of these problems."""
    if not is_fast(classifier) or engine.refits == "sequential":
        return OneByOne()
    if engine.refits == "auto" and sum(len(problem.candidate_labels) for problem in problems) <= FEW:
        return OneByOne(threads=True)
    if engine.refits == "torch":
        from npal_cli.refit.backends.torch import Batched  # torch is slow to import

        return Batched(engine.torch_device())
    from npal_cli.refit.backends.numba import Compiled  # numba is slow to import

    return Compiled.ready_for(problems, classifier)
