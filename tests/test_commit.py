"""A folder that is replaced is the old one or the new one, whenever the process is killed and whoever looks."""

import multiprocessing
import os
import shutil
import time
from pathlib import Path

import pytest

from npal_cli.artifacts import find, write
from npal_cli.commit import building_place, commit, settled
from npal_cli.randomness import Run
from tests.test_artifacts import MADE_FROM, Sample, contents, sample

FORK = multiprocessing.get_context("fork")
OPERATIONS = ("rename", "replace", "rmdir", "unlink")
"""What a file system is asked for when a folder is replaced and cleared away."""
OLD, NEW = [(1, s) for s in range(1, 51)], [(2, s) for s in range(1, 4)]


def killed_before(operation, function, *arguments, counts=lambda *paths, **options: True):
    """Whether ``function``, in a process of its own, was killed before its file operation of that number.

    Operations on paths that ``counts`` says no to are not numbered.
    """

    def run():
        count = 0
        for name in OPERATIONS:
            original = getattr(os, name)

            def counted(*args, original=original, **options):
                nonlocal count
                count += counts(*args, **options)
                if count == operation:
                    os._exit(9)
                return original(*args, **options)

            setattr(os, name, counted)
        function(*arguments)
        os._exit(0)

    process = FORK.Process(target=run)
    process.start()
    process.join()
    return process.exitcode == 9


def test_a_write_killed_before_any_file_operation_leaves_the_old_runs_or_the_new(tmp_path):
    path, seen, set_aside = tmp_path / "a b" / "sample.zarr", [], 0
    write(path, sample(*OLD), MADE_FROM, tmp_path)
    old, new = sorted(Run(*run) for run in OLD), sorted(Run(*run) for run in NEW)
    before, operation, killed = contents(path), 0, True
    while killed:
        operation += 1
        killed = killed_before(operation, write, path, sample(*NEW), MADE_FROM, tmp_path)
        if not path.exists():
            set_aside += 1
            with settled(tmp_path):
                assert contents(path) == before
        found = find(path, Sample, tmp_path)[0].runs
        assert found in (old, new)
        seen.append(found == new)
        shutil.rmtree(tmp_path / ".work" / "building")  # so that the next one does one operation more
        if found == new:
            write(path, sample(*OLD), MADE_FROM, tmp_path)
    assert not seen[0]
    assert seen[-1]
    assert set_aside == 1
    assert not list((tmp_path / ".work" / "aside").iterdir())


def read_on(path, root, runs, until, failed):
    while time.time() < until:
        found = find(path, Sample, root)
        if found is None or found[0].runs not in runs:
            failed.set()
        time.sleep(0.01)


def test_readers_beside_a_writer_see_whole_stores(tmp_path):
    path = tmp_path / "sample.zarr"
    write(path, sample((1, 1)), MADE_FROM, tmp_path)
    failed = FORK.Event()
    until = time.time() + 3
    arguments = (path, tmp_path, [[Run(1, 1)], [Run(2, 2)]], until, failed)
    readers = [FORK.Process(target=read_on, args=arguments) for _ in range(2)]
    for reader in readers:
        reader.start()
    count = 0
    while time.time() < until:
        write(path, sample((2, 2) if count % 2 else (1, 1)), MADE_FROM, tmp_path)
        count += 1
    for reader in readers:
        reader.join()
        assert reader.exitcode == 0
    assert not failed.is_set()
    assert count > 4


def test_a_folder_is_replaced_with_all_that_is_in_it(tmp_path):
    target, building = tmp_path / "report", building_place(tmp_path / "report", tmp_path)
    for content in ("one", "two"):
        (building / "inside").mkdir(parents=True)
        (building / "inside" / content).write_text(content)
        commit(target, tmp_path)
        assert [path.name for path in (target / "inside").iterdir()] == [content]
    assert not building.exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that cannot be written to")
def test_a_root_that_cannot_be_written_to_can_be_read(tmp_path):
    path = Path(tmp_path / "sample.zarr")
    write(path, sample((1, 1)), MADE_FROM, tmp_path)
    (tmp_path / ".work" / "locks" / "commit.lock").unlink()
    (tmp_path / ".work" / "locks").chmod(0o500)
    try:
        assert find(path, Sample, tmp_path)[0].runs == [Run(1, 1)]
    finally:
        (tmp_path / ".work" / "locks").chmod(0o700)
