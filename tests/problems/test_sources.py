"""Source files are the published ones, or refused."""

import logging
import shutil

import pytest

from npal_cli.errors import DataError
from npal_cli.problems.sets.uci import ADULT
from npal_cli.problems.sources import Sources

(A1A,) = ADULT.files


def test_a_copy_is_found_and_kept(sources):
    path = sources.path(A1A)
    assert path.parent == sources.folder
    assert Sources(sources.folder).path(A1A) == path  # now without the copies, and without the network


def test_a_damaged_raw_file_is_replaced(sources):
    sources.path(A1A).write_text("damaged")
    assert sources.path(A1A).stat().st_size > 100_000


def test_a_copy_of_another_file_is_not_used(tmp_path, caplog, monkeypatch):
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "a1a").write_text("something else")
    sources = Sources(tmp_path / "raw", tmp_path / "copies", progress=False)
    monkeypatch.setattr(Sources, "_download", lambda _self, file: pytest.fail(f"would download {file.name}"))
    with caplog.at_level(logging.WARNING), pytest.raises(pytest.fail.Exception, match="would download a1a"):
        sources.path(A1A)
    assert "its digest differs" in caplog.text


def test_a_given_file_must_match_its_hash(tmp_path, caplog):
    wrong = tmp_path / "wrong"
    wrong.write_text("+1 1:1\n")
    sources = Sources(tmp_path / "raw")
    with pytest.raises(DataError, match=r"SHA-256 [0-9a-f]{16}\.\.\., expected eb54c45f.*--allow-unverified"):
        sources.give(A1A, wrong)
    assert not sources.folder.exists()
    sources.give(A1A, wrong, verify=False)
    assert sources.path(A1A).read_text() == "+1 1:1\n"
    assert "UNVERIFIED" in caplog.text
    sources.path(A1A).unlink()
    with pytest.raises(DataError, match="the unverified file that was given is gone"):
        sources.path(A1A)


def test_giving_the_true_file_ends_being_unverified(tmp_path, real_data):
    sources = Sources(tmp_path / "raw")
    pinned = sources.digest(A1A)
    wrong = tmp_path / "wrong"
    wrong.write_text("+1 1:1\n")
    sources.give(A1A, wrong, verify=False)
    assert sources.digest(A1A) != pinned
    sources.give(A1A, real_data / "uci" / "a1a")
    assert sources.digest(A1A) == pinned


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        Sources(tmp_path).give(A1A, tmp_path / "nowhere")


def test_a_folder_of_copies_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"NPAL_SOURCES=.*no such folder"):
        Sources(tmp_path, tmp_path / "nowhere").path(A1A)


def test_without_network_or_copy_the_error_says_what_to_do(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr("pooch.HTTPDownloader.__call__", refuse)
    with pytest.raises(DataError, match=r"cannot download a1a from https://.*--source FILE") as error:
        Sources(tmp_path, progress=False).path(A1A)
    assert "\n" not in str(error.value)


def test_another_process_may_take_in_the_same_file_at_the_same_time(sources, monkeypatch):
    copy = shutil.copyfile

    def interrupted(source, target):
        monkeypatch.setattr(shutil, "copyfile", copy)
        copy(source, target)
        Sources(sources.folder, sources.copies).path(A1A)  # the other one, from beginning to end
        return target

    monkeypatch.setattr(shutil, "copyfile", interrupted)
    assert sources.path(A1A).stat().st_size > 100_000
    assert [path.name for path in sources.folder.iterdir()] == ["a1a"]
