"""``npal train-np``: a neural process for each run, trained on its simulated problems (section 5, B.3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from npal_cli.arrays import run_columns
from npal_cli.errors import MissingArtifactError
from npal_cli.neural_process.network import Network
from npal_cli.neural_process.options import check_context_labels
from npal_cli.oracle import OracleScores
from npal_cli.pipeline.build import Built, Target, build, up_to_date
from npal_cli.pipeline.checkpoints import Compute
from npal_cli.pipeline.resolved import ResolvedExperiment
from npal_cli.randomness import Run
from npal_cli.records import NetworkRecord, OracleRecord, SimulatedRecord
from npal_cli.stages.oracle import oracle
from npal_cli.stages.simulate import simulate, simulated_problems
from npal_cli.strategies.neural_process import NeuralProcess
from npal_cli.strategies.services import Services


def train_np(resolved: ResolvedExperiment, *, requested: bool = False) -> Built[NetworkRecord]:
    """Build the network artifact of an experiment."""
    context, params = resolved.context, resolved.context.params
    context.engine.torch_device()  # refuse a device that is not there before any work is done
    services = Services(resolved.classifier(), params.parameters(NeuralProcess), context.engine)
    strategy = NeuralProcess.make(services)
    check_context_labels(params.train_np, params.prepare.reward)
    simulated, scored = _lessons(resolved)

    def compute(runs: Sequence[Run], _: Path) -> Iterator[NetworkRecord]:
        problems = [resolved.problems[run] for run in runs]
        rows = [resolved.experiment.runs.index(run) for run in runs]
        splits = [simulated_problems(simulated.record, i) for i in rows]
        scores = [OracleScores(scored.record.improvements[i], scored.record.score_before[i]) for i in rows]
        with threadpool_limits(limits=1):  # fits this small are the same so whatever the cores
            before = strategy.before(problems, resolved.step, resolved.plan.batch_size)
            networks = strategy.learner.train(problems, resolved.step, splits, scores, before)
        for run, network in zip(runs, networks, strict=True):
            yield NetworkRecord(
                **run_columns([run]),
                scale=np.array([network.scale]),
                loss=network.loss[None],
                weights={name: value[None] for name, value in network.weights.items()},
            )

    target = _target(resolved, _inputs(resolved, simulated, scored), compute)
    return build(context, target, requested=requested)


def trained_network(resolved: ResolvedExperiment) -> Network | None:
    """The network of the experiment's one run, if ``npal train-np --step`` made it from just this state.

    There is none where the scores that it was trained on are not there any more: nothing is made to find out.
    """
    try:
        lessons = _lessons(replace(resolved, context=replace(resolved.context, build=False)))
    except MissingArtifactError:
        return None
    found = up_to_date(_target(resolved, _inputs(resolved, *lessons), _nothing))
    return network_of(found.record, 0) if found is not None else None


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


def _lessons(resolved: ResolvedExperiment) -> tuple[Built[SimulatedRecord], Built[OracleRecord]]:
    """What networks are trained on: simulated problems, and the oracle's scores of their points."""
    return simulate(resolved), oracle(resolved)


def _inputs(
    resolved: ResolvedExperiment, simulated: Built[SimulatedRecord], scored: Built[OracleRecord]
) -> dict[Run, Mapping[str, str]]:
    """The digests of what each run's network is trained on."""
    return {
        run: {**made_from, "simulated": simulated.input_digest(run), "oracle": scored.input_digest(run)}
        for run, made_from in resolved.inputs.items()
    }


def _nothing(_runs: Sequence[Run], _work: Path) -> Iterator[NetworkRecord]:
    return iter(())


def _target(
    resolved: ResolvedExperiment, inputs: Mapping[Run, Mapping[str, str]], compute: Compute[NetworkRecord]
) -> Target[NetworkRecord]:
    return Target(
        path=resolved.path("np"),
        root=resolved.context.root,
        kind=NetworkRecord,
        command=f"npal train-np {resolved.command_options}",
        parameters={
            "classifier": resolved.experiment.classifier,
            "options": asdict(resolved.classifier_options),
            **NeuralProcess.parameters(resolved.context.params.parameters(NeuralProcess)),
        },
        inputs=inputs,
        compute=compute,
    )
