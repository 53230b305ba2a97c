"""What was asked and answered about a table, in order: a line of JSON for each event, never changed once written.

A line that a kill cut short is not an event: it is ignored by readers, and cut off by whoever writes next.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from filelock import FileLock
from pydantic import Field, TypeAdapter, ValidationError

from npal_cli.commit import replacing
from npal_cli.errors import ArtifactError, DataError, write_errors
from npal_cli.labelling.goal import Goal
from npal_cli.pipeline.places import journal_path
from npal_cli.tables.kept import KeptTable

SEAL = b', "digest": '
"""At the end of a line: the digest of what is before it."""


def now() -> str:
    """The time, to the second, with its zone."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Asked:
    """A batch of rows was asked for."""

    strategy: str
    """What was asked for ..."""
    chosen_by: str
    """... and what chose: another where too few labels are known."""
    rows: Sequence[str]
    """The names of the rows that the strategy chose, best first."""
    audit: Sequence[str]
    """The names of those that were drawn at random, to measure on."""
    goal: Goal
    at: str = field(default_factory=now)
    event: Literal["asked"] = "asked"


@dataclass(frozen=True)
class Answered:
    """Labels came back."""

    labels: Mapping[str, str]
    """The class of each row, by the row's name."""
    skipped: Sequence[str] = ()
    """Rows that are not to be asked again."""
    unsure: Sequence[str] = ()
    """Rows that nobody could tell the class of."""
    by: str = ""
    """Who said so; empty if there is one only."""
    group: int = 0
    """The same for all that was given at once, which is taken back at once."""
    at: str = field(default_factory=now)
    event: Literal["answered"] = "answered"


@dataclass(frozen=True)
class Undone:
    """The last answers were taken back."""

    at: str = field(default_factory=now)
    event: Literal["undone"] = "undone"


Event = Annotated[Asked | Answered | Undone, Field(discriminator="event")]
_EVENT: TypeAdapter[Asked | Answered | Undone] = TypeAdapter(Event)


def read(path: Path) -> list[Asked | Answered | Undone]:
    """All events; none if there is no journal yet.

    Raises:
        ArtifactError: if a line is not one that npal wrote.
    """
    if not path.exists():
        return []
    events = []
    for number, line in enumerate(_whole_lines(path), start=1):
        try:
            events.append(_event(line))
        except (ValidationError, ValueError) as error:
            reason = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else error
            raise ArtifactError(f"{path}: line {number} is none of npal's ({reason}); put a copy of it back") from error
    return events


def _event(line: bytes) -> Asked | Answered | Undone:
    """The event of a line; those that earlier versions wrote have no digest."""
    start, seal, digest = line.rstrip(b"}\n").rpartition(SEAL)
    if seal:
        line = start + b"}"
        if digest != _digest(line):
            raise ValueError("it does not match its digest: a damaged copy?")
    return _EVENT.validate_json(line)


def _digest(line: bytes) -> bytes:
    return b'"' + hashlib.sha256(line).hexdigest()[:16].encode() + b'"'


def _line(event: Asked | Answered | Undone) -> bytes:
    line = json.dumps(asdict(event), ensure_ascii=False).encode()
    return line[:-1] + SEAL + _digest(line) + b"}\n"


@contextmanager
def writing(path: Path) -> Iterator[Callable[..., None]]:
    """Within, nobody else writes to the journal; gives the function that appends events to it, on disk, all or none.

    Raises:
        ArtifactError: if it cannot be written; what it held is then still there.
    """
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_suffix(".lock"))
        lock.acquire()
    try:
        yield lambda *events: _append(path, events)
    finally:
        lock.release()


def check_rows(root: Path, table: KeptTable, before: KeptTable | None) -> None:
    """Refuse a table under whose name labels were given that would be lost, or become those of other rows or columns.

    ``before`` is the table that was kept under its name.

    Raises:
        DataError: naming the label column, or such a row.
    """
    events = read(journal_path(root, table.name))
    if before is None or not events:
        return
    if table.target != before.target:
        raise DataError(
            f"{table.name}: labels of {before.target!r} were given, and not of {table.target!r}; "
            "give the table another name with --name"
        )
    named = {name for event in events if isinstance(event, Asked) for name in (*event.rows, *event.audit)}
    answered = [event for event in events if isinstance(event, Answered)]
    named |= {name for event in answered for name in (*event.labels, *event.skipped, *event.unsure)}
    lost = sorted(named - set(table.ids)) or ([] if table.id is not None else _others(named, table, before))
    if lost:
        raise DataError(
            f"{table.name}: row {lost[0]!r} was asked for or labelled, and is not in this table ({len(lost)} such); "
            "give the table another name with --name, or name the rows by --id"
        )


def _others(named: set[str], table: KeptTable, before: KeptTable) -> list[str]:
    """Those rows, named by their numbers, that are not what they were."""
    rows = sorted(int(name) - 1 for name in named)
    columns = [each.name for each in before.columns if each.name in table.rows]
    one, other = (each.rows[columns].iloc[rows].astype(str).to_numpy() for each in (before, table))
    return [str(rows[i] + 1) for i in range(len(rows)) if (one[i] != other[i]).any()]


def _append(path: Path, events: Sequence[Asked | Answered | Undone]) -> None:
    """One event is there when its line is whole; several are in a copy that takes the journal's place."""
    lines = b"".join(map(_line, events))
    if len(events) > 1:
        before = b"".join(_whole_lines(path)) if path.exists() else b""
        with replacing(path) as partial, partial.open("wb") as file:
            file.write(before + lines)
            file.flush()
            os.fsync(file.fileno())
        return
    with write_errors(path), path.open("ab", buffering=0) as file:  # so that truncating has nothing to flush first
        whole = sum(len(each) for each in _whole_lines(path))
        file.truncate(whole)
        try:
            while lines:
                lines = lines[file.write(lines) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(whole)
            raise


def _whole_lines(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
