"""What labels are for, said by the names of classes."""

import numpy as np
import pytest

from npal_cli.labelling.goal import Goal
from npal_cli.objectives import Objective


def test_classes_are_found_by_name_wherever_they_stand():
    goal = Goal(objective="f1:rare", class_weight={"rare": 5.0})
    assert goal.objective_for(["common", "rare"]) == Objective("f1", classes=(1,))
    assert goal.objective_for(["common", "odd", "rare"]) == Objective("f1", classes=(2,))
    assert goal.weights_for(["common", "odd", "rare"]).tolist() == [1, 1, 5]
    assert goal.objective_for(["common"]) == Objective("f1")


def test_an_error_whose_cost_is_not_known_costs_one():
    goal = Goal(objective="cost", costs={"a": {"a": 0.0, "b": 3.0}})
    assert goal.objective_for(["a", "b"]).costs == ((0, 3), (1, 0))


@pytest.mark.parametrize("classes", [(), ("a",)])
def test_nothing_is_refused_while_classes_are_not_known(classes):
    Goal(objective="f1:b", class_weight={"b": 2.0}).check(classes)


def test_f1_is_that_of_the_classes_that_are_named():
    counts, weights = np.array([[2, 2, 0], [1, 9, 0], [0, 1, 4]]), np.ones(3)
    assert Objective("f1", classes=(0,)).of_counts(counts, weights) == pytest.approx(4 / 7)
    assert Objective("f1", classes=(0, 2)).of_counts(counts, weights) == pytest.approx((4 / 7 + 8 / 9) / 2)
