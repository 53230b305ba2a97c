"""The table that comes with npal."""

from pathlib import Path

import pandas as pd
import pytest

from npal_cli.errors import DataError
from npal_cli.tables.example import TABLE, TRUTH, write_example


def test_it_has_twenty_labels_which_are_true_and_few_bytes(tmp_path):
    table, truth = (pd.read_csv(path, index_col="customer") for path in write_example(tmp_path))
    known = table["churned"].dropna()
    assert len(known) == 20
    assert (truth.loc[known.index, "churned"] == known).all()
    assert list(truth.index) == list(table.index)
    assert sum((tmp_path / name).stat().st_size for name in (TABLE, TRUTH)) < 16_000


def test_it_takes_the_place_of_no_other_file(tmp_path: Path):
    write_example(tmp_path)
    write_example(tmp_path)
    (tmp_path / TABLE).write_text("mine")
    with pytest.raises(DataError, match="another file is there"):
        write_example(tmp_path)
    assert (tmp_path / TABLE).read_text() == "mine"
