"""Whatever happens to a command, the journal is what it was or what it was to be."""

import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from npal_cli.errors import ArtifactError
from npal_cli.labelling import journal
from npal_cli.labelling.journal import Answered, Undone
from tests.labelling.conftest import journal as content

KILLED = """
import builtins, os, pathlib, signal, sys
from npal_cli.cli import app

def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

where = sys.argv.pop(1)
if where == "half a line":
    def half(handle, at=os.fsync):
        os.ftruncate(handle, os.fstat(handle).st_size - 7)  # what a disk may hold when the power is cut
        killed()
    os.fsync = half
elif where == "fsync":
    os.fsync = killed
else:
    pathlib.Path.replace = killed
app()
"""


def label_and_die(where: str, *arguments: str) -> int:
    command = [sys.executable, "-c", KILLED, where, "label", "--data", "leads", *arguments]
    return subprocess.run(command, capture_output=True, check=False).returncode


@pytest.fixture
def answers(begun) -> str:
    """Two annotators' answers in one file."""
    begun("label", "--data", "leads", "C030=yes")
    Path("answers.csv").write_text("id,label,annotator\nC040,yes,ann\nC041,no,ann\nC040,no,bob\nC041,no,bob\n")
    return "answers.csv"


@pytest.mark.parametrize("where", ["half a line", "fsync", "rename"])
def test_a_command_that_is_killed_takes_all_answers_or_none(begun, answers, where):
    before = journal.read(Path("data/labels/leads.jsonl"))
    assert label_and_die(where, answers) == -9
    found = journal.read(Path("data/labels/leads.jsonl"))
    assert len(found) in (len(before), len(before) + 2)
    begun("label", "--data", "leads", answers, *([] if len(found) == len(before) else ["--change"]))
    assert [event.by for event in journal.read(Path("data/labels/leads.jsonl"))[1:3]] == ["ann", "bob"]


@pytest.mark.parametrize("where", ["half a line", "fsync"])
def test_a_single_answer_is_there_or_not(begun, answers, where):
    before = journal.read(Path("data/labels/leads.jsonl"))
    assert label_and_die(where, "C050=yes") == -9
    assert len(journal.read(Path("data/labels/leads.jsonl"))) - len(before) == (0 if where == "half a line" else 1)
    begun("label", "--data", "leads", "C051=yes")
    assert len(content().splitlines()) == len(journal.read(Path("data/labels/leads.jsonl")))


@pytest.mark.parametrize("arguments", [["C050=yes"], ["answers.csv"]])
def test_a_full_disk_is_one_line_and_loses_nothing(begun, answers, arguments):
    before = content()
    command = [sys.executable, "-m", "npal_cli", "label", "--data", "leads", *arguments]
    room = len(before) + 20

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=full, check=False)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "leads.jsonl" in done.stderr
    assert content() == before
    begun("label", "--data", "leads", *arguments)


def test_events_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "a.jsonl"
    events = [Answered({"1": "yes"}, [], [], "ann"), Answered({"2": "nö"}, ["3"], ["4"], "bob", 1), Undone()]
    with journal.writing(path) as append:
        append(events[0])
        append(*events[1:])
    assert journal.read(path) == events


def test_a_bit_that_flips_in_a_line_is_found_or_without_effect(tmp_path):
    path = tmp_path / "a.jsonl"
    with journal.writing(path) as append:
        append(Answered({"1": "yes"}, [], ["4"], "ann", at="2026-01-01T00:00:00+00:00"))
    before, whole = journal.read(path), path.read_bytes()
    for place in range(len(whole) - 1):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            read = None
            with suppress(ArtifactError):
                read = journal.read(path)
            assert not read or read == before


def test_a_line_of_an_earlier_version_is_read(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"labels": {"1": "yes"}, "at": "2026-01-01", "event": "answered"}\n')
    assert journal.read(path) == [Answered({"1": "yes"}, at="2026-01-01")]
