"""What the commands about rows of one's own start from: the table, and what its rows are chosen for."""

from typing import TYPE_CHECKING, Any

from npal_cli.cli_context import context_of
from npal_cli.cli_options import GoalOptions, Options, RowOptions
from npal_cli.errors import UsageError

if TYPE_CHECKING:
    from npal_cli.labelling.rounds import Labelling


def labelling_of(options: Options | RowOptions, name: str) -> "Labelling":
    """The table that was taken in under a name."""
    from npal_cli.labelling.rounds import Labelling

    return Labelling.of(context_of(options, refits="auto"), name)


def changes_of(goal: GoalOptions, classifier: str | None, seed: int | None) -> dict[str, Any]:
    """What is said of the goal; what is not, stays as it was in the round before.

    Raises:
        UsageError: if two of the options contradict each other, or a weight is none.
    """
    changes: dict[str, Any] = {"objective": goal.objective, "audit": goal.audit, "classifier": classifier, "seed": seed}
    if goal.cost_matrix is not None:
        from npal_cli.labelling.goal import costs_of

        if goal.objective not in (None, "cost"):
            raise UsageError(f"--objective {goal.objective}: a --cost-matrix is of the objective cost; leave one out")
        changes |= {"objective": "cost", "costs": costs_of(goal.cost_matrix)}
    elif goal.objective is not None and goal.objective != "cost":
        changes["costs"] = {}
    changes["class_weight"] = _weights(goal.class_weight) if goal.class_weight else None
    return {name: value for name, value in changes.items() if value is not None}


def _weights(given: list[str]) -> dict[str, float]:
    found = {}
    for each in given:
        name, _, weight = each.rpartition("=")
        try:
            found[name] = float(weight)
        except ValueError:
            found[name] = 0.0
        if not name or not 0 < found[name] < float("inf"):
            raise UsageError(f"--class-weight {each}: expected CLASS=WEIGHT, with a positive number")
    return found
