"""Pictures of rows."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from npal_cli.errors import DataError, UsageError
from npal_cli.serving.pictures import pictures_of
from npal_cli.tables.kept import KeptTable


def table_of(rows: pd.DataFrame) -> KeptTable:
    return KeptTable("t", rows.assign(y="a"), "y", None, [], (), "")


def test_a_file_of_the_folder_is_given_and_none_outside_of_it(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (2, 3)).save(folder / "a.PNG")
    (tmp_path / "secret.png").write_bytes(b"secret")
    (folder / "run.svg").write_text("<svg/>")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    names = [
        "a.PNG",
        "../secret.png",
        str(tmp_path / "secret.png"),
        "run.svg",
        "gone.png",
        "link.png",
        "",
        "x" * 400 + ".png",
        "a\0.png",
    ]
    pictures = pictures_of(table_of(pd.DataFrame({"file": names})), "file", folder, None)
    assert pictures.of("1") == ((folder / "a.PNG").read_bytes(), "image/png")
    for row in range(2, 10):
        with pytest.raises(DataError, match="no picture"):
            pictures.of(str(row))


def test_columns_are_pixels_from_black_to_white():
    rows = pd.DataFrame([[0, 8, 16, 4], [16, 16, 0, 0]], columns=list("abcd"))
    content, media_type = pictures_of(table_of(rows), None, None, "2x2").of("1")
    assert media_type == "image/png"
    drawn = np.asarray(Image.open(io.BytesIO(content)))
    np.testing.assert_array_equal(drawn, [[0, 128], [255, 64]])


def test_colours_have_three_numbers_a_pixel():
    rows = pd.DataFrame([np.arange(6)], columns=list("abcdef"))
    content, _ = pictures_of(table_of(rows), None, None, "1x2x3").of("1")
    assert np.asarray(Image.open(io.BytesIO(content))).shape == (1, 2, 3)


def test_the_folder_is_there_and_of_a_column(tmp_path):
    table = table_of(pd.DataFrame({"a": [1]}))
    with pytest.raises(UsageError, match="no such folder"):
        pictures_of(table, "a", tmp_path / "nowhere", None)
    with pytest.raises(UsageError, match="with --image"):
        pictures_of(table, None, tmp_path, None)


@pytest.mark.parametrize(
    ("column", "pixels", "message"),
    [
        ("nothing", None, "unknown column 'nothing'"),
        (None, "2x", "expected HEIGHTxWIDTH"),
        (None, "2x2x4", "expected HEIGHTxWIDTH"),
        (None, "3x3", "has 4 columns; expected one for each pixel"),
        ("a", "2x2", "leave one out"),
    ],
)
def test_pictures_that_there_cannot_be_are_refused(column, pixels, message):
    with pytest.raises(UsageError, match=message):
        pictures_of(table_of(pd.DataFrame([range(4)], columns=list("abcd"))), column, None, pixels)


def test_there_are_none_unless_they_are_asked_for():
    assert pictures_of(table_of(pd.DataFrame({"a": [1]})), None, None, None) is None
