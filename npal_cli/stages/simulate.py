"""``npal simulate``: simulated problems within the annotated set of each run (Algorithm 1)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from npal_cli.arrays import run_columns
from npal_cli.pipeline.build import Built, Target, build
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.problems.simulated import SimulatedProblems, simulation_stream
from npal_cli.problems.simulated import simulate as simulate_problems
from npal_cli.randomness import Run
from npal_cli.records import SimulatedRecord


def simulate(resolved: ResolvedExperiment, *, requested: bool = False) -> Built[SimulatedRecord]:
    """Build the simulated artifact of an experiment."""
    resolved.classifier()  # refuse one that cannot be refitted with every candidate
    options = resolved.context.params.simulate

    def compute(runs: Sequence[Run], _: Path) -> Iterator[SimulatedRecord]:
        for run in runs:
            problem = resolved.problems[run]
            draws = simulation_stream(run, resolved.step)
            simulated = simulate_problems(
                problem.labels[problem.annotated], options, draws, reward=len(problem.reward) > 0
            )
            yield SimulatedRecord(
                **run_columns([run]),
                annotated=simulated.annotated[None],
                reward=simulated.reward[None],
                drawn=np.array([simulated.drawn]),
            )

    target = Target(
        path=resolved.path("simulated", by_classifier=False),
        root=resolved.context.root,
        kind=SimulatedRecord,
        command=f"npal simulate {resolved.command_options}",
        parameters={"step": resolved.step, "simulate": asdict(options)},
        inputs=resolved.inputs,
        compute=compute,
    )
    return build(resolved.context, target, requested=requested)


def simulated_problems(record: SimulatedRecord, i: int) -> SimulatedProblems:
    """The simulated problems of the record's ``i``-th run."""
    return SimulatedProblems(record.annotated[i], record.reward[i], int(record.drawn[i]))


def describe(simulated: SimulatedRecord) -> dict[str, float]:
    """How many problems and refits there are, and the share of splits that had to be redrawn."""
    _, problems, points = simulated.annotated.shape
    return {
        "problems": problems,
        "points": points,
        "refits": int((~(simulated.annotated | simulated.reward)).sum()),
        "redrawn": float(1 - problems * len(simulated.drawn) / simulated.drawn.sum()),
    }
