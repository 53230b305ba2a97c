"""What a report is made from: the acquired artifacts that can be compared with one another."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from npal_cli.arrays import run_digest, take_runs
from npal_cli.artifacts import Provenance, find
from npal_cli.commit import settled
from npal_cli.errors import ArtifactError, UsageError
from npal_cli.objectives import SETTINGS
from npal_cli.pipeline.build import log
from npal_cli.pipeline.places import prepared_path, timing_path
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord, PreparedRecord
from npal_cli.report.results import ExperimentResults
from npal_cli.strategies.registry import STRATEGIES

Anything = TypeVar("Anything")


@dataclass(frozen=True)
class Selection:
    """What of the acquired is selected; None is everything."""

    data: Collection[str] | None = None
    setting: Collection[str] | None = None
    classifier: Collection[str] | None = None
    data_seed: Collection[int] | None = None
    seed: Collection[int] | None = None

    def takes(self, data: str, setting: str, classifier: str) -> bool:
        """Whether an experiment is selected."""
        pairs = ((self.data, data), (self.setting, setting), (self.classifier, classifier))
        return all(names is None or name in names for names, name in pairs)

    def takes_run(self, run: Run) -> bool:
        """Whether a run is selected."""
        pairs = ((self.data_seed, run.data_seed), (self.seed, run.seed))
        return all(seeds is None or seed in seeds for seeds, seed in pairs)


def collect(root: Path, selection: Selection) -> tuple[list[ExperimentResults], list[ArtifactError]]:
    """The acquired artifacts under ``root``, by experiment; what cannot be compared is left out with a warning.

    So is what is damaged; its errors are returned, too.
    """
    results: list[ExperimentResults] = []
    damaged: list[ArtifactError] = []

    def whole(look: Callable[[], Anything]) -> Anything | None:
        try:
            return look()
        except ArtifactError as error:
            log.warning("left out: %s", error)
            damaged.append(error)
            return None

    problems = cache(partial(_problems, root))
    with settled(root):
        acquired_at = sorted((root / "acquired").glob("*/*/*/*.zarr"))
    for folder, paths in groupby(acquired_at, key=lambda path: path.parent):
        data, setting, classifier = folder.parts[-3:]
        if setting not in SETTINGS or not selection.takes(data, setting, classifier):
            continue
        prepared_from = prepared_path(root, data, setting, classifier)
        made_of = whole(partial(problems, prepared_from))
        if made_of is None:
            log.warning("%s is not there, which %s was made from: left out", prepared_from, folder)
            continue
        prepared, digests = made_of
        found = [each for path in paths if (each := whole(partial(_found, path, root))) is not None]
        of_selected_runs = partial(_of_selected_runs, selection)
        for check in (of_selected_runs, partial(_of_these_problems, digests), _of_equal_options, _of_equal_length):
            found = check(found)
        if found:
            acquired = {each.path.stem: each.record for each in found}
            made_from = {each.path.stem: each.provenance for each in found}
            timings = {each.path.stem: _timing(timing_path(root, each.path)) for each in found}
            results.append(ExperimentResults(data, setting, classifier, prepared, acquired, made_from, timings))
    return results, damaged


class Found(NamedTuple):
    """An acquired artifact, read."""

    path: Path
    record: AcquiredRecord
    provenance: Provenance

    def of(self, runs: Sequence[Run]) -> "Found":
        """The same, of ``runs`` only."""
        if list(runs) == self.record.runs:
            return self
        inputs = {str(run): self.provenance.inputs[str(run)] for run in runs}
        return Found(self.path, take_runs(self.record, runs), Provenance(self.provenance.parameters, inputs))


def _found(path: Path, root: Path) -> Found | None:
    found = find(path, AcquiredRecord, root)
    if found is None:
        return None
    _import(found[1].parameters.get("imported_from"))
    return Found(path, *found)


def _import(path: str | None) -> None:
    """Have the strategy of an import path known by its label, its look and what it sees, where it can be imported."""
    try:
        if path is not None:
            STRATEGIES.find(path)
    except UsageError as error:
        log.warning("%s: shown by its name alone", error)


def _timing(path: Path) -> dict[str, Any]:
    """What was written when an artifact was computed; nothing where it was not computed here."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _problems(root: Path, path: Path) -> tuple[PreparedRecord, dict[str, str]] | None:
    """The prepared problems, and the digest of each run's; None if there are none."""
    found = find(path, PreparedRecord, root)
    if found is None:
        return None
    prepared, provenance = found
    return prepared, {str(run): run_digest(prepared, run, provenance.digests) for run in prepared.runs}


def _of_selected_runs(selection: Selection, found: Sequence[Found]) -> list[Found]:
    kept = []
    for each in found:
        runs = [run for run in each.record.runs if selection.takes_run(run)]
        if runs:
            kept.append(each.of(runs))
    return kept


def _of_these_problems(present: Mapping[str, str], found: Sequence[Found]) -> list[Found]:
    """The runs that started from the prepared problems as they are now."""
    kept = []
    for each in found:
        inputs, every = each.provenance.inputs, each.record.runs
        runs = [run for run in every if inputs[str(run)]["prepared"] == present.get(str(run))]
        if len(runs) < len(every):
            log.warning("%s: %d runs are of other prepared problems: left out", each.path, len(every) - len(runs))
        if runs:
            kept.append(each.of(runs))
    return kept


def _of_equal_options(found: Sequence[Found]) -> list[Found]:
    """Those with the classifier options and batch size that most have."""
    options = [[each.provenance.parameters[key] for key in ("options", "batch_size")] for each in found]
    usual = max(options, key=options.count, default=None)
    for each, made_with in zip(found, options, strict=True):
        if made_with != usual:
            log.warning("%s: other classifier options or batch size than the others: left out", each.path)
    return [each for each, made_with in zip(found, options, strict=True) if made_with == usual]


def _of_equal_length(found: Sequence[Found]) -> list[Found]:
    """Those of the longest acquisition: areas under curves of other lengths cannot be compared with theirs."""
    steps = max((each.record.chosen.shape[1] for each in found), default=0)
    for each in found:
        if each.record.chosen.shape[1] < steps:
            log.warning("%s holds %d of %d steps: left out", each.path, each.record.chosen.shape[1], steps)
    return [each for each in found if each.record.chosen.shape[1] == steps]
