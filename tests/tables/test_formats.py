"""Files of every format, however they are written."""

import gzip
from itertools import product

import numpy as np
import pandas as pd
import pytest
import zarr

from npal_cli.errors import DataError
from npal_cli.tables.formats import READERS, Reading, read

TABLE = pd.DataFrame({"size": [1.5, 2.25, 3.0], "town": ["Zürich, CH", "São Paulo; BR", "NA"], "kind": ["a", "b", "a"]})


def written(text: str, tmp_path, name="mine.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(("separator", "decimal"), [*product(";\t|", ".,"), (",", ".")])
def test_how_a_text_is_written_is_found_out(separator, decimal, encoding, tmp_path):
    many = pd.concat([TABLE] * 20)
    path = written(many.to_csv(sep=separator, decimal=decimal, index=False), tmp_path, encoding=encoding)
    pd.testing.assert_frame_equal(read(path), many.reset_index(drop=True), check_dtype=False)


def test_how_a_text_is_written_can_be_said(tmp_path):
    path = written("size:town:kind\n1'5:x:a\n2'5:y:b\n", tmp_path)
    assert read(path, Reading(":", "'", "utf-8"))["size"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("name", ["t.csv.gz", "t.tsv", "t.parquet", "t.xlsx", "t.jsonl", "t.ndjson.gz"])
def test_every_format_holds_the_same_table(name, tmp_path):
    path = tmp_path / name
    if ".csv" in name:
        TABLE.to_csv(path, index=False)
    elif ".tsv" in name:
        TABLE.to_csv(path, index=False, sep="\t")
    elif ".parquet" in name:
        TABLE.to_parquet(path)
    elif ".xlsx" in name:
        pytest.importorskip("openpyxl")
        TABLE.to_excel(path, index=False)
    else:
        text = TABLE.to_json(orient="records", lines=True, force_ascii=False).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    pd.testing.assert_frame_equal(read(path), TABLE, check_dtype=False)


@pytest.mark.parametrize("name", ["t.npz", "t.npy", "t.zarr"])
def test_arrays_become_numbered_columns(name, tmp_path):
    images, labels = np.arange(24.0).reshape(3, 2, 4), np.array([0.0, np.nan, 1.0])
    reading, path = Reading(), tmp_path / name
    if name == "t.npz":
        np.savez(path, X=images, y=labels)
    elif name == "t.npy":
        np.save(path, images)
        np.save(tmp_path / "labels.npy", labels)
        reading = Reading(labels=tmp_path / "labels.npy")
    else:
        group = zarr.open_group(path, mode="w")
        group.create_array("X", data=images)
        group.create_array("y", data=labels)
    table = read(path, reading)
    assert list(table.columns[:8]) == [f"x{i}" for i in range(8)]
    assert table.iloc[:, :8].to_numpy().tolist() == images.reshape(3, 8).tolist()
    np.testing.assert_array_equal(table.iloc[:, 8], labels)


def test_an_empty_cell_alone_is_missing(tmp_path):
    path = written("a,b\nNA,1\n,2\nnull,3\nNaN,4\n", tmp_path)
    assert read(path)["a"].isna().tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "t.csv", "not a readable table"),
        ("a,b\n", "t.csv", "0 rows, 2 columns"),
        ("a\n1\n2\n", "t.csv", "1 columns; expected rows and features; is it separated otherwise"),
        ("a,a\n1,2\n", "t.csv", "two columns are called 'a'"),
        ("a,b\n1,2,3\n4,5,6\n", "t.csv", "not a readable table .Length of header"),
        ("a,b\n1,2\n1,2,3,4\n", "t.csv", "not a readable table"),
        ("nothing", "t.parquet", "not a readable table"),
        ("nothing", "t.xlsx", "not a readable table"),
        ("{nothing", "t.jsonl", "not a readable table"),
        ("nothing", "t.npz", "not a readable table"),
        ("a,b\n1,2\n", "t.doc", "expected one of .csv"),
    ],
)
def test_what_is_no_table_is_refused(text, name, said, tmp_path):
    with pytest.raises(DataError, match=said):
        read(written(text, tmp_path, name))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    for suffix in READERS:
        with pytest.raises(DataError, match="no such file"):
            read(tmp_path / f"nowhere{suffix}")


def test_an_array_without_rows_and_features_is_refused(tmp_path):
    np.savez(tmp_path / "t.npz", Z=np.zeros((3, 2)))
    with pytest.raises(DataError, match=r"Z \(3, 2\); expected an array of rows and features called X"):
        read(tmp_path / "t.npz")
    np.savez(tmp_path / "t.npz", X=np.zeros((3, 2)), y=np.zeros(4))
    with pytest.raises(DataError, match="3 rows, and labels of shape"):
        read(tmp_path / "t.npz")


def test_what_names_the_rows_of_a_parquet_file_is_a_column(tmp_path):
    table = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="customer"))
    table.to_parquet(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").to_dict("list") == {"customer": ["a", "b"], "x": [1, 2]}
