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
    # size (median 4 where missing), whether it was missing, then blue, red and missing as categories
    assert data.features.tolist() == [
        [1, 0, 0, 1, 0],
        [2, 0, 1, 0, 0],
        [4, 1, 0, 0, 1],
        [4, 0, 0, 1, 0],
        [5, 0, 1, 0, 0],
        [6, 0, 0, 1, 0],
    ]


def test_numeric_labels_are_classes_too(table, tmp_path):
    taken(table.assign(kind=[0, 1, 0, 1, 0, 1]), tmp_path)
    assert load_dataset("mine", Sources(tmp_path / "raw")).classes == ("0", "1")


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


def test_infinite_values_are_refused(table, tmp_path):
    taken(table.assign(size=[1, 2, 3, 4, 5, np.inf]), tmp_path)
    with pytest.raises(DataError, match="infinite"):
        load_dataset("mine", Sources(tmp_path / "raw"))
