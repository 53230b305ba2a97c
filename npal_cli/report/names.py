"""Names, order, looks and table numbers: what a reader sees, the same everywhere."""

from typing import Literal

from npal_cli.classifiers import CLASSIFIERS, takes_images
from npal_cli.strategies.looks import SPARE, UNKNOWN, Look
from npal_cli.strategies.naming import TRAINS_ON_REWARD, base_of, strategy_names
from npal_cli.strategies.registry import STRATEGIES

SETTING_TITLES = {
    "balanced": "Balanced",
    "imbalanced": "Imbalanced",
    "imbalanced_weighted": "Imbalanced weighted",
    "natural": "Natural",
}
FIRST_SHOWN: Literal["test", "held_out"] = "held_out"
"""The evaluation that the page shows first: no strategy is scored on these points when it chooses."""
SUFFIXES: dict[Literal["test", "held_out"], list[str]] = {"test": [], "held_out": ["held_out"]}
"""How the names of files of either evaluation end."""
EVALUATION_TITLES = {"test": "test set", "held_out": "held-out points"}

PUBLISHED_DATA = {"waveform_uci": "waveform"}
"""Data sets whose results the paper reports under another name."""

ACCURACY_TABLES = {
    ("waveform", "logistic"): 1,
    ("mushrooms", "logistic"): 9,
    ("adult", "logistic"): 10,
    ("waveform", "svm"): 11,
    ("mushrooms", "svm"): 13,
    ("adult", "svm"): 14,
    ("mnist", "svm"): 15,
    ("cifar10", "resnet18"): 4,
    ("svhn", "resnet18"): 5,
    ("fashion_mnist", "resnet18"): 6,
    ("mnist", "resnet18"): 7,
}
RARE_CLASS_TABLES = {("waveform", "logistic"): 8, ("waveform", "svm"): 12}
CURVE_FIGURES = {
    ("waveform", "logistic"): 3,
    ("mushrooms", "logistic"): 10,
    ("adult", "logistic"): 11,
    ("waveform", "svm"): 12,
    ("mushrooms", "svm"): 15,
    ("adult", "svm"): 16,
    ("mnist", "svm"): 17,
    ("cifar10", "resnet18"): 1,  # and 5, the same
    ("svhn", "resnet18"): 6,
    ("fashion_mnist", "resnet18"): 7,
    ("mnist", "resnet18"): 8,
}
RANK_FIGURES = {"logistic": 4, "svm": 13}
LOSS_FIGURES = {("waveform", "logistic"): 9, ("waveform", "svm"): 14}

HAND_MADE = ("uncsamp", "fscore", "kcgrdy", "haluni", "halgau", "cbal")
"""The strategies that the paper's "AL average" and "Best" are taken over: all but Oracle, Random and NP ..."""
HAND_MADE_FOR_IMAGES = (
    *("entropy", "margin", "lstconf", "kcgrdy", "lloss", "vaal", "uncgcn", "coregcn", "haluni", "halgau", "cbal"),
)
"""... in its image study, all but Random (section 3)."""


def hand_made_for(classifier: str) -> tuple[str, ...]:
    """The strategies that the AL average with a classifier is taken over, where they were run."""
    return HAND_MADE_FOR_IMAGES if takes_images(classifier) else HAND_MADE


def classifier_title(name: str) -> str:
    """What a task model is called; its name if it is not known here.

    >>> classifier_title("logistic"), classifier_title("of another package")
    ('logistic regression', 'of another package')
    """
    return CLASSIFIERS[name].label if name in CLASSIFIERS else name


def label_of(name: str) -> str:
    """The paper's name of a strategy, or of the published code's version of it, or of a control.

    >>> label_of("np"), label_of("haluni_reference"), label_of("random_train_on_reward")
    ('NP', 'HALUni (reference)', 'Random (trained on reward set)')
    """
    if name.endswith(TRAINS_ON_REWARD):
        return f"{label_of(name.removesuffix(TRAINS_ON_REWARD))} (trained on reward set)"
    strategy = base_of(name)
    label = STRATEGIES[strategy].label if strategy in STRATEGIES else strategy
    return label if name == strategy else f"{label} (reference)"


def look_of(name: str) -> Look:
    """How a strategy is drawn, in every figure; a variant or a control as its strategy, but hollow.

    Strategies that say nothing of it share the spare looks, in the order in which they are known.

    >>> look_of("haluni_reference") == look_of("haluni"), look_of("of another package").light
    (True, '#666666')
    """
    strategy = STRATEGIES.get(base_of(name))
    if strategy is None:
        return UNKNOWN
    plain = [each for each in STRATEGIES.values() if each.look is None]
    return strategy.look or SPARE[plain.index(strategy) % len(SPARE)]


def is_aside(name: str) -> bool:
    """Whether a strategy is a variant or a control: drawn hollow, and only when asked for.

    >>> is_aside("haluni_reference"), is_aside("reward_oracle"), is_aside("oracle")
    (True, True, False)
    """
    return name != base_of(name) or (name != "oracle" and not is_competitor(name))


def is_competitor(name: str) -> bool:
    """Whether a strategy sees no more than it should: no bound, no control.

    >>> is_competitor("uncsamp"), is_competitor("oracle"), is_competitor("random_train_on_reward")
    (True, False, False)
    """
    sees = STRATEGIES[base_of(name)].sees if base_of(name) in STRATEGIES else "annotated"
    return sees in ("annotated", "reward_set") and not name.endswith(TRAINS_ON_REWARD)


def competes_trained_on_reward(name: str) -> bool:
    """Whether a strategy would be a competitor but for its task model, which is trained on the reward set too.

    >>> competes_trained_on_reward("uncsamp_train_on_reward"), competes_trained_on_reward("uncsamp")
    (True, False)
    """
    return name.endswith(TRAINS_ON_REWARD) and is_competitor(name.removesuffix(TRAINS_ON_REWARD))


def labels_told(name: str, reward: int) -> str:
    """Whose labels a strategy is told, where the reward set has ``reward`` points; nothing of an unknown one.

    >>> labels_told("uncsamp", 100), labels_told("blend", 100), labels_told("blend", 0), labels_told("oracle", 100)
    ('annotated', 'annotated + reward', 'annotated', 'all')
    >>> labels_told("random_train_on_reward", 100)
    'annotated + reward, trained on all'
    """
    strategy = STRATEGIES.get(base_of(name))
    if strategy is None:
        return ""
    if not is_competitor(strategy.name):
        return {"pool_labels": "all but test", "test_set": "all"}[strategy.sees]
    if reward and name.endswith(TRAINS_ON_REWARD):
        return "annotated + reward, trained on all"
    return "annotated + reward" if reward and strategy.sees == "reward_set" else "annotated"


def position_of(name: str) -> tuple[bool, int, str]:
    """Sorts strategies: the paper's order, then controls."""
    run = name.removesuffix(TRAINS_ON_REWARD)
    names = strategy_names()
    known = names.index(run) if run in names else len(names)
    return (not is_competitor(name) and name != "oracle", known, name)


def reported_name(name: str) -> str:
    """The name of a strategy in the paper's tables: what its published code ran, whichever variant ours is."""
    return label_of(name.removesuffix("_reference"))


def numbered(kind: str, number: int | None, *parts: str) -> str:
    """A file name that sorts by the paper's number, where there is one.

    >>> numbered("table", 1, "waveform", "logistic"), numbered("table", None, "mine", "logistic")
    ('table_01_waveform_logistic', 'table_mine_logistic')
    """
    return "_".join([kind, *([f"{number:02d}"] if number is not None else []), *parts])
