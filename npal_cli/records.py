"""The artifacts' schema: a record dataclass for each stage's output. Index arrays hold rows of the data set."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from npal_cli.arrays import Record, array, arrays_by_name


@dataclass(frozen=True)
class EncodedRecord(Record):
    """``npal prepare`` of a table with rows to label: its features, which are the same for all runs."""

    FORMAT: ClassVar[str] = "npal.encoded/1"

    features: np.ndarray = array("row", "feature")
    """float64, each with mean 0 and deviation 1, or less for the lesser features of text."""
    widths: np.ndarray = array("column")
    """How many of them each of the table's columns became."""


@dataclass(frozen=True)
class PreparedRecord(Record):
    """``npal prepare``: every row of a data set, and the problem of each run."""

    FORMAT: ClassVar[str] = "npal.prepared/3"

    features: np.ndarray = array("row", "feature")
    """float64, standardised; or images, uint8 (row, channel, height, width), as they are published."""
    labels: np.ndarray = array("row")
    test_part: np.ndarray = array("row")
    """bool: whether the row is of the test part that the data come with."""
    class_weights: np.ndarray = array("class")
    training_weights: np.ndarray = array("class")
    rare_classes: np.ndarray = array("rare_class")
    """The classes that imbalanced settings undersample."""
    annotated: np.ndarray = array("run", "annotated_point")
    pool: np.ndarray = array("run", "pool_point")
    reward: np.ndarray = array("run", "reward_point")
    test: np.ndarray = array("run", "test_point")
    held_out: np.ndarray = array("run", "held_out_point")
    """A second test set, that no strategy is scored on when it chooses."""


@dataclass(frozen=True)
class SimulatedRecord(Record):
    """``npal simulate``: the simulated problems of each run."""

    FORMAT: ClassVar[str] = "npal.simulated/3"

    annotated: np.ndarray = array("run", "problem", "annotated_point")
    """bool: whether the annotated point stays annotated in the simulated problem."""
    reward: np.ndarray = array("run", "problem", "annotated_point")
    """bool: whether it is in the simulated problem's reward set; nowhere if there is a reward set."""
    drawn: np.ndarray = array("run")
    """Splits drawn in all; those beyond the number of problems lacked a class and were redrawn."""


@dataclass(frozen=True)
class OracleRecord(Record):
    """``npal oracle``: the improvements of the simulated pools."""

    FORMAT: ClassVar[str] = "npal.oracle/2"

    improvements: np.ndarray = array("run", "problem", "annotated_point")
    """float64 on the reward set; NaN where the point is not in the simulated pool."""
    score_before: np.ndarray = array("run", "problem")


@dataclass(frozen=True)
class NetworkRecord(Record):
    """``npal train-np``: a trained network for each run."""

    FORMAT: ClassVar[str] = "npal.network/3"

    scale: np.ndarray = array("run")
    """What features are divided by before they enter the network."""
    loss: np.ndarray = array("run", "epoch")
    """Mean negative log likelihood, in nats per target."""
    weights: dict[str, np.ndarray] = arrays_by_name("run")


@dataclass(frozen=True)
class AcquiredRecord(Record):
    """``npal acquire``: what one strategy chose, and how well the classifier then did."""

    FORMAT: ClassVar[str] = "npal.acquired/3"

    chosen: np.ndarray = array("run", "step", "batch")
    """Rows acquired at steps 1..T."""
    chosen_scores: np.ndarray = array("run", "step", "batch")
    """The strategy's score of each chosen row at the beginning of the step."""
    test_score: np.ndarray = array("run", "state")
    """Class-weighted accuracy on the test set at steps 0..T: the paper's acquisition curve."""
    test_precision: np.ndarray = array("run", "state", "class")
    test_recall: np.ndarray = array("run", "state", "class")
    """The per-class accuracy."""
    test_predictions: np.ndarray = array("run", "state", "test_point")
    """int16: the predicted class of each test point."""
    held_out_score: np.ndarray = array("run", "state")
    """The same score on the points that no strategy selects on."""
    held_out_precision: np.ndarray = array("run", "state", "class")
    held_out_recall: np.ndarray = array("run", "state", "class")
    held_out_points: np.ndarray = array("run", "class")
    """How many held-out points there are."""
    loss: np.ndarray = array("run", "step", "epoch")
    """Loss curve of what the strategy trained at each step; no epochs if it trains nothing."""
    checked: np.ndarray = array("run", "step", "checked_point")
    """Pool rows, drawn at random, whose improvement was predicted; none if the strategy predicts none."""
    predicted: np.ndarray = array("run", "step", "checked_point")
    """Their predicted improvement at the beginning of the step."""
    sigma: np.ndarray = array("run", "step", "checked_point")
    """The standard deviation of the prediction."""
    improvement: np.ndarray = array("run", "step", "checked_point")
    """Their true improvement on the reward set, which the prediction is of; no strategy has seen it."""
