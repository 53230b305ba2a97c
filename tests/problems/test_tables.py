"""Tables of one's own."""

import logging
import shutil

import numpy as np
import pandas as pd
import pytest

from npal_cli.errors import ArtifactError, DataError, UsageError
from npal_cli.problems.datasets import REGISTRY, load_dataset
from npal_cli.problems.encoding import MANY_CATEGORIES
from npal_cli.problems.sources import Sources
from npal_cli.problems.tables import known, take


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "size": [1.0, 2.0, np.nan, 4.0, 5.0, 6.0],
            "colour": ["red", "blue", None, "red", "blue", "red"],
            "kind": ["b", "a", "a", "c", "b", "c"],
        }
    )


def taken(table: pd.DataFrame, tmp_path, name="mine.csv", target="kind"):
    path = tmp_path / name
    table.to_csv(path, index=False) if path.suffix == ".csv" else table.to_parquet(path)
    return take(path, target, tmp_path / "raw", list(REGISTRY))


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_numbers_are_imputed_and_categories_encoded(table, tmp_path, name):
    assert taken(table, tmp_path, name) == "mine"
    data = load_dataset("mine", Sources(tmp_path / "raw"))
    assert data.classes == ("a", "b", "c")
    assert data.labels.tolist() == [1, 0, 0, 2, 1, 2]
    # size (median 4 where missing), whether it was missing, then missing, blue and red as categories
    assert data.features.tolist() == [
        [1, 0, 0, 0, 1],
        [2, 0, 0, 1, 0],
        [4, 1, 1, 0, 0],
        [4, 0, 0, 0, 1],
        [5, 0, 0, 1, 0],
        [6, 0, 0, 0, 1],
    ]


def test_numeric_labels_are_classes_in_numeric_order(table, tmp_path):
    taken(table.assign(kind=[10, 2, 10, 2, 10, 2]), tmp_path)
    data = load_dataset("mine", Sources(tmp_path / "raw"))
    assert data.classes == ("2", "10")
    assert data.labels.tolist() == [1, 0, 1, 0, 1, 0]


def test_parquet_columns_of_any_type_are_taken(tmp_path):
    table = pd.DataFrame(
        {
            "text": pd.array(["a", None, "b", "a"], dtype="string"),
            "whole": pd.array([1, None, 3, 5], dtype="Int64"),
            "when": pd.to_datetime(["2020-01-01", None, "2020-01-03", "2020-01-02"]),
            "flag": pd.array([True, None, False, True], dtype="boolean"),
            "wait": pd.to_timedelta([1, 2, None, 4], unit="s"),
            "list": [[1], [1, 2], [1], [1, 2]],
            "y": ["p", "q", "p", "q"],
        }
    )
    taken(table, tmp_path, "mine.parquet", target="y")
    features = load_dataset("mine", Sources(tmp_path / "raw")).features
    assert np.isfinite(features).all()
    assert features[:, :3].tolist() == [[1, 0, 0], [3, 86400, 1], [3, 172800, 1], [5, 86400, 3]]
    assert features.shape == (4, 3 + 3 + 3 + 3 + 2)  # then indicators, and one-hot text, flag and list


def test_a_kept_table_that_was_changed_is_refused(table, tmp_path):
    taken(table, tmp_path)
    (tmp_path / "raw" / "mine" / "mine.csv").write_text("size,kind\n1,a\n2,b\n")
    with pytest.raises(DataError, match="changed since it was taken in"):
        load_dataset("mine", Sources(tmp_path / "raw"))


