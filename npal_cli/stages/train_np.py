"""``npal train-np``: a neural process for each run, trained on its simulated problems (section 5, B.3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from npal_cli.artifacts import run_columns
from npal_cli.errors import MissingArtifactError
from npal_cli.neural_process.network import Network
from npal_cli.neural_process.options import check_context_labels
from npal_cli.oracle import OracleScores
from npal_cli.randomness import Run
from npal_cli.records import NetworkRecord, OracleRecord, SimulatedRecord
from npal_cli.stages.context import At, Context, Experiment
from npal_cli.stages.make import Compute, Made, Target, make, peek
from npal_cli.stages.oracle import oracle
from npal_cli.stages.simulate import simulate, simulated_problems
from npal_cli.stages.state import Start, stage_path, start_of, step_option
from npal_cli.strategies.neural_process import NeuralProcess
from npal_cli.strategies.services import Services


def train_np(
    context: Context, experiment: Experiment, at: At | None = None, start: Start | None = None, *, asked: bool = False
) -> Made[NetworkRecord]:
    """Make the network artifact of an experiment."""
    context.engine.torch_device()  # refuse a device that is not there before any work is done
    services = Services(
        context.classifier(experiment.classifier), context.settings.parameters(NeuralProcess), context.engine
    )
    strategy = NeuralProcess.make(services)
    learner = strategy.learner
    check_context_labels(context.settings.train_np, context.settings.prepare.reward)
    begin = start or start_of(context, experiment, at)
    simulated, scored = _lessons(context, experiment, at, begin)

    def compute(runs: Sequence[Run], _: Path) -> Iterator[NetworkRecord]:
        problems = [begin.problems[run] for run in runs]
        rows = [experiment.runs.index(run) for run in runs]
        splits = [simulated_problems(simulated.record, i) for i in rows]
        scores = [OracleScores(scored.record.improvements[i], scored.record.score_before[i]) for i in rows]
        with threadpool_limits(limits=1):  # fits this small are the same so whatever the cores
            before = strategy.before(problems, begin.step, context.settings.plan(experiment.classifier).batch_size)
            networks = learner.train(problems, begin.step, splits, scores, before)
        for run, network in zip(runs, networks, strict=True):
            yield NetworkRecord(
                **run_columns([run]),
                scale=np.array([network.scale]),
                loss=network.loss[None],
                weights={name: value[None] for name, value in network.weights.items()},
            )

    return make(context, _target(context, experiment, at, _inputs(begin, simulated, scored), compute), asked=asked)


def trained_network(context: Context, experiment: Experiment, at: At, start: Start) -> Network | None:
    """The network of the experiment's one run, if ``npal train-np --step`` made it from just this state.

    There is none where the scores that it was trained on are not there any more: nothing is made to find out.
    """
    try:
        simulated, scored = _lessons(replace(context, build=False), experiment, at, start)
    except MissingArtifactError:
        return None
    found = peek(_target(context, experiment, at, _inputs(start, simulated, scored), _nothing))
    return network_of(found, 0) if found is not None else None


def network_of(record: NetworkRecord, i: int) -> Network:
    """The network of the record's ``i``-th run."""
    weights = {name: value[i] for name, value in record.weights.items()}
    return Network(weights, float(record.scale[i]), record.loss[i])


def describe(networks: NetworkRecord) -> dict[str, float]:
    """The size of the network and its mean loss at the ends of training."""
    return {
        "parameters": sum(value[0].size for value in networks.weights.values()),
        "first_loss": float(networks.loss[:, 0].mean()),
        "last_loss": float(networks.loss[:, -1].mean()),
    }


def _lessons(
    context: Context, experiment: Experiment, at: At | None, begin: Start
) -> tuple[Made[SimulatedRecord], Made[OracleRecord]]:
    """What networks are trained on: simulated problems, and the oracle's scores of their points."""
    return simulate(context, experiment, at, begin), oracle(context, experiment, at, begin)


def _inputs(begin: Start, simulated: Made[SimulatedRecord], scored: Made[OracleRecord]) -> dict[Run, Mapping[str, str]]:
    """The digests of what each run's network is trained on."""
    return {
        run: {**inputs, "simulated": simulated.input_digest(run), "oracle": scored.input_digest(run)}
        for run, inputs in begin.inputs.items()
    }


def _nothing(_runs: Sequence[Run], _work: Path) -> Iterator[NetworkRecord]:
    return iter(())


def _target(
    context: Context,
    experiment: Experiment,
    at: At | None,
    inputs: Mapping[Run, Mapping[str, str]],
    compute: Compute[NetworkRecord],
) -> Target[NetworkRecord]:
    options = context.settings
    return Target(
        path=stage_path(context, "np", experiment, at, by_classifier=True),
        root=context.root,
        kind=NetworkRecord,
        command=f"npal train-np {experiment.command_options}{step_option(at)}",
        parameters={
            "classifier": experiment.classifier,
            "options": asdict(options.options_of(experiment.classifier)),
            **NeuralProcess.parameters(options.parameters(NeuralProcess)),
        },
        inputs=inputs,
        compute=compute,
    )
