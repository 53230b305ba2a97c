"""Draw docs/pictures/equal_budgets.png from the table of docs/science/results.md.

python -m docs.draw
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt

DOCS = Path(__file__).parent
SECTION = "**With the same labels for all.**"
PAPERS, OURS = "#5b5b66", "#AA3377"


class Gain(NamedTuple):
    """What the two gain over Random in an experiment, and two standard errors of each."""

    experiment: str
    papers: tuple[float, float]
    who: str
    ours: tuple[float, float]


def gains() -> Iterator[Gain]:
    """The rows of the table: logistic regression, then the SVM, of each experiment."""
    text = (DOCS / "science" / "results.md").read_text()
    rows = re.findall(r"(?m)^\| (\w+ .*?) \|$", text[text.index(SECTION) :])
    for row in [row for row in rows if "±" in row][:9]:
        experiment, *cells = row.split(" | ")
        for classifier, (papers, ours) in (("logistic", cells[:2]), ("SVM", cells[3:5])):
            value, error, who = re.fullmatch(r"(-?[.\d]+) ± ([.\d]+) (\w+)", papers).groups()
            mean, spread = re.fullmatch(r"(-?[.\d]+) ± ([.\d]+)", ours).groups()
            yield Gain(f"{experiment}, {classifier}", (float(value), float(error)), who, (float(mean), float(spread)))


def main() -> None:
    """Draw the experiments, the largest lead first."""
    found = sorted(gains(), key=lambda each: each.papers[0] - each.ours[0])
    figure, axes = plt.subplots(figsize=(8, 6.2), layout="constrained")
    for i, each in enumerate(found):
        for (mean, error), colour, marker, shift in ((each.papers, PAPERS, "s", 0.16), (each.ours, OURS, "o", -0.16)):
            axes.errorbar(mean, i + shift, xerr=error, color=colour, marker=marker, markersize=5, capsize=2, lw=1.2)
    axes.axvline(0, color="black", lw=0.8)
    axes.set_yticks(range(len(found)), [each.experiment for each in found], fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("symlog", linthresh=0.1)
    axes.set_xticks([-0.05, 0, 0.05, 0.1, 0.2, 0.5, 1], ["-.05", "0", ".05", ".1", ".2", ".5", "1"])
    axes.set_xlabel("gain in AUAC over Random on held-out points (50 splits, two standard errors)")
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(len(found)), [each.who for each in found], fontsize=8, color=PAPERS)
    axes.plot([], [], color=OURS, marker="o", label="Blend")
    axes.plot(
        [], [], color=PAPERS, marker="s", label="the best of the paper's strategies, chosen after the fact (right)"
    )
    figure.legend(loc="outside upper right", ncols=2, fontsize=8, frameon=False)
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(DOCS / "pictures" / "equal_budgets.png", dpi=130)


if __name__ == "__main__":
    main()
