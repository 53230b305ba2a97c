"""``npal simulate``: simulated problems within the annotated set of each run (Algorithm 1)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from npal_cli.artifacts import run_columns
from npal_cli.problems.simulated import SimulatedProblems, simulation_stream
from npal_cli.problems.simulated import simulate as simulate_problems
from npal_cli.randomness import Run
from npal_cli.records import SimulatedRecord
from npal_cli.stages.context import At, Context, Experiment
from npal_cli.stages.make import Made, Target, make
from npal_cli.stages.state import Start, stage_path, start_of, step_option


def simulate(
    context: Context, experiment: Experiment, at: At | None = None, start: Start | None = None, *, asked: bool = False
) -> Made[SimulatedRecord]:
    """Make the simulated artifact of an experiment."""
    context.classifier(experiment.classifier)  # refuse one that cannot be refitted with every candidate
    begin = start or start_of(context, experiment, at)
    options = context.settings.simulate

    def compute(runs: Sequence[Run], _: Path) -> Iterator[SimulatedRecord]:
        for run in runs:
            problem = begin.problems[run]
            draws = simulation_stream(run, begin.step)
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
        path=stage_path(context, "simulated", experiment, at, by_classifier=False),
        root=context.root,
        kind=SimulatedRecord,
        command=f"npal simulate {experiment.command_options}{step_option(at)}",
        parameters={"step": begin.step, "simulate": asdict(options)},
        inputs=begin.inputs,
        compute=compute,
    )
    return make(context, target, asked=asked)


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
