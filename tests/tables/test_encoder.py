"""Features of columns of any kind, of the rows that were fitted and of others."""

import numpy as np
import pandas as pd
import pytest

from npal_cli.errors import DataError
from npal_cli.tables.columns import Column, columns_of
from npal_cli.tables.encoder import TEXT_FEATURES, TableEncoder

ROWS = 60


@pytest.fixture
def table() -> pd.DataFrame:
    draws = np.random.default_rng(0)
    words = draws.choice(["price", "late", "refund", "happy", "bug"], size=(ROWS, 4))
    return pd.DataFrame(
        {
            "size": [None, *draws.normal(size=ROWS - 1)],
            "colour": draws.choice(["red", "blue", None], ROWS),
            "note": [f"{i} {' '.join(each)}" for i, each in enumerate(words)],
            "when": pd.date_range("2020-01-01", periods=ROWS).strftime("%d/%m/%Y"),
        }
    )


def test_rows_that_come_later_are_encoded_as_those_before(table):
    encoder = TableEncoder(columns_of(table, "the table"))
    features = encoder.fit_transform(table)
    np.testing.assert_allclose(encoder.transform(table.iloc[7:9]), features[7:9], atol=1e-6)
    assert encoder.widths == {"size": 2, "colour": 3, "note": TEXT_FEATURES, "when": 5}
    assert features.shape == (ROWS, sum(encoder.widths.values())) == (ROWS, len(encoder.scales))


def test_the_order_of_the_rows_does_not_matter(table):
    order = np.random.default_rng(1).permutation(ROWS)
    features, other = (TableEncoder(columns_of(t, "")).fit_transform(t) for t in (table, table.iloc[order]))
    plain = [*range(5), *range(-5, 0)]  # words are turned as the singular vectors are
    np.testing.assert_array_equal(features[order][:, plain], other[:, plain])


def test_what_was_never_seen_is_no_number_no_category_and_no_date(table):
    encoder = TableEncoder(columns_of(table, "the table"))
    encoder.fit_transform(table)
    strange = pd.DataFrame({"size": ["huge"], "colour": ["green"], "note": [""], "when": ["soon"]})
    found = encoder.transform(strange)[0]
    assert found[0] == pytest.approx(table["size"].median())
    assert found[1:5].tolist() == [1, 0, 0, 0]
    assert np.isfinite(found).all()


def test_words_that_rows_share_weigh_more_than_those_they_do_not(table):
    encoder = TableEncoder(columns_of(table, "the table"))
    encoder.fit_transform(table)
    scales = encoder.scales[5 : 5 + TEXT_FEATURES]
    assert scales.max() == 1
    assert scales[-1] < 0.7
    assert (np.delete(encoder.scales, range(5, 5 + TEXT_FEATURES)) == 1).all()


def test_large_numbers_keep_their_tenths():
    table = pd.DataFrame({"size": [1e9 + 0.1, 1e9 + 0.2, 1e9 + 0.3]})
    assert TableEncoder(columns_of(table, "")).fit_transform(table)[:, 0].tolist() == table["size"].tolist()


def test_what_later_rows_hold_that_says_nothing_is_said(table):
    encoder = TableEncoder(columns_of(table, "the table"))
    encoder.fit_transform(table)
    assert encoder.unread(table) == []
    later = pd.DataFrame(
        {
            "size": ["big", "1.5", None],
            "colour": ["green", "red", None],
            "note": ["anything", "", None],
            "when": ["2020-13-45", "03/02/2020", None],
        }
    )
    assert encoder.unread(later) == [
        "size: 1 cells are no numbers and taken as missing ('big')",
        "colour: 1 cells hold what no row of the table does, and say nothing ('green')",
        "when: 1 cells are no dates like the others, and missing ('2020-13-45')",
    ]


def test_a_category_of_a_value_for_each_row_is_refused_before_it_fills_the_memory():
    rows = pd.DataFrame({"code": [f"c{i}" for i in range(20_000)]})
    with pytest.raises(DataError, match=r"column 'code' is declared a category of 20,000 values: .* take 3 GiB"):
        TableEncoder([Column("code", "category")]).fit_transform(rows)
