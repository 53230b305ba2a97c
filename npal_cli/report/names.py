"""Names, order, colours and table numbers: what a reader sees, the same everywhere."""

from npal_cli.strategies import STRATEGIES

SETTING_TITLES = {
    "balanced": "Balanced",
    "imbalanced": "Imbalanced",
    "imbalanced_weighted": "Imbalanced weighted",
}
CLASSIFIER_TITLES = {"logistic": "logistic regression", "svm": "SVM"}

PUBLISHED_DATA = {"waveform_uci": "waveform"}
"""Data sets whose results the paper reports under another name."""

ACCURACY_TABLES = {
    ("waveform", "logistic"): 1,
    ("mushrooms", "logistic"): 9,
    ("adult", "logistic"): 10,
    ("waveform", "svm"): 11,
    ("mushrooms", "svm"): 13,
    ("adult", "svm"): 14,
}
RARE_CLASS_TABLES = {("waveform", "logistic"): 8, ("waveform", "svm"): 12}
CURVE_FIGURES = {
    ("waveform", "logistic"): 3,
    ("mushrooms", "logistic"): 10,
    ("adult", "logistic"): 11,
    ("waveform", "svm"): 12,
    ("mushrooms", "svm"): 15,
    ("adult", "svm"): 16,
}
RANK_FIGURES = {"logistic": 4, "svm": 13}
LOSS_FIGURES = {("waveform", "logistic"): 9, ("waveform", "svm"): 14}

HAND_MADE = ("uncsamp", "fscore", "kcgrdy", "haluni", "halgau", "cbal")
"""The strategies that the paper's "AL average" and "Best" are taken over: all but Oracle, Random and NP."""

# Okabe and Ito's colours for the strategies that appear together in figures, darker tints for the others.
COLOURS = {
    "oracle": "#000000",
    "np": "#D55E00",
    "random": "#999999",
    "uncsamp": "#0072B2",
    "entropy": "#004B75",
    "margin": "#3F93C2",
    "lstconf": "#86BEDD",
    "fscore": "#56B4E9",
    "kcgrdy": "#009E73",
    "haluni": "#CC79A7",
    "halgau": "#8C4A70",
    "cbal": "#E69F00",
    "best": "#0072B2",
}


def label_of(name: str) -> str:
    """The paper's name of a strategy, or of the published code's version of it.

    >>> label_of("np"), label_of("haluni_reference")
    ('NP', 'HALUni (reference)')
    """
    strategy = name.removesuffix("_reference")
    label = STRATEGIES[strategy].label if strategy in STRATEGIES else strategy
    return label if name == strategy else f"{label} (reference)"


def colour_of(name: str) -> str:
    """The colour of a strategy, in every figure."""
    return COLOURS.get(name.removesuffix("_reference"), "#666666")


def reported_name(name: str) -> str:
    """The name of a strategy in the paper's tables: what its published code ran, whichever variant ours is."""
    return label_of(name.removesuffix("_reference"))


def numbered(kind: str, number: int | None, *parts: str) -> str:
    """A file name that sorts by the paper's number, where there is one.

    >>> numbered("table", 1, "waveform", "logistic"), numbered("table", None, "mine", "logistic")
    ('table_01_waveform_logistic', 'table_mine_logistic')
    """
    return "_".join([kind, *([f"{number:02d}"] if number is not None else []), *parts])
