"""``npal oracle``: the improvement of every simulated pool point, by refitting (Algorithm 2)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from npal_cli.arrays import run_columns
from npal_cli.oracle import simulated_improvements
from npal_cli.pipeline.build import Built, Target, build
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.randomness import Run
from npal_cli.records import OracleRecord
from npal_cli.stages.simulate import simulate, simulated_problems


def oracle(resolved: ResolvedExperiment, *, requested: bool = False) -> Built[OracleRecord]:
    """Build the oracle artifact of an experiment."""
    classifier, simulated = resolved.classifier(), simulate(resolved)
    context, experiment = resolved.context, resolved.experiment
    objective = context.params.train_np.objective or context.params.objective

    def compute(runs: Sequence[Run], _: Path) -> Iterator[OracleRecord]:
        for run in runs:
            splits = simulated_problems(simulated.record, experiment.runs.index(run))
            problem = resolved.problems[run]
            scores = simulated_improvements([problem], [splits], classifier, context.engine, objective)[0]
            yield OracleRecord(
                **run_columns([run]),
                improvements=scores.improvements[None],
                score_before=scores.score_before[None],
            )

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
