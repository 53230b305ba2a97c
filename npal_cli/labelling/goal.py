"""What labels are for: said by the names of classes, for these may become more while labels come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from npal_cli.api.rows import weights_of
from npal_cli.errors import DataError, UsageError, unknown
from npal_cli.objectives import OBJECTIVES, Objective
from npal_cli.tables.columns import some
from npal_cli.tables.formats import read


@dataclass(frozen=True)
class Goal:
    """What was asked for, and is asked for again until something else is."""

    classifier: str = "logistic"
    objective: str = "accuracy"
    """Its name; ``f1:CLASS`` for the F1 score of that class."""
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Of ``cost``: for each true class, what it costs to predict each class."""
    class_weight: Mapping[str, float] = field(default_factory=dict)
    """What a class weighs, where that is not 1."""
    audit: float = 0.2
    """The share of rows that are kept apart, and of each batch that is drawn from them, to measure on."""
    seed: int = 1
    """Draws which rows these are, and whatever else is drawn."""

    def check(self, classes: Sequence[str]) -> None:
        """Refuse what cannot be asked for.

        Raises:
            UsageError: naming the objective, the class or the share.
        """
        name, _, target = self.objective.partition(":")
        if name not in OBJECTIVES:
            raise unknown("objective", name, OBJECTIVES)
        if target and name != "f1":
            raise UsageError(f"--objective {self.objective}: only f1 is of a class, as in f1:{target}")
        if name == "cost" and not self.costs:
            raise UsageError("--objective cost: say what each error costs with --cost-matrix FILE")
        named = [*self.class_weight, *([target] if target else []), *self.costs]
        strange = [each for each in named if each not in classes]
        if strange and len(classes) > 1:
            raise unknown("class", strange[0], classes)
        if not 0 <= self.audit <= 1:
            raise UsageError(f"--audit {self.audit:g}: expected a share from 0 to 1")

    def objective_for(self, classes: Sequence[str]) -> Objective:
        """The objective, for classes in their order; what costs are not known of is a mistake that costs 1."""
        name, _, target = self.objective.partition(":")
        if name == "cost":
            costs = [[self.costs.get(true, {}).get(said, float(true != said)) for said in classes] for true in classes]
            return Objective("cost", tuple(map(tuple, costs)))
        if target:
            return Objective("f1", classes=(list(classes).index(target),) if target in classes else None)
        return Objective(name)  # type: ignore[arg-type]  # one of OBJECTIVES, as check() says

    def weights_for(self, classes: Sequence[str]) -> Float[np.ndarray, " class"]:
        """What each class weighs."""
        given = {name: self.class_weight.get(name, 1.0) for name in classes}
        return weights_of(given, np.array(classes), np.empty(0, np.int64))


def costs_of(path: Path) -> dict[str, dict[str, float]]:
    """The costs in a table: a row for each true class, named in the first column, and a column for each predicted one.

    Raises:
        DataError: if it is not such a table of numbers.
    """
    table = read(path)
    names = table.iloc[:, 0].astype(str).str.strip()
    numbers = table.iloc[:, 1:].apply(pd.to_numeric, errors="coerce")
    if set(names) != set(numbers.columns) or names.duplicated().any():
        rows, columns = (some([str(each) for each in named]) for named in (names, numbers.columns))
        raise DataError(f"--cost-matrix {path}: rows of {rows} and columns of {columns}; expected the same classes")
    if not np.isfinite(numbers.to_numpy(np.float64)).all():
        raise DataError(f"--cost-matrix {path}: a cost is no finite number; give one for each pair of classes")
    return {
        name: {str(said): float(cost) for said, cost in row.items()}
        for name, (_, row) in zip(names, numbers.iterrows(), strict=True)
    }
