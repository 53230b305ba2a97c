"""The features of a table of one's own, made once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from npal_cli.pipeline.encoded import encoded, features_with
from npal_cli.tables.example import TABLE, write_example
from npal_cli.tables.intake import Intake, take


@pytest.fixture
def table(tmp_path):
    write_example(tmp_path)
    return take(tmp_path / TABLE, Intake("churned", id="customer"), tmp_path / "raw", [])


def test_many_at_once_make_it_once(table, tmp_path, caplog):
    caplog.set_level("INFO", logger="npal")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: encoded(tmp_path, table).features, range(4)))
    assert all(np.array_equal(each, found[0]) for each in found)
    assert len([message for message in caplog.messages if message.startswith("making")]) == 1


def test_a_damaged_one_is_made_anew(table, tmp_path, caplog):
    whole = encoded(tmp_path, table).features
    chunk = next(
        path
        for path in (tmp_path / "encoded/leads.zarr/features").rglob("*")
        if path.name != "zarr.json" and path.is_file()
    )
    chunk.write_bytes(b"nothing")
    np.testing.assert_array_equal(encoded(tmp_path, table).features, whole)
    assert "leads.zarr" in caplog.text
    assert "made anew" in caplog.text
    caplog.clear()
    np.testing.assert_array_equal(encoded(tmp_path, table, force=True).features, whole)
    np.testing.assert_array_equal(encoded(tmp_path, table).features, whole)
    assert "made anew" not in caplog.text


def test_features_have_mean_0_and_deviation_1_and_more_rows_change_none_of_them(table):
    alone, both = features_with(table)[1], features_with(table, table.rows.iloc[:3])[1]
    np.testing.assert_allclose(alone.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(alone.std(axis=0)[alone.std(axis=0) > 0], 1)
    np.testing.assert_allclose(both[:240], alone, atol=1e-12)
    np.testing.assert_allclose(both[240:], alone[:3], atol=1e-12)
