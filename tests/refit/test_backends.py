"""Who makes refits."""

import pytest

from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.engine import Engine
from npal_cli.refit.backends import FEW, backend_of
from npal_cli.refit.backends.numba import Compiled
from npal_cli.refit.backends.sklearn import OneByOne
from tests.refit.cases import toy_problem


@pytest.mark.parametrize(("candidates", "backend"), [(20, OneByOne), (FEW + 1, Compiled)])
def test_few_refits_are_left_to_scikit_learn_where_compiling_takes_longer(candidates, backend):
    task = make_classifier("logistic", ClassifierOptions())
    found = backend_of(Engine(refits="auto"), [toy_problem(candidates)], task)
    assert isinstance(found, backend)
    assert found.threads
