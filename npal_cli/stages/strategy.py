"""The strategy that a name asks for, made with what it needs."""

from dataclasses import asdict, replace
from typing import Any

from npal_cli.classifiers import CLASSIFIERS
from npal_cli.neural_process.training import Network
from npal_cli.randomness import Run
from npal_cli.stages.context import At, Context, Experiment
from npal_cli.stages.progress import Progress
from npal_cli.stages.state import Start, after
from npal_cli.stages.train_np import expectations, network_of, taught_parameters, train_np, trained_network
from npal_cli.strategies import Strategy, parse_strategy, simple_strategy
from npal_cli.strategies.committee import QueryByCommittee
from npal_cli.strategies.gcn import GraphStrategy
from npal_cli.strategies.lal import LAL
from npal_cli.strategies.learner import Learner
from npal_cli.strategies.lloss import LearningLoss
from npal_cli.strategies.neural_process import Networks, NeuralProcess, NeuralProcessPlus
from npal_cli.strategies.oracle import MyopicOracle
from npal_cli.strategies.taught import TaughtStrategy
from npal_cli.strategies.vaal import VAAL


def parameters_of(context: Context, experiment: Experiment, name: str) -> dict[str, Any]:
    """All parameters, but the number of steps, that what a strategy acquires depends on."""
    settings, plan, kind = context.settings, context.settings.plan(experiment.classifier), parse_strategy(name).strategy
    parameters: dict[str, Any] = {
        "strategy": name,
        "classifier": experiment.classifier,
        "options": asdict(settings.classifiers.of(experiment.classifier)),
        "batch_size": plan.batch_size,
    }
    if kind is NeuralProcess:
        parameters |= {"simulate": asdict(settings.simulate), "train_np": asdict(settings.train_np)}
        parameters |= taught_parameters(settings, settings.train_np)
    if kind is NeuralProcessPlus:
        parameters |= {"np_plus": asdict(settings.np_plus)} | taught_parameters(settings, settings.np_plus.train)
    if kind is LAL:
        simulating = {key: value for key, value in asdict(settings.simulate).items() if key != "problems"}
        parameters |= {"simulate": simulating, "lal": asdict(settings.lal)}
    if "refits" in kind.needs and kind is not QueryByCommittee:
        parameters["objective"] = asdict(settings.objective)
    if issubclass(kind, TaughtStrategy):
        parameters |= {"taught": asdict(settings.taught), "teacher": asdict(settings.teacher)}
    if kind.subsamples and plan.subsample is not None:
        parameters["subsample"] = plan.subsample
    if kind is LearningLoss:
        parameters["lloss"] = asdict(settings.lloss)
    if kind is VAAL:
        parameters["vaal"] = asdict(settings.vaal)
    if issubclass(kind, GraphStrategy):
        parameters["gcn"] = asdict(settings.gcn)
    return parameters


def make_strategy(context: Context, experiment: Experiment, start: Start, name: str, progress: Progress) -> Strategy:
    """The strategy ``name`` for the runs of ``progress``."""
    settings, kind = context.settings, parse_strategy(name).strategy
    if "refits" in kind.needs:
        return _refitting(context, experiment, start, name, progress)
    if kind is LearningLoss:
        return LearningLoss(settings.lloss)
    if kind is VAAL:
        return VAAL(settings.vaal, context.engine.torch_device())
    if issubclass(kind, GraphStrategy):
        return kind(settings.gcn, context.engine.torch_device())
    return simple_strategy(name)


def _refitting(context: Context, experiment: Experiment, start: Start, name: str, progress: Progress) -> Strategy:
    """A strategy that refits the task model."""
    kind, _, trains_on_reward = parse_strategy(name)
    settings, expect = context.settings, expectations(context, experiment)
    if issubclass(kind, MyopicOracle):
        return kind(expect.classifier, context.engine, settings.objective)
    if issubclass(kind, TaughtStrategy):
        return kind(expect)
    if kind is LAL:
        return LAL(expect.classifier, settings.simulate, settings.lal, settings.objective, context.engine)
    if kind is QueryByCommittee:
        return QueryByCommittee(expect.classifier)
    if kind is NeuralProcessPlus:
        plus = settings.np_plus
        expect = replace(expect, teacher=replace(settings.teacher, trees=plus.trees))
        return NeuralProcessPlus(Learner(plus.train, expect), plus.simulate)
    # no stage trains networks for problems whose reward set is spent
    networks = _networks(context, experiment, start, progress) if not trains_on_reward else _none
    return NeuralProcess(Learner(settings.train_np, expect), settings.simulate, networks)


def _none(_run: Run, _step: int) -> None:
    """No network was trained before."""


def in_lock_step(experiment: Experiment) -> bool:
    """Whether all runs go a step at a time, so that their refits are made together; else each goes its way."""
    return "refits" in CLASSIFIERS[experiment.classifier].abilities


def _networks(context: Context, experiment: Experiment, start: Start, progress: Progress) -> Networks:
    """The networks made by ``npal train-np``: for step 1 always, for later steps where they were made by hand."""
    first = train_np(context, experiment, None, start).record

    def lookup(run: Run, step: int) -> Network | None:
        if step == 1:
            return network_of(first, experiment.runs.index(run))
        now = after(start, {run: progress.chosen(run)[: step - 1]})
        return trained_network(context, replace(experiment, runs=(run,)), At(step, NeuralProcess.name), now)

    return lookup
