"""Tables of one's own."""

import numpy as np
import pandas as pd
import pytest

from npal_cli.errors import DataError, UsageError
from npal_cli.problems.datasets import REGISTRY, load_dataset
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
    with pytest.raises(DataError, match="infinite"):
        taken(table.assign(size=[1, 2, 3, 4, 5, np.inf]), tmp_path)
    assert known(tmp_path / "raw") == []
