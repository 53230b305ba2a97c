"""``npal oracle``: the improvement of every simulated pool point, by refitting (Algorithm 2)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from npal_cli.arrays import run_columns
from npal_cli.classifiers import Classifier
from npal_cli.engine import Engine
from npal_cli.objectives import Objective
from npal_cli.oracle import simulated_improvements
from npal_cli.pipeline.build import Built, Target, build
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.problems.problem import Problem
from npal_cli.problems.simulated import SimulatedProblems
from npal_cli.randomness import Run
from npal_cli.records import OracleRecord
from npal_cli.stages.simulate import simulate, simulated_problems


def oracle(resolved: ResolvedExperiment, *, requested: bool = False) -> Built[OracleRecord]:
    """Build the oracle artifact of an experiment."""
    classifier, simulated = resolved.classifier(), simulate(resolved)
    context, experiment = resolved.context, resolved.experiment
    objective = context.params.train_np.objective or context.params.objective

    def compute(runs: Sequence[Run], _: Path) -> Iterator[OracleRecord]:
        rows = [experiment.runs.index(run) for run in runs]
        work = [
            (resolved.problems[run], simulated_problems(simulated.record, i)) for run, i in zip(runs, rows, strict=True)
        ]
        score = partial(_score, classifier, context.engine, objective)
        if context.engine.cluster is None:
            yield from map(score, work)
            return
        for record in context.engine.map(score, work, label="scoring", unit="run", in_order=False):
            context.engine.tally["refits"] += int(np.isfinite(record.improvements).sum())
            yield record

    target = Target(
        path=resolved.path("oracle"),
        root=context.root,
        kind=OracleRecord,
        command=f"npal oracle {resolved.command_options}",
        parameters={
            "classifier": experiment.classifier,
            "options": asdict(resolved.classifier_options),
            "objective": asdict(objective),
        },
        inputs={
            run: {**made_from, "simulated": simulated.input_digest(run)} for run, made_from in resolved.inputs.items()
        },
        compute=compute,
    )
    return build(context, target, requested=requested)


def _score(
    classifier: Classifier, engine: Engine, objective: Objective, work: tuple[Problem, SimulatedProblems]
) -> OracleRecord:
    """The record of a run: here with all workers, or on a cluster by one."""
    problem, splits = work
    (scores,) = simulated_improvements([problem], [splits], classifier, engine, objective)
    return OracleRecord(
        **run_columns([problem.run]),
        improvements=scores.improvements[None],
        score_before=scores.score_before[None],
    )


def describe(built: Built[OracleRecord]) -> dict[str, float | None]:
    """Refits, their speed if any were made now, and how many improve the score."""
    values = built.record.improvements[np.isfinite(built.record.improvements)]
    return {
        "refits": len(values),
        "refits_per_second": built.work["refits"] / built.seconds if built.seconds else None,
        "negative": float((values < 0).mean()),
        "zero": float((values == 0).mean()),
        "positive": float((values > 0).mean()),
        "largest": float(values.max()),
    }
