"""Where each artifact is under the root."""

from pathlib import Path

from npal_cli.classifiers import takes_images
from npal_cli.pipeline.context import Experiment, StepRef


def prepared_path(root: Path, data: str, setting: str, classifier: str) -> Path:
    """Of ``npal prepare``: a network for images has larger sets, and so an artifact of its own."""
    folder = root / "prepared" / data
    return folder / setting / f"{classifier}.zarr" if takes_images(classifier) else folder / f"{setting}.zarr"


def encoded_path(root: Path, data: str) -> Path:
    """Of ``npal prepare``, for a table with rows to label."""
    return root / "encoded" / f"{data}.zarr"


def journal_path(root: Path, data: str) -> Path:
    """What was asked and answered about a table."""
    return root / "labels" / f"{data}.jsonl"


def next_batch_path(root: Path, data: str) -> Path:
    """The rows of a table that are to be labelled next."""
    return root / "next" / data / "next_batch.csv"


def stage_path(root: Path, stage: str, experiment: Experiment, at: StepRef | None, *, by_classifier: bool) -> Path:
    """Of ``npal simulate``, ``oracle`` or ``train-np``."""
    folder = root / stage / experiment.data
    if at is not None:
        return folder / experiment.setting / experiment.classifier / f"{at.name}.zarr"
    if by_classifier:
        return folder / experiment.setting / f"{experiment.classifier}.zarr"
    return folder / f"{experiment.setting}.zarr"


def acquired_path(root: Path, experiment: Experiment, strategy: str) -> Path:
    """Of ``npal acquire``."""
    return root / "acquired" / experiment.data / experiment.setting / experiment.classifier / f"{strategy}.zarr"


def timing_path(root: Path, path: Path) -> Path:
    """Where it is written what the computation of the artifact ``path`` took."""
    return root / "timings" / path.relative_to(root).with_suffix(".json")


def work_path(root: Path, path: Path) -> Path:
    """The folder for what is kept while the artifact ``path`` is computed."""
    return root / ".work" / "_".join(path.relative_to(root).with_suffix("").parts)
