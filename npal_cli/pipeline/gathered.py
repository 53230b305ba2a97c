"""What commands with ``--part`` made of an artifact, for the one without that gathers it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from npal_cli.arrays import AnyRecord, take_runs
from npal_cli.artifacts import find
from npal_cli.parts import FOLDER
from npal_cli.randomness import Run

if TYPE_CHECKING:
    from npal_cli.pipeline.build import Target


def parts_of(target: "Target[AnyRecord]", missing: Sequence[Run]) -> Iterator[AnyRecord]:
    """Records of some of the missing runs, made with the target's parameters from the target's inputs.

    A run that was made twice, as with parts of another number, is taken once.

    Raises:
        ArtifactError: if a part is damaged.
    """
    left = set(missing)
    place = target.path.relative_to(target.root)
    for root in sorted((target.root / FOLDER).glob("*_of_*")):
        found = find(root / place, target.kind, root)
        if found is None or found[1].parameters != target.stored_parameters:
            continue
        record, provenance = found
        runs = [run for run in record.runs if run in left and provenance.inputs[str(run)] == target.inputs[run]]
        left -= set(runs)
        if runs:
            yield take_runs(record, runs)