@pytest.mark.parametrize(
    ("change", "target", "error"),
    [
        (lambda t: t, "sort", "no column 'sort'; --target must be one of size, colour, kind"),
        (lambda t: t.assign(kind=[None, *t["kind"][1:]]), "kind", "1 rows have no 'kind'"),
        (lambda t: t.assign(kind="a"), "kind", "1 distinct values"),
        (lambda t: t[["kind"]], "kind", "1 columns"),
        (lambda t: t.iloc[:0], "kind", "0 rows"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_and_not_kept(table, tmp_path, change, target, error):
    with pytest.raises(DataError, match=error):
        taken(change(table), tmp_path, target=target)
    assert known(tmp_path / "raw") == []


def test_the_target_must_be_named(table, tmp_path):
    with pytest.raises(UsageError, match="--target; columns: size, colour, kind"):
        taken(table, tmp_path, target=None)


@pytest.mark.parametrize("name", ["my data.csv", "<script>.csv", "waveform.csv", "ü.csv", "a" * 80 + ".csv"])
def test_a_name_that_cannot_name_a_data_set_is_refused(table, tmp_path, name):
    with pytest.raises(UsageError, match="name"):
        taken(table, tmp_path, name)


def test_a_file_that_is_no_table(tmp_path):
    path = tmp_path / "mine.parquet"
    path.write_text("nothing of the sort")
    with pytest.raises(DataError, match="not a readable table"):
        take(path, "kind", tmp_path / "raw", [])


def test_infinite_values_are_refused_and_not_kept(table, tmp_path):
    with pytest.raises(DataError, match="column 'size': inf in row 6 is not finite; correct it or leave it empty"):
        taken(table.assign(size=[1, 2, 3, 4, 5, np.inf]), tmp_path)
    assert known(tmp_path / "raw") == []


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ([1, 2, 3, 1e160, 5, 6], r"1e\+160 in row 4"),
        ([1, 2, 1e200, 1e160, 5, None], r"1e\+200 in row 3"),
        ([None, 2, 3, 4, -3.4e38, -3.4e38], r"-3.4e\+38 in row 5"),  # how maps mark what was not measured
        (["?", *np.arange(20), 1e160], r"1e\+160 in row 22"),
    ],
)
def test_a_number_beside_which_its_column_vanishes_is_refused_and_not_kept(sizes, found, tmp_path):
    table = pd.DataFrame({"size": sizes, "kind": ["a", "b"] * (len(sizes) // 2)})
    with pytest.raises(DataError, match=rf"column 'size': {found} is so large .*; correct it or leave it empty"):
        taken(table, tmp_path)
    assert known(tmp_path / "raw") == []


@pytest.mark.parametrize("sizes", [[0.3, 0.1 + 0.2, 0.5], [1e-30, 1e-20, 1.0], [1e15, 2e15, 3e18], [0.0, 1e100, 0.0]])
def test_numbers_of_very_different_sizes_are_taken(sizes, tmp_path):
    taken(pd.DataFrame({"size": sizes * 2, "kind": ["a", "b"] * 3}), tmp_path)
    assert load_dataset("mine", Sources(tmp_path / "raw")).features.ravel().tolist() == sizes * 2


def ages(markers: int, numbers: int) -> pd.DataFrame:
    values = [f"{value}.5" for value in range(numbers)] + [f"unknown {i}" for i in range(markers)]
    return pd.DataFrame({"age": values * 2, "kind": ["a", "b"] * len(values)})


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_text_that_is_numbers_but_for_a_few_markers_is_a_number(name, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    taken(ages(markers=1, numbers=9), tmp_path, name)
    features = load_dataset("mine", Sources(tmp_path / "raw")).features
    assert features.shape == (20, 2)
    assert features[[8, 9, 18, 19]].tolist() == [[8.5, 0], [4.5, 1], [8.5, 0], [4.5, 1]]  # 4.5 is the median
    assert "mine: numbers (1): age (2 missing)" in caplog.messages
    assert "mine: 'age' is text that is read as a number; 2 cells ('unknown 0') are taken as missing" in caplog.messages


def test_text_with_fewer_numbers_stays_categories(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    taken(ages(markers=1, numbers=8), tmp_path)
    assert load_dataset("mine", Sources(tmp_path / "raw")).features.shape == (18, 9)
    assert caplog.messages == ["mine: categories (1): age (9 columns)"]


def test_numbers_that_were_declared_categories_stay_such(tmp_path):
    table = ages(markers=0, numbers=5)
    taken(table.assign(age=table["age"].astype("category")), tmp_path, "mine.parquet")
    assert load_dataset("mine", Sources(tmp_path / "raw")).features.shape == (10, 5)


def test_a_marker_far_down_a_long_file_does_not_change_the_numbers_above_it(tmp_path):
    table = pd.DataFrame({"size": [*[str(i % 50) for i in range(200_000)], "?", "?"], "kind": ["a", "b"] * 100_001})
    taken(table, tmp_path)
    assert load_dataset("mine", Sources(tmp_path / "raw")).features.shape == (200_002, 2)


def test_it_is_said_what_every_column_became(table, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    taken(table.assign(id=[4, 2, 7, 1, 3, 9], nothing=None), tmp_path)
    assert caplog.messages == [
        "mine: numbers (2): size (1 missing), id",
        "mine: categories (1): colour (3 columns)",
        "mine: left out, without any value (1): nothing",
        "mine: 'id' differs in every row; leave it out if it only names the rows",
    ]


def test_text_that_becomes_many_columns_is_warned_of(tmp_path, caplog):
    names = [f"name {i}" for i in range(MANY_CATEGORIES)] * 2
    table = pd.DataFrame({"name": names, "kind": ["a", "b"] * MANY_CATEGORIES})
    caplog.set_level("WARNING", logger="npal")  # whatever commands have set before
    taken(table, tmp_path)
    assert caplog.messages == []
    taken(table.assign(name=[*names[:-1], "one more"]), tmp_path)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "mine: 'name' is text and becomes 51 columns" in caplog.text


def test_a_table_whose_features_are_all_empty_is_refused(table, tmp_path):
    with pytest.raises(DataError, match="no column but 'kind' holds any value"):
        taken(table[["kind"]].assign(size=np.nan), tmp_path)


def test_a_table_can_be_taken_in_while_another_process_takes_it_in(table, tmp_path, monkeypatch):
    copyfile = shutil.copyfile

    def copy_while_another_does(source, target):
        monkeypatch.setattr(shutil, "copyfile", copyfile)
        copied = copyfile(source, target)
        taken(table, tmp_path)
        return copied

    monkeypatch.setattr(shutil, "copyfile", copy_while_another_does)
    taken(table, tmp_path)
    assert len(load_dataset("mine", Sources(tmp_path / "raw")).labels) == 6
    assert sorted(path.name for path in (tmp_path / "raw" / "mine").iterdir()) == ["mine.csv", "table.json"]


def test_a_copy_that_fails_leaves_what_was_there(table, tmp_path, monkeypatch):
    def copy_half(_, target):
        target.write_text("size,colour")
        raise OSError(28, "No space left on device")

    taken(table, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", copy_half)
        with pytest.raises(ArtifactError, match=r"cannot keep .*No space left on device"):
            taken(table.assign(size=0), tmp_path)
    assert len(load_dataset("mine", Sources(tmp_path / "raw")).labels) == 6
    assert sorted(path.name for path in (tmp_path / "raw" / "mine").iterdir()) == ["mine.csv", "table.json"]


def test_a_new_file_under_an_old_card_is_mended_by_taking_it_in_again(table, tmp_path):
    taken(table, tmp_path)
    changed = table.iloc[:4].assign(kind=["a", "b", "a", "b"])
    changed.to_csv(tmp_path / "raw" / "mine" / "mine.csv", index=False)  # killed before the card was written
    with pytest.raises(DataError, match="take it in again"):
        load_dataset("mine", Sources(tmp_path / "raw"))
    taken(changed, tmp_path)
    assert len(load_dataset("mine", Sources(tmp_path / "raw")).labels) == 4
