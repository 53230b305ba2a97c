"""What networks are worth one label ahead, on states of problems that they did not learn from.

The peers are Blend and margin sampling: by how much what each chooses improves the objective, by the known truth.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from npal_cli.learned.inputs import Inputs
from npal_cli.learned.network import TARGETS, Ranker
from npal_cli.learned.ranking import predict
from npal_cli.pretraining.lessons import Lessons

Row = dict[str, str | float]


def compare_one_label(networks: Sequence[Ranker], asked: Lessons) -> list[Row]:
    """Leads over Blend in thousandths of the objective, and two standard errors of it over problems.

    A row for each kind of task model, with what the truth would lead by, and of each target alone.
    """
    means = predicted(networks, asked)
    scores = {"network": means.mean(axis=1), "margin": asked.rivals[:, 1], "truth": asked.worth[:, 0]}
    scores |= {target: means[:, i] for i, target in enumerate(TARGETS)}
    blend = improved(asked, asked.rivals[:, 0])
    leads = {name: 1000 * (improved(asked, each) - blend) for name, each in scores.items()}
    rows: list[Row] = []
    for kind, which in (("with probabilities", ~asked.svm), ("without", asked.svm)):
        if which.any():
            told = {name: shown(lead[which], asked.problem[which]) for name, lead in leads.items()}
            rows.append({"task models": kind, "states": int(which.sum()), **told})
    return rows


def predicted(networks: Sequence[Ranker], of: Lessons) -> Float[np.ndarray, "candidate target"]:
    """What the networks predict of each candidate."""
    ends, rows = np.cumsum(of.sizes), np.cumsum(of.sizes.astype(int) * of.n_classes)
    found = []
    for i, (end, row) in enumerate(zip(ends, rows, strict=True)):
        size, classes = int(of.sizes[i]), int(of.n_classes[i])
        where, of_class = slice(end - size, end), of.classes[row - size * classes : row]
        parts = of.candidates[where], of_class.reshape(size, classes, -1), of.neighbours[where], of.state[i]
        found.append(predict(networks, Inputs(*(each.astype(np.float32) for each in parts))))
    return np.concatenate(found)


def improved(of: Lessons, scores: Float[np.ndarray, " candidate"]) -> Float[np.ndarray, " state"]:
    """What the candidate of the largest score improves the objective by, in each state."""
    parts = np.split(np.arange(len(scores)), np.cumsum(of.sizes)[:-1])
    return np.array([of.worth[rows[scores[rows].argmax()], 0] for rows in parts])


def shown(lead: Float[np.ndarray, " state"], problem: Float[np.ndarray, " state"]) -> str:
    """The mean, and two standard errors of it: the states of a problem are one draw."""
    _, of_problem = np.unique(problem, return_inverse=True)
    sums = np.bincount(of_problem, lead - lead.mean())
    return f"{lead.mean():+.1f} +- {2 * np.sqrt((sums**2).sum()) / len(lead):.1f}"
