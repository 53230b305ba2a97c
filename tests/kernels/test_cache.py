"""Compiled kernels are kept where that is possible, and compiled by one command at a time."""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pytest

from npal_cli.classifiers.logistic import Logistic
from npal_cli.classifiers.svm import SVM
from npal_cli.kernels import cache
from npal_cli.kernels.cache import Cache, compile_once, find_cache
from npal_cli.refit import RefitProblem
from npal_cli.refit.backends import numba as compiled
from npal_cli.refit.backends.numba import Compiled

ROOT = Path(cache.__file__).parents[2]
FAMILIES = [(Logistic(), 2), (Logistic(), 3), (SVM(), 2), (SVM(), 4)]
KERNELS = {"two_class": "refit", "multinomial": "refit_multinomial", "one_vs_one": "refit"}


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A folder of kernels, and the environment's two folders for caches."""
    sources = tmp_path / "kernels"
    sources.mkdir()
    (sources / "caller.py").write_text("from callee import f")
    (sources / "callee.py").write_text("f = 1")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "mine"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def store(tmp_path):
    return Cache(tmp_path, kept=True)


def make_unwritable(folder):
    folder.write_text("a file, below which nobody can make a folder, not even root")


def test_the_cache_is_in_the_first_folder_that_can_be_written(folders):
    assert find_cache(folders / "kernels").folder.parent == folders / "mine"
    make_unwritable(folders / "home")
    assert find_cache(folders / "kernels").folder.parent == folders / "mine"


def test_the_cache_is_in_the_users_own_where_the_folder_asked_for_cannot_be_written(folders, monkeypatch):
    make_unwritable(folders / "mine")
    assert find_cache(folders / "kernels").folder.is_relative_to(folders / "home")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    found = find_cache(folders / "kernels")
    assert found.kept
    assert found.folder.is_relative_to(folders / "home")


def test_without_a_folder_to_write_to_the_cache_is_private_to_the_process(folders):
    make_unwritable(folders / "mine")
    make_unwritable(folders / "home")
    one, other = find_cache(folders / "kernels"), find_cache(folders / "kernels")
    assert not one.kept
    assert one.folder.name == other.folder.name
    assert one.folder.parent != other.folder.parent
    assert one.folder.parent.stat().st_mode & 0o077 == 0


