"""Tables of one's own: what is kept of them, what is refused, and that nothing is lost."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from npal_cli.errors import ArtifactError, DataError, UsageError
from npal_cli.problems.datasets import REGISTRY, load_dataset
from npal_cli.problems.sources import Sources
from npal_cli.tables.formats import Reading
from npal_cli.tables.intake import Intake, take
from npal_cli.tables.kept import find
from npal_cli.tables.shelf import known


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
    return take(path, Intake(target), tmp_path / "raw", list(REGISTRY))


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_numbers_are_imputed_and_categories_encoded(table, tmp_path, name):
    assert taken(table, tmp_path, name).name == "mine"
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
    assert features[:, :4].tolist() == [[1, 1, 0, 0], [3, 2, 1, 0], [3, 2, 0, 1], [5, 4, 0, 0]]  # whole, wait; missing?
    assert features[:, 4:-6].shape == (4, 3 + 3 + 2)  # one-hot text, flag and list
    assert features[:, -6:].tolist() == [  # days, year, month, day, weekday; missing?
        [0, 2020, 1, 1, 3, 0],
        [1, 0, 0, 0, 0, 1],
        [2, 2020, 1, 3, 5, 0],
        [1, 2020, 1, 2, 4, 0],
    ]


def test_a_kept_table_that_was_changed_is_refused(table, tmp_path):
    taken(table, tmp_path)
    (tmp_path / "raw" / "mine" / "rows.parquet").write_bytes(b"another")
    with pytest.raises(DataError, match="changed since it was taken in"):
        load_dataset("mine", Sources(tmp_path / "raw"))


@pytest.mark.parametrize(
    ("change", "target", "error"),
    [
        (lambda t: t, "sort", "no column 'sort'; --target must be one of size, colour, kind"),
        (lambda t: t.assign(kind="a"), "kind", "1 distinct values"),
        (lambda t: t[["kind"]], "kind", "1 columns"),
        (lambda t: t.iloc[:0], "kind", "0 rows"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_and_not_kept(table, tmp_path, change, target, error):
    with pytest.raises(DataError, match=error):
        taken(change(table), tmp_path, target=target)
    assert known(tmp_path / "raw") == []


@pytest.mark.parametrize("name", ["waveform.csv", "ü.csv", "a" * 80 + ".csv"])
def test_a_name_that_cannot_name_a_data_set_is_refused(table, tmp_path, name):
    with pytest.raises(UsageError, match="name"):
        taken(table, tmp_path, name)


def test_a_file_that_is_no_table(tmp_path):
    path = tmp_path / "mine.parquet"
    path.write_text("nothing of the sort")
    with pytest.raises(DataError, match="not a readable table"):
        take(path, Intake("kind"), tmp_path / "raw", [])


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


def test_a_marker_far_down_a_long_file_does_not_change_the_numbers_above_it(tmp_path):
    table = pd.DataFrame({"size": [*[str(i % 50) for i in range(200_000)], "?", "?"], "kind": ["a", "b"] * 100_001})
    taken(table, tmp_path)
    assert load_dataset("mine", Sources(tmp_path / "raw")).features.shape == (200_002, 2)


def test_a_table_whose_features_are_all_empty_is_refused(table, tmp_path):
    with pytest.raises(DataError, match="no column holds anything to learn from \\(size: holds no value\\)"):
        taken(table[["kind"]].assign(size=np.nan), tmp_path)


def files(tmp_path):
    return sorted(path.name for path in (tmp_path / "raw" / "mine").iterdir())


def test_a_table_can_be_taken_in_by_many_at_once(table, tmp_path):
    table.to_csv(tmp_path / "mine.csv", index=False)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: take(tmp_path / "mine.csv", Intake("kind"), tmp_path / "raw", []), range(8)))
    assert len(find("mine", tmp_path / "raw").rows) == 6
    assert files(tmp_path) == ["rows.parquet", "table.json"]


def test_a_disk_that_is_full_leaves_what_was_there(table, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    taken(table, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(pd.DataFrame, "to_parquet", full)
        with pytest.raises(ArtifactError, match=r"cannot write .*No space left on device"):
            take(tmp_path / "mine.csv", Intake("colour"), tmp_path / "raw", [])
    assert len(find("mine", tmp_path / "raw").rows) == 6
    assert files(tmp_path) == ["rows.parquet", "table.json"]


def test_a_table_that_is_refused_leaves_what_was_kept_under_its_name(table, tmp_path):
    taken(table, tmp_path)
    with pytest.raises(DataError, match="not one of mine"):
        take(tmp_path / "mine.csv", Intake("colour"), tmp_path / "raw", [], refused)
    assert find("mine", tmp_path / "raw").target == "kind"


def refused(_):
    raise DataError("not one of mine")


@pytest.mark.parametrize("name", ["my leads-2024.csv", "my.leads 2024.CSV.gz"])
def test_a_name_is_made_of_the_files(table, tmp_path, name):
    table.to_csv(tmp_path / name)
    assert take(tmp_path / name, Intake("kind"), tmp_path / "raw", []).name == "my_leads_2024"
    assert take(tmp_path / name, Intake("kind", name="other"), tmp_path / "raw", []).name == "other"
    assert known(tmp_path / "raw") == ["my_leads_2024", "other"]


def test_rows_are_named_by_a_column_or_their_numbers_and_need_no_label(table, tmp_path):
    some = table.assign(kind=["NA", "a", None, " ", "?", "b"], person=[f"p{i}" for i in range(6)])
    some.to_csv(tmp_path / "mine.csv", index=False)
    by_number = take(tmp_path / "mine.csv", Intake("kind"), tmp_path / "raw", [])
    assert by_number.ids == ["1", "2", "3", "4", "5", "6"]
    assert by_number.labels.tolist() == ["NA", "a", None, None, "?", "b"]
    named = Intake("kind", id="person", unlabelled=["?"])
    take(tmp_path / "mine.csv", named, tmp_path / "raw", [])
    kept = find("mine", tmp_path / "raw")
    assert kept.ids == ["p0", "p1", "p2", "p3", "p4", "p5"]
    assert kept.labels.tolist() == ["NA", "a", None, None, None, "b"]
    assert [column.name for column in kept.columns] == ["size", "colour"]


@pytest.mark.parametrize(
    ("intake", "error", "said"),
    [
        (Intake(None), UsageError, "name the label column with --target; columns: size, colour, kind"),
        (Intake("sort"), DataError, "no column 'sort'; --target must be one of size, colour, kind"),
        (Intake("kind", id="nobody"), DataError, "no column 'nobody'; --id must be one of size, colour, kind"),
        (Intake("kind", id="kind"), UsageError, "it is the label column"),
        (Intake("kind", id="size"), DataError, "column 'size' is empty in row 3; name every row"),
        (Intake("size", id="kind"), DataError, "two rows are called 'a' in column 'kind'"),
        (Intake("kind", name="a b"), UsageError, "'a b' cannot be a name"),
        (Intake("kind", name="waveform"), UsageError, "waveform is a data set of npal's own"),
        (Intake("kind", declared={"sice": "number"}), UsageError, "unknown column 'sice' .did you mean 'size'"),
        (
            Intake("kind", declared={"size": "drop", "colour": "drop"}),
            DataError,
            "no column holds anything to learn from",
        ),
    ],
)
def test_what_is_said_of_a_table_must_be_true(table, tmp_path, intake, error, said):
    table.to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(error, match=said):
        take(tmp_path / "mine.csv", intake, tmp_path / "raw", list(REGISTRY))
    assert known(tmp_path / "raw") == []


def test_other_labels_or_another_way_of_reading_is_another_table(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(12.0).reshape(6, 2))
    digests = set()
    for labels in ("a,b,a,b,a,b", "b,a,a,b,a,b"):
        (tmp_path / "labels.csv").write_text("y\n" + labels.replace(",", "\n") + "\n")
        intake = Intake(None, reading=Reading(labels=tmp_path / "labels.csv"))
        digests.add(take(tmp_path / "x.npy", intake, tmp_path / "raw", []).digest)
    assert len(digests) == 2


def test_a_column_that_is_not_what_it_is_said_to_be_leaves_what_was_kept(table, tmp_path):
    taken(table, tmp_path)
    with pytest.raises(DataError, match="column 'colour': its values are no dates in one format"):
        take(tmp_path / "mine.csv", Intake("kind", declared={"colour": "date"}), tmp_path / "raw", [])
    assert [each.kind for each in find("mine", tmp_path / "raw").columns] == ["number", "category"]


def test_a_study_needs_a_label_in_every_row(table, tmp_path):
    taken(table.assign(kind=["a", "b", None, "a", "b", None]), tmp_path)
    with pytest.raises(DataError, match="2 of 6 rows have no 'kind'; a study needs a label in each"):
        load_dataset("mine", Sources(tmp_path / "raw"))


def test_a_card_that_is_damaged_is_one_line(table, tmp_path):
    taken(table, tmp_path)
    card = tmp_path / "raw" / "mine" / "table.json"
    whole = card.read_text()
    for word, other in (('"target": "kind"', '"target": "size"'), ('"columns"', '"culumns"'), ("{", "[")):
        card.write_text(whole.replace(word, other, 1))
        with pytest.raises(DataError, match="take it in again"):
            find("mine", tmp_path / "raw")
