"""What can be refused before anything is made: strategies that a classifier or the data cannot serve."""

from dataclasses import replace

from npal_cli.classifiers import CLASSIFIERS, Classifier
from npal_cli.errors import UsageError
from npal_cli.strategies.naming import Selected
from npal_cli.strategies.parameters import Parameters, Task
from npal_cli.strategies.registry import STRATEGIES


def check_served(selected: Selected, classifier: str | Classifier, n_classes: int = 2) -> None:
    """Refuse a strategy that the classifier or the number of classes cannot serve.

    Raises:
        UsageError: naming the classifiers or strategies that can.
    """
    kind, task_model = selected.kind, CLASSIFIERS[classifier] if isinstance(classifier, str) else classifier
    served = [other for other, each in STRATEGIES.items() if each.needs <= task_model.abilities]
    if not kind.needs <= task_model.abilities:
        able = [other for other, each in CLASSIFIERS.items() if kind.needs <= each.abilities]
        raise UsageError(
            f"strategy {selected.name!r} needs {' and '.join(sorted(kind.needs))}, "
            f"which classifier {task_model.name!r} does not have; "
            f"use --classifier {' or '.join(able)}, or a strategy among {', '.join(served)}"
        )
    if kind.max_classes is not None and n_classes > kind.max_classes:
        raise UsageError(
            f"strategy {selected.name!r} is defined for {kind.max_classes} classes and the data has {n_classes}; "
            f"use one of {', '.join(other for other in served if STRATEGIES[other].max_classes is None)}"
        )


def check_task(selected: Selected, task: Task, given: Parameters) -> None:
    """Refuse a task that a strategy cannot do.

    Raises:
        UsageError: saying why, and what to change.
    """
    kind = selected.kind
    for concerned, does in ((kind.needs_reward, "scores"), (selected.trains_on_reward, "trains")):
        if concerned and task.reward == 0:
            raise UsageError(
                f"strategy {task.name!r} {does} on the reward set, and there is none "
                "(prepare.reward is 0 in params.yaml)"
            )
    if kind.subsamples and task.subsample is not None and task.subsample < task.batch_size:
        raise UsageError(
            f"strategy {task.name!r} chooses from {task.subsample} pool points and {task.batch_size} are to be "
            "acquired at each step; set images.subsample or images.batch_size in params.yaml"
        )
    kind.check(replace(task, reward=0) if selected.trains_on_reward else task, given)