def test_kernels_are_imported_without_a_folder_to_write_to_and_leave_nothing(tmp_path):
    make_unwritable(tmp_path / "file")
    (tmp_path / "temporary").mkdir()
    nowhere = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR"), str(tmp_path / "file" / "below"))
    code = """
from npal_cli.kernels import CACHE
from npal_cli.kernels.linalg import vectors
open('at', 'w').write(str(CACHE.folder))
"""
    environment = {**os.environ, **nowhere, "TMPDIR": str(tmp_path / "temporary"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert Path((tmp_path / "at").read_text()).is_relative_to(tmp_path / "temporary")
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("name", ["callee.py", "new.py"])
def test_a_change_of_any_kernel_is_another_cache(folders, name):
    before = find_cache(folders / "kernels").folder
    assert find_cache(folders / "kernels").folder == before
    (folders / "kernels" / name).write_text("f = 2")
    assert find_cache(folders / "kernels").folder != before


def test_another_numba_or_place_is_another_cache(folders, monkeypatch):
    before = find_cache(folders / "kernels").folder
    monkeypatch.setattr(numba, "__version__", "0.0")
    elsewhere = find_cache(folders / "kernels").folder
    (folders / "kernels").rename(folders / "moved")
    assert len({before, elsewhere, find_cache(folders / "moved").folder}) == 3


def test_a_family_is_compiled_once(store, caplog):
    runs = []
    with caplog.at_level("INFO", "npal"):
        for family in ("svm", "svm", "logistic"):
            compile_once(store, family, lambda family=family: runs.append(family), "a while")
    assert runs == ["svm", "logistic"]
    assert caplog.text.count("compiling") == 2


def test_what_was_not_compiled_to_the_end_is_compiled_again(store):
    with pytest.raises(KeyboardInterrupt):
        compile_once(store, "svm", interrupt, "a while")
    runs = []
    compile_once(store, "svm", lambda: runs.append(1), "a while")
    assert runs == [1]


def interrupt():
    raise KeyboardInterrupt


def test_of_two_at_once_the_second_waits_and_compiles_nothing(store, caplog, monkeypatch):
    monkeypatch.setattr(cache, "POLL", 0.01)
    runs, begun, go_on = [], threading.Event(), threading.Event()

    def run():
        runs.append(1)
        begun.set()
        assert go_on.wait(20)

    threads = [threading.Thread(target=compile_once, args=(store, "svm", run, "a while")) for _ in range(2)]
    with caplog.at_level("INFO", "npal"):
        threads[0].start()
        assert begun.wait(20)
        threads[1].start()
        threads[1].join(0.5)
        assert threads[1].is_alive()
        compile_once(store, "logistic", lambda: runs.append(2), "another family waits for none")
        go_on.set()
        for thread in threads:
            thread.join(20)
    assert runs == [1, 2]
    assert caplog.text.count("compiling the refits") == 2
    assert caplog.text.count("waiting") == 1


@pytest.mark.parametrize("error", [PermissionError, NotImplementedError])
def test_compiling_goes_on_without_a_lock(store, error, monkeypatch):
    def refuse(*arguments, **options):
        raise error

    monkeypatch.setattr(cache.FileLock, "acquire", refuse)
    runs = []
    compile_once(store, "svm", lambda: runs.append(1), "a while")
    assert runs == [1]


@pytest.mark.parametrize("damage", [lambda marker: marker.write_bytes(b"\xff"), lambda marker: marker.mkdir()])
def test_a_damaged_marker_does_no_harm(store, damage):
    compile_once(store, "svm", lambda: None, "a while")
    (marker,) = store.folder.glob("*.compiled")
    marker.unlink()
    damage(marker)
    compile_once(store, "svm", lambda: None, "a while")


def test_a_cache_that_is_not_kept_says_so_once_and_what_to_do(tmp_path, caplog):
    cache._say_that_nothing_is_kept.cache_clear()
    for family in ("svm", "logistic"):
        compile_once(Cache(tmp_path, kept=False), family, lambda: None, "a while")
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
    assert "set NUMBA_CACHE_DIR" in caplog.text


def problem_of(classes, *, annotated=None):
    draws = np.random.default_rng(classes)
    labels = np.arange(24) % (annotated or classes)
    x, new, seen = (draws.normal(size=(size, 5)) for size in (24, 7, 30))
    return RefitProblem(x, labels, new, np.arange(7) % classes, seen, np.arange(30) % classes, np.ones(classes))


def unusual(problem):
    """The same problem in arrays of other types and layouts, which cannot be written."""
    changed = {}
    for name, values in vars(problem).items():
        array = np.array(values, np.int8 if values.dtype.kind == "i" else np.float32, order="F")
        array.flags.writeable = False
        changed[name] = array
    return replace(problem, **changed)


REFITS = """
import sys
from npal_cli.refit.backends.numba import Compiled
from tests.refit.test_cache import FAMILIES, problem_of, unusual
for classifier, classes in FAMILIES:
    problem = problem_of(classes)
    backend = Compiled.ready_for([problem], classifier)
    for each in (problem, unusual(problem)) if "refit" in sys.argv else ():
        backend.confusions(each, classifier)
        backend.soft_predictions(each, classifier)
"""


@pytest.mark.exhaustive
def test_of_two_first_commands_one_compiles_and_later_ones_compile_nothing(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    def start(*arguments):
        return subprocess.Popen([sys.executable, "-c", REFITS, *arguments], cwd=ROOT, env=environment)

    assert [command.wait() for command in [start(), start("refit")]] == [0, 0]
    compiled_files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")}
    assert len(compiled_files) > 100
    assert start("refit").wait() == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")} == compiled_files


@pytest.mark.parametrize(("classifier", "classes"), FAMILIES)
def test_what_is_compiled_beforehand_is_all_that_refits_call(classifier, classes, monkeypatch):
    calls = []

    def record(module, *arguments):
        calls.append((module, tuple(map(numba.typeof, arguments))))
        raise np.linalg.LinAlgError

    for module, name in KERNELS.items():
        monkeypatch.setattr(getattr(compiled, module), name, lambda *rest, module=module: record(module, *rest))
    monkeypatch.setattr(compiled, "compile_once", lambda store, family, run, takes: run())
    compiled._compile.cache_clear()
    problem = problem_of(classes)
    Compiled.ready_for([problem], classifier)
    compiled._compile.cache_clear()
    assert len(calls) == 1
    for each in (problem, unusual(problem), problem.of_candidates(slice(0)), problem_of(5, annotated=classes)):
        for soft in (False, True):
            compiled._refit(each, classifier, soft=soft)
    assert len(calls) == 9
    assert len(set(calls)) == 1


def test_each_family_at_hand_is_compiled_and_no_other(monkeypatch):
    families = []
    monkeypatch.setattr(compiled, "_compile", families.append)
    alone = replace(problem_of(2), labels=np.zeros(24, dtype=int))
    Compiled.ready_for([problem_of(2), problem_of(3), problem_of(4), problem_of(3, annotated=2), alone], Logistic())
    assert families == ["logistic", "multinomial"]
    Compiled.ready_for([problem_of(2), problem_of(3)], SVM())
    assert families[2:] == ["svm"]
    Compiled.ready_for([alone], SVM())
    assert families[3:] == []
