"""``npal oracle``: the improvement of every simulated pool point, by refitting (Algorithm 2)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from npal_cli.artifacts import run_columns
from npal_cli.oracle import simulated_improvements
from npal_cli.randomness import Run
from npal_cli.records import OracleRecord
from npal_cli.stages.context import At, Context, Experiment
from npal_cli.stages.make import Made, Target, make
from npal_cli.stages.simulate import simulate, simulated_problems
from npal_cli.stages.state import Start, stage_path, start_of, step_option


def oracle(
    context: Context, experiment: Experiment, at: At | None = None, start: Start | None = None, *, asked: bool = False
) -> Made[OracleRecord]:
    """Make the oracle artifact of an experiment."""
    classifier = context.classifier(experiment.classifier)
    begin = start or start_of(context, experiment, at)
    simulated = simulate(context, experiment, at, begin)
    objective = context.settings.train_np.objective or context.settings.objective

    def compute(runs: Sequence[Run], _: Path) -> Iterator[OracleRecord]:
        for run in runs:
            splits = simulated_problems(simulated.record, experiment.runs.index(run))
            scores = simulated_improvements([begin.problems[run]], [splits], classifier, context.engine, objective)[0]
            yield OracleRecord(
                **run_columns([run]),
                improvements=scores.improvements[None],
                score_before=scores.score_before[None],
            )

    target = Target(
        path=stage_path(context, "oracle", experiment, at, by_classifier=True),
        root=context.root,
        kind=OracleRecord,
        command=f"npal oracle {experiment.command_options}{step_option(at)}",
        parameters={
            "classifier": experiment.classifier,
            "options": asdict(context.settings.options_of(experiment.classifier)),
            "objective": asdict(objective),
        },
        inputs={run: {**begin.inputs[run], "simulated": simulated.input_digest(run)} for run in experiment.runs},
        compute=compute,
    )
    return make(context, target, asked=asked)


def describe(made: Made[OracleRecord]) -> dict[str, float | None]:
    """Refits, their speed if any were made now, and how many improve the score."""
    values = made.record.improvements[np.isfinite(made.record.improvements)]
    return {
        "refits": len(values),
        "refits_per_second": made.work["refits"] / made.seconds if made.seconds else None,
        "negative": float((values < 0).mean()),
        "zero": float((values == 0).mean()),
        "positive": float((values > 0).mean()),
        "largest": float(values.max()),
    }
